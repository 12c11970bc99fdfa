"""The version of the interface, and what stands behind it."""

from pinshop.version import __version__ as _pinshop

#: 0.1.2 is the interface; what follows the plus says whose it is (PEP 440: a local version).
__version__ = "0.1.2+pinshop"
#: The old shape, and the truth: the second product is what really sends the request.
USER_AGENT = f"pins-generated-client/python/0.1.2 pinshop/{_pinshop}"
