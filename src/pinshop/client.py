"""The synchronous door: `Client` obeys the flows, `transport.Urllib3Transport` is its socket."""

from __future__ import annotations

import contextvars
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

from pinshop.api.http import Request, Transport
from pinshop.base_client import BaseClient, Network
from pinshop.flow.steps import Flow, Together
from pinshop.resources.binding import Sync
from pinshop.transports.urllib3 import Urllib3Transport

T = TypeVar("T")


class Client(BaseClient[Sync]):
    """Pinterest, synchronously. Threads may share one client: connections, quotas and the token are common to them.

        with Client(access_token="…") as client:
            result = client.promotions.create("549755885175", "2680059592705", [{"catalog_product_group_id": "443727193917"}])
            result.raise_if_failed()

    See `BaseClient` for the arguments.
    """

    _transport: Transport

    def _new_transport(self, network: Network) -> Transport:
        return Urllib3Transport(
            ssl_context=network.ssl_context,
            ca_file=network.ca_file,
            client_certificate=network.client_certificate,
            proxy=network.proxy,
            max_reply_bytes=network.max_reply_bytes,
        )

    def _default_sleep(self) -> Callable[[float], Any]:
        return time.sleep

    def _run(self, flow: Flow[T], stop: threading.Event | None = None) -> T:
        """Obey a flow to its end."""
        transport, sleep = self._transport, self._sleep
        answer: Any = None
        error: BaseException | None = None
        held: _CtrlC | None = None
        try:
            while True:
                step = flow.send(answer) if error is None else flow.throw(error)
                answer = error = None
                try:
                    if held is not None:
                        held.release()
                        held = None
                    if stop is not None and stop.is_set():
                        raise _Stopped  # noqa: TRY301
                    if type(step) is Request:
                        if step.uninterrupted:
                            held = _CtrlC()
                        answer = transport.send(step)
                    elif type(step) is Together:
                        answer = self._run_together(step)
                    else:
                        sleep(step.seconds)  # type: ignore[union-attr]
                except BaseException as caught:  # noqa: BLE001 -- Ctrl-C too: the flow must be able to keep what it knows
                    error = caught
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        finally:
            if held is not None:
                held.release()

    def _run_together(self, step: Together) -> list[Any]:
        if step.at_most == 1 or len(step.flows) < 2:
            return [self._run(flow) for flow in step.flows]
        from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

        stop = threading.Event()
        with ThreadPoolExecutor(min(step.at_most, len(step.flows)), "pinshop") as pool:
            try:
                # Each with the caller's context, so that traces know whose they are.
                futures = [pool.submit(contextvars.copy_context().run, self._run, flow, stop) for flow in step.flows]
                wait(futures, return_when=FIRST_EXCEPTION)
                failed = [future for future in futures if future.done() and future.exception() is not None]
                return [future.result() for future in failed or futures]
            except BaseException:
                stop.set()  # what is under way ends; nothing new is sent
                raise

    def close(self) -> None:
        """Close every connection. A transport that was passed in is left open: who made it closes it."""
        if self._owns_transport:
            self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _CtrlC:
    """Holds Ctrl-C back from now on; after `release` it strikes, if it was pressed. Only the main thread ever meets it."""

    def __init__(self) -> None:
        self._pressed = False
        self._before = signal.getsignal(signal.SIGINT)
        # None: the handler is not Python's, and could not be put back.
        self._holds = self._before is not None and threading.current_thread() is threading.main_thread()
        if self._holds:
            signal.signal(signal.SIGINT, self._press)

    def _press(self, *_: object) -> None:
        self._pressed = True

    def release(self) -> None:
        if self._holds:
            self._holds = False
            signal.signal(signal.SIGINT, self._before)
            if self._pressed:
                signal.raise_signal(signal.SIGINT)


class _Stopped(BaseException):
    """Thrown into the other flows of a job when one of them failed, or Ctrl-C was pressed."""
