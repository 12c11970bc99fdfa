"""What became of the items of a write, kept and found again where an interruption ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from pinshop.errors import BatchResult, Outcome, State

__all__ = ["BatchResult", "Outcome", "Progress", "State", "keep_result", "result_of"]

Progress: TypeAlias = Callable[[Outcome[Any]], object]


def keep_result(stop: BaseException, result: object) -> None:
    """Attach the result of a batch to what interrupted it, as ``stop.result``, unless there is one already."""
    if isinstance(result, BatchResult) and getattr(stop, "result", None) is None:
        vars(stop)["result"] = result


def result_of(error: BaseException | None) -> BatchResult[Any] | None:
    """The result of the batch that an exception ended, wherever it is.

    It is on the exception that the call raised. ``asyncio.timeout`` raises a `TimeoutError` whose cause is that exception, and
    ``asyncio.run`` a `KeyboardInterrupt` in whose context it is: this looks through causes and contexts.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        result = getattr(error, "result", None)
        if isinstance(result, BatchResult):
            return result
        error = error.__cause__ or error.__context__
    return None
