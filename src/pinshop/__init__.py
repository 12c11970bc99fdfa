"""pinshop: Pinterest shopping ads from Python.

Names are loaded when they are first used, so that importing this package costs nothing, and `AsyncClient` needs aiohttp only
where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinshop.version import __version__ as __version__

if TYPE_CHECKING:
    from pinshop import columns as columns
    from pinshop import money as money
    from pinshop import types as types
    from pinshop.analytics.rows import Rows as Rows
    from pinshop.api.models import UNSET as UNSET
    from pinshop.api.models import ProductGroupPromotion as ProductGroupPromotion
    from pinshop.api.params import PromotionCreate as PromotionCreate
    from pinshop.api.params import PromotionUpdate as PromotionUpdate
    from pinshop.async_client import AsyncClient as AsyncClient
    from pinshop.client import Client as Client
    from pinshop.errors import APIError as APIError
    from pinshop.errors import BadReply as BadReply
    from pinshop.errors import BadRequest as BadRequest
    from pinshop.errors import ConfigurationError as ConfigurationError
    from pinshop.errors import Conflict as Conflict
    from pinshop.errors import ConnectError as ConnectError
    from pinshop.errors import Disconnected as Disconnected
    from pinshop.errors import Forbidden as Forbidden
    from pinshop.errors import GuardRefused as GuardRefused
    from pinshop.errors import InvalidInput as InvalidInput
    from pinshop.errors import InvalidSetting as InvalidSetting
    from pinshop.errors import ManifestError as ManifestError
    from pinshop.errors import NotFound as NotFound
    from pinshop.errors import PartialFailure as PartialFailure
    from pinshop.errors import PinshopError as PinshopError
    from pinshop.errors import PlanRefused as PlanRefused
    from pinshop.errors import RateLimited as RateLimited
    from pinshop.errors import ReportUnavailable as ReportUnavailable
    from pinshop.errors import ServerError as ServerError
    from pinshop.errors import StalePlan as StalePlan
    from pinshop.errors import TimedOut as TimedOut
    from pinshop.errors import TLSError as TLSError
    from pinshop.errors import TransportError as TransportError
    from pinshop.errors import Unauthorized as Unauthorized
    from pinshop.files.shared_pacer import SharedPacer as SharedPacer
    from pinshop.flow.outcomes import BatchResult as BatchResult
    from pinshop.flow.outcomes import Outcome as Outcome
    from pinshop.flow.pacing import Pacer as Pacer

_HOMES = {
    "async_client": ("AsyncClient",),
    "analytics.rows": ("Rows",),
    "flow.outcomes": ("BatchResult", "Outcome"),
    "client": ("Client",),
    "errors": (
        "APIError", "BadReply", "BadRequest", "ConfigurationError", "Conflict", "ConnectError", "Disconnected", "Forbidden",
        "GuardRefused", "InvalidInput", "InvalidSetting", "ManifestError", "NotFound", "PartialFailure", "PinshopError",
        "PlanRefused", "RateLimited", "ReportUnavailable", "ServerError", "StalePlan", "TLSError", "TimedOut",
        "TransportError", "Unauthorized",
    ),
    "flow.pacing": ("Pacer",),
    "files.shared_pacer": ("SharedPacer",),
    "api.params": ("PromotionCreate", "PromotionUpdate"),
    "api.models": ("UNSET", "ProductGroupPromotion"),
}  # fmt: skip
_MODULES = ("columns", "money", "types")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted((*_HOME_OF, *_MODULES))  # noqa: PLE0605 # pyright: ignore[reportUnsupportedDunderAll] - names, written once


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"pinshop.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'pinshop' has no attribute {name!r}")
    value = getattr(import_module(f"pinshop.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF, *_MODULES})
