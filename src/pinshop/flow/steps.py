"""What a flow is: a generator that yields steps and is sent what came of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

from pinshop.api.http import Pause, Request
from pinshop.flow.outcomes import keep_result, result_of

T = TypeVar("T")


class Together(Struct, frozen=True):
    """Run these flows, at most so many at once; answered by their results, in order. The first error ends all."""

    flows: Sequence[Flow[Any]]
    at_most: int


class Blocking(Struct, frozen=True):
    """Call this: it may block for a moment (a file, a lock, a keychain). Answered by what it returns.

    A synchronous client calls it, an asynchronous one gives it to a thread and waits for its end even when it is cancelled:
    the answer comes first, the cancellation with the next step. So a call must end by itself, soon.
    """

    call: Callable[[], Any]


class Stopped(BaseException):
    """Thrown in instead of an answer when another flow of the same `Together` failed: the step was not made."""


Step: TypeAlias = "Request | Pause | Together | Blocking"

Flow: TypeAlias = Generator[Step, Any, T]


def abandon(flow: Flow[Any], stop: BaseException) -> None:
    """Tell a flow what ended its run between two of its steps; a flow that is over hears nothing of it.

    What it has to call before it can end (to let go of a file) is called at once.
    """
    with contextlib.suppress(BaseException):
        step = flow.throw(stop)
        while isinstance(step, Blocking):
            step = flow.send(step.call())
    with contextlib.suppress(RuntimeError):
        flow.close()


def always(work: Flow[T], end: Callable[[], object]) -> Flow[T]:
    """Run ``work``, and then ``end``, whatever became of it.

    Not a ``finally``: what ends a piece of work may block, so it has to be a step of its own.
    """
    try:
        value = yield from work
    except GeneratorExit:  # dropped: nobody makes steps any more
        end()
        raise
    except BaseException as stop:
        try:
            yield Blocking(end)
        except BaseException as later:
            keep_result(later, result_of(stop))
            raise
        raise
    try:
        yield Blocking(end)
    except BaseException as later:
        keep_result(later, value)
        raise
    return value
