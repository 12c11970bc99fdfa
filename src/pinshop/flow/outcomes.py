"""What became of the items of a write: `Outcome` and `BatchResult`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

from msgspec import Struct

from pinshop.errors import (
    PartialFailure,
)

T = TypeVar("T")

State: TypeAlias = Literal["created", "updated", "failed", "unknown"]


class Outcome(Struct, Generic[T], frozen=True, kw_only=True):
    """What became of one item.

    ``state`` is created or updated (then ``entity`` is what Pinterest stored), failed (certainly not executed: ``code``,
    ``message`` and ``advice`` say why) or unknown (sent, no answer, reading back could not settle it; ``message`` says why).
    """

    index: int
    given: Mapping[str, Any]
    state: State
    entity: T | None = None
    code: int | None = None
    message: str | None = None
    advice: str | None = None

    @property
    def id(self) -> str | None:
        """The id of the entity, if there is one."""
        return getattr(self.entity, "id", None) or None


class BatchResult(Sequence[Outcome[T]]):
    """One `Outcome` per item, in the order given."""

    def __init__(self, operation: str, outcomes: Iterable[Outcome[T]]) -> None:
        self.operation = operation
        self._outcomes = list(outcomes)

    @overload
    def __getitem__(self, index: int) -> Outcome[T]: ...
    @overload
    def __getitem__(self, index: slice) -> list[Outcome[T]]: ...
    def __getitem__(self, index: int | slice) -> Outcome[T] | list[Outcome[T]]:
        return self._outcomes[index]

    def __len__(self) -> int:
        return len(self._outcomes)

    def __iter__(self) -> Iterator[Outcome[T]]:
        return iter(self._outcomes)

    def __repr__(self) -> str:
        return f"<BatchResult of {self.operation}: {self.summary()}>"

    def summary(self) -> str:
        """``"98 created, 1 failed, 1 unknown"``."""
        counts: dict[str, int] = {}
        for outcome in self._outcomes:
            counts[outcome.state] = counts.get(outcome.state, 0) + 1
        return ", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing"

    @property
    def ok(self) -> list[Outcome[T]]:
        """Those created or updated."""
        return [o for o in self._outcomes if o.state in ("created", "updated")]

    @property
    def failed(self) -> list[Outcome[T]]:
        """Those that certainly were not executed."""
        return [o for o in self._outcomes if o.state == "failed"]

    @property
    def unknown(self) -> list[Outcome[T]]:
        """Those that may have been executed. Look before sending them again."""
        return [o for o in self._outcomes if o.state == "unknown"]

    def raise_if_failed(self) -> None:
        """Raise `PartialFailure`, which carries this result, unless every item is created or updated."""
        bad = self.failed + self.unknown
        if bad:
            first = bad[0]
            code = f" (code {first.code})" if first.code is not None else ""
            raise PartialFailure(
                f"{self.summary()}; items[{first.index}] {first.state}{code}: {first.message}",
                self,
                operation=self.operation,
                advice=first.advice,
            )


def keep_result(stop: BaseException, result: object) -> None:
    """Attach the result of a batch to what interrupted it, as ``stop.result``, unless there is one already."""
    if isinstance(result, BatchResult):
        vars(stop).setdefault("result", result)


Progress: TypeAlias = Callable[[Outcome[Any]], object]
