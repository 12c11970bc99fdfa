"""Public methods, written once, bound to either colour.

``colour`` binds, ``door`` is what `Client` and `AsyncClient` share, and each noun has its file.
"""

from pinshop.resources.colour import Async, AsyncListing, Listing, Paging, Resource, Sync, listing, method
from pinshop.resources.door import Door, Network

__all__ = [
    "Async",
    "AsyncListing",
    "Door",
    "Listing",
    "Network",
    "Paging",
    "Resource",
    "Sync",
    "listing",
    "method",
]
