"""The version of pinshop, here and nowhere else: the package's metadata are made from this file."""

__version__ = "0.1.0"
