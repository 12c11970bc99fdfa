"""What a flow is: a generator that yields steps and is sent what came of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

from pinshop.api.http import Pause, Request

T = TypeVar("T")


class Together(Struct, frozen=True):
    """Run these flows, at most so many at once; answered by their results, in order. The first error ends all."""

    flows: Sequence[Flow[Any]]
    at_most: int


Step: TypeAlias = "Request | Pause | Together"

Flow: TypeAlias = Generator[Step, Any, T]
