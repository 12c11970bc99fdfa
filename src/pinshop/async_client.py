"""The asynchronous client: runs flows over `AiohttpTransport`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ClassVar, Self, TypeVar

from pinshop.api.http import AsyncTransport, Request
from pinshop.base_client import BaseClient
from pinshop.flow.outcomes import keep_result, result_of
from pinshop.flow.steps import Blocking, Flow, Together, abandon
from pinshop.resources.binding import Async, AsyncResponse
from pinshop.transports.aiohttp import AiohttpTransport
from pinshop.transports.options import NetworkOptions

T = TypeVar("T")


class AsyncClient(BaseClient[Async]):
    """Pinterest, asynchronously: the same methods with the same arguments as `Client`, each awaited.

        async with AsyncClient(access_token="…") as client:
            async for promotion in client.promotions.list("549755885175", ad_group_id="2680059592705"):
                print(promotion.id, promotion.status)

    See `BaseClient` for the arguments.
    """

    asynchronous: ClassVar[bool] = True
    _transport: AsyncTransport

    @property
    def with_response(self) -> BaseClient[AsyncResponse]:
        """This client, whose methods give a `Response` around their value: headers, request id, attempts, time waited.

            response = await client.with_response.promotions.get("549755885175", "687201361754")
            print(response.value.status, response.request_id, response.rate_limit)

        A method that makes several calls gives the last answer. Lists come as they do otherwise.
        """
        view: BaseClient[AsyncResponse] = self._view_with_response()
        return view

    def _new_transport(self, network: NetworkOptions) -> AsyncTransport:
        return AiohttpTransport(**network)

    def _default_sleep(self) -> Callable[[float], Any]:
        return asyncio.sleep

    async def _run(self, flow: Flow[T]) -> T:
        """Run a flow to completion."""
        self._refuse_if_closed(flow)
        transport, sleep = self._transport, self._sleep
        answer: Any = None
        error: BaseException | None = None
        #: A cancellation that came while a step was made that has to be made whole. The flow is told with its next step.
        kept: asyncio.CancelledError | None = None
        failure: BaseException
        cancelled_before = _cancellations()
        try:
            while True:
                step = flow.send(answer) if error is None else flow.throw(error)
                answer = error = None
                whole = type(step) is Blocking or (type(step) is Request and step.uninterrupted)
                if kept is not None and not whole:
                    error, kept = kept, None
                    continue
                try:
                    if whole:
                        sent = type(step) is Request
                        begin = partial(transport.send, step) if sent else partial(asyncio.to_thread, step.call)  # type: ignore[arg-type, union-attr]
                        answer, late = await _to_the_end(begin)
                        kept = kept or late
                    elif type(step) is Request:
                        answer = await transport.send(step)
                    elif type(step) is Together:
                        answer = await self._run_together(step)
                    else:
                        await sleep(step.seconds)  # type: ignore[union-attr]
                except BaseException as caught:  # noqa: BLE001 -- cancellation too: the flow must keep what it knows
                    error = caught
        except StopIteration as end:
            try:
                if kept is None and _cancellations() == cancelled_before:
                    return end.value  # type: ignore[no-any-return]
                # A task that is cancelled behind its last await drops what it returns; so the cancellation is let in here.
                failure = kept or await _next_cancellation()
            except BaseException as late:  # noqa: BLE001 -- a second Ctrl-C
                failure = late
            keep_result(failure, end.value)
        except BaseException as stop:  # noqa: BLE001 -- raised below, outside: there it can be seen what surrounds it
            failure = stop
            abandon(flow, stop)
        try:
            _tell_what_ends_the_loop(failure)
            raise failure
        finally:
            del failure  # or it would hold this frame, which holds it

    async def _run_together(self, step: Together) -> list[Any]:
        gate = asyncio.Semaphore(step.at_most)

        async def one(flow: Flow[Any]) -> Any:
            async with gate:
                return await self._run(flow)

        tasks = [asyncio.ensure_future(one(flow)) for flow in step.flows]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def close(self) -> None:
        """Close every connection; later calls are refused. A transport that was passed in is left open for who made it."""
        if not self._is_view:
            self._life.closed = True
        if self._owns_transport:
            await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _cancellations() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


async def _next_cancellation() -> asyncio.CancelledError:
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError as late:
        return late
    return asyncio.CancelledError()


def _tell_what_ends_the_loop(failure: BaseException) -> None:
    """Give a result to the `KeyboardInterrupt` that is on its way out of ``asyncio.run``.

    A second Ctrl-C stops the loop wherever it is. ``asyncio.run`` then cancels what is left, and runs it to its end while that
    exception is being handled: it surrounds whatever ends here.
    """
    outer = sys.exception()
    if isinstance(outer, KeyboardInterrupt) and outer is not failure:
        keep_result(outer, result_of(failure))


async def _to_the_end(begin: Callable[[], Coroutine[Any, Any, T]]) -> tuple[T, asyncio.CancelledError | None]:
    """Await what it begins, and hand a cancellation over with the answer."""
    kept: asyncio.CancelledError | None = None
    task = asyncio.ensure_future(begin())  # made here: Ctrl-C on the way would leave it without anybody who awaits it
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as caught:
            kept = caught
    if kept is not None and task.exception() is not None:
        raise kept
    return task.result(), kept
