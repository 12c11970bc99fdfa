"""Ties to other libraries, one file each: imported by name, never by pinshop itself."""
