"""What is common to the models, and the shapes answers come in."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Entity(Struct, kw_only=True, omit_defaults=True, repr_omit_defaults=True):
    """A thing Pinterest keeps. A field it did not send is `UNSET`, one it sent as null is `None`.

    Nothing is required, not even what Pinterest's description requires: a missing field must not lose the rest.
    """


class ServerException(Struct, frozen=True):
    """Pinterest's ``Exception``: why one item of a batch was refused. ``{"code": 2, "message": "…"}``."""

    code: int | None = None
    message: str | None = None


class BatchItem(Struct):
    """One entry of a batch answer, whatever its generation: ``{data, exceptions}``."""

    data: Any = None
    exceptions: tuple[ServerException, ...] = ()


class Page(Struct, Generic[T]):
    """One page of a list: ``{items: […], bookmark: "…" | null}``."""

    items: list[T]
    bookmark: str | None = None
