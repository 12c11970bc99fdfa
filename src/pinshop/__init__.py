"""pinshop: Pinterest shopping ads from Python.

Names are loaded when they are first used, so that importing this package costs nothing, and `AsyncClient` needs aiohttp only
where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinshop.aio import AsyncClient as AsyncClient
    from pinshop.analytics import Rows as Rows
    from pinshop.batch import BatchResult as BatchResult
    from pinshop.batch import Outcome as Outcome
    from pinshop.client import Client as Client
    from pinshop.errors import APIError as APIError
    from pinshop.errors import BadReply as BadReply
    from pinshop.errors import BadRequest as BadRequest
    from pinshop.errors import ConfigurationError as ConfigurationError
    from pinshop.errors import Conflict as Conflict
    from pinshop.errors import ConnectError as ConnectError
    from pinshop.errors import Disconnected as Disconnected
    from pinshop.errors import Forbidden as Forbidden
    from pinshop.errors import InvalidInput as InvalidInput
    from pinshop.errors import NotFound as NotFound
    from pinshop.errors import PartialFailure as PartialFailure
    from pinshop.errors import PinshopError as PinshopError
    from pinshop.errors import RateLimited as RateLimited
    from pinshop.errors import ReportUnavailable as ReportUnavailable
    from pinshop.errors import ServerError as ServerError
    from pinshop.errors import TimedOut as TimedOut
    from pinshop.errors import TLSError as TLSError
    from pinshop.errors import TransportError as TransportError
    from pinshop.errors import Unauthorized as Unauthorized
    from pinshop.pacing import Pacer as Pacer
    from pinshop.resources.promotions import PromotionCreate as PromotionCreate
    from pinshop.resources.promotions import PromotionUpdate as PromotionUpdate
    from pinshop.resources.shared_pacer import SharedPacer as SharedPacer
    from pinshop.wire import UNSET as UNSET
    from pinshop.wire import ProductGroupPromotion as ProductGroupPromotion

_HOMES = {
    "aio": ("AsyncClient",),
    "analytics": ("Rows",),
    "batch": ("BatchResult", "Outcome"),
    "client": ("Client",),
    "errors": (
        "APIError", "BadReply", "BadRequest", "ConfigurationError", "Conflict", "ConnectError", "Disconnected", "Forbidden",
        "InvalidInput", "NotFound", "PartialFailure", "PinshopError", "RateLimited", "ReportUnavailable", "ServerError",
        "TLSError", "TimedOut", "TransportError", "Unauthorized",
    ),
    "pacing": ("Pacer",),
    "resources.promotions": ("PromotionCreate", "PromotionUpdate"),
    "resources.shared_pacer": ("SharedPacer",),
    "wire": ("UNSET", "ProductGroupPromotion"),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = sorted(_HOME_OF)  # noqa: PLE0605 # pyright: ignore[reportUnsupportedDunderAll] - names, written once


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'pinshop' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"pinshop.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
