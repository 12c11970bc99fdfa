"""A server in a thread of this process."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from pinshop.errors import ConfigurationError
from pinshop.extras import required


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Server:
    """uvicorn in a thread, on a socket that we bound, so that the port is known and ready before the thread runs."""

    def __init__(self, app: Callable[..., Any], host: str, port: int) -> None:
        uvicorn = required("uvicorn", "emulator", "a served emulator")
        required("httptools", "emulator", "a served emulator")

        from pinshop.emulator.server.protocol import BoundedProtocol

        # The protocol is named because asyncio turns Nagle's delay off only where it is: 40 ms per answer otherwise.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            if error.errno == errno.EADDRINUSE:
                error.add_note(f"port {port} is in use; port 0 picks a free one")
            raise
        self._socket.listen(512)
        shown = f"[{host}]" if ":" in host else host
        self.origin = f"http://{shown}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            http=BoundedProtocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            interface="asgi3",
            access_log=False,
            log_config=None,
            log_level="warning",
            timeout_graceful_shutdown=1,
            server_header=False,
            date_header=False,  # the emulated clock says what day it is
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="pinshop-emulator", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise ConfigurationError("the emulator's server did not start; see the log")
            time.sleep(0.001)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        await self._server.serve([self._socket])
        for connection in list(self._server.server_state.connections):  # those that did not end in time
            connection.transport.abort()
        await asyncio.sleep(0)  # asyncio closes their sockets on its next turn

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()
