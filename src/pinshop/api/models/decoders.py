"""Decoders for one exchange: bytes of an answer to a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pinshop.api import models

T = TypeVar("T")


def as_entity(kind: type[T]) -> Callable[[bytes], T]:
    """Decode one entity, of any generation of the API."""
    return lambda body: models.decode_entity(body, kind)


def as_page(kind: type[T]) -> Callable[[bytes], models.Page[T]]:
    """Decode one page of a list."""
    return lambda body: models.decode_page(body, kind)


def as_json(body: bytes) -> Any:
    """Decode to plain Python values; an empty answer (204) is None."""
    return models.parse(body) if body else None
