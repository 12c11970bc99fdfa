"""The synchronous client: runs flows over `Urllib3Transport`."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self, TypeVar

from pinshop.api.http import Request, Transport
from pinshop.base_client import BaseClient
from pinshop.flow.outcomes import keep_result
from pinshop.flow.steps import Blocking, Flow, Stopped, Together
from pinshop.resources.binding import Sync, SyncResponse
from pinshop.transports.interrupts import Interrupts
from pinshop.transports.options import NetworkOptions
from pinshop.transports.urllib3 import Urllib3Transport

T = TypeVar("T")


class Client(BaseClient[Sync]):
    """Pinterest, synchronously. Threads may share one client: connections, quotas and the token are common to them.

        with Client(access_token="…") as client:
            result = client.promotions.create("549755885175", "2680059592705", [{"catalog_product_group_id": "443727193917"}])
            result.raise_if_failed()

    See `BaseClient` for the arguments.
    """

    asynchronous: ClassVar[bool] = False
    _transport: Transport

    @property
    def with_response(self) -> BaseClient[SyncResponse]:
        """This client, whose methods give a `Response` around their value: headers, request id, attempts, time waited.

            response = client.with_response.promotions.get("549755885175", "687201361754")
            print(response.value.status, response.request_id, response.rate_limit)

        A method that makes several calls gives the last answer. Lists come as they do otherwise.
        """
        view: BaseClient[SyncResponse] = self._view_with_response()
        return view

    def _new_transport(self, network: NetworkOptions) -> Transport:
        return Urllib3Transport(**network)

    def _default_sleep(self) -> Callable[[float], Any]:
        return time.sleep

    def _run(self, flow: Flow[T], stop: threading.Event | None = None) -> T:
        """Run a flow to completion."""
        self._refuse_if_closed(flow)
        interrupts = Interrupts()
        interrupts.begin()
        try:
            value = self._drive(flow, interrupts, stop)
        except BaseException as error:
            _end(interrupts, getattr(error, "result", None))
            raise
        return _end(interrupts, value)

    def _drive(self, flow: Flow[T], interrupts: Interrupts, stop: threading.Event | None) -> T:
        transport, sleep = self._transport, self._sleep
        answer: Any = None
        error: BaseException | None = None
        try:
            while True:
                step = flow.send(answer) if error is None else flow.throw(error)
                answer = error = None
                try:
                    if stop is not None and stop.is_set():
                        raise Stopped  # noqa: TRY301
                    if type(step) is Request:
                        answer = transport.send(step) if step.uninterrupted else interrupts.allow(transport.send, step)
                    elif type(step) is Blocking:
                        answer = step.call()
                    elif type(step) is Together:
                        answer = self._run_together(step, interrupts)
                    else:
                        interrupts.allow(sleep, step.seconds)  # type: ignore[union-attr]
                except BaseException as caught:  # noqa: BLE001 -- Ctrl-C too: the flow must be able to keep what it knows
                    error = caught
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _run_together(self, step: Together, interrupts: Interrupts) -> list[Any]:
        if step.at_most == 1 or len(step.flows) < 2:
            return [self._drive(flow, interrupts, None) for flow in step.flows]
        # Here no Ctrl-C arrives, so that this import is never cut short, which would leave the lock of imports held.
        from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

        stop = threading.Event()
        pool = ThreadPoolExecutor(min(step.at_most, len(step.flows)), "pinshop")
        try:
            # Each with the caller's context, so that traces know whose they are.
            futures = [pool.submit(contextvars.copy_context().run, self._run, flow, stop) for flow in step.flows]
            interrupts.allow(partial(wait, futures, return_when=FIRST_EXCEPTION))
            failed = [future for future in futures if future.done() and future.exception() is not None]
            return [future.result() for future in failed or futures]
        finally:
            stop.set()  # what is under way ends; nothing new is sent
            interrupts.allow(pool.shutdown)  # a second Ctrl-C does not wait for the answers

    def close(self) -> None:
        """Close every connection; later calls are refused. A transport that was passed in is left open for who made it."""
        if not self._is_view:
            self._life.closed = True
        if self._owns_transport:
            self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _end(interrupts: Interrupts, value: T) -> T:
    """Let Ctrl-C through again. One that came too late to interrupt anything takes the result with it, and so does a second."""
    try:
        try:
            interrupts.deliver()  # while the next one is still deferred
            interrupts.end()
            interrupts.deliver()
            return value  # noqa: TRY300 -- until the last line: from `end` on it may come anywhere
        except BaseException as late:
            keep_result(late, value)
            interrupts.end()
            raise
    except BaseException as later:
        keep_result(later, value)
        raise
