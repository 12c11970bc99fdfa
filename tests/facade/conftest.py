"""A server that does what servers on bad days do, byte for byte."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading

import pytest

import pinterest.generated.client as old
from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi

TOKEN = "emulated_secret_token"


def http(status: int, body: bytes | object = b"", **headers: str) -> bytes:
    """An answer, its length declared."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


RESET = b"reset"  # end the connection with RST, without a byte
SILENCE = b"silence"  # keep it, without a byte


class BadDay(socketserver.ThreadingTCPServer):
    """Gives ``answers`` in turn, the last one for ever, and keeps the requests."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.answers: list[bytes] = [http(200, {"id": "4"})]
        self.requests: list[bytes] = []
        self.closed = threading.Semaphore(0)
        self.done = threading.Event()
        self.gate: threading.Barrier | None = None
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v5"

    def will(self, *answers: bytes) -> BadDay:
        self.answers = list(answers)
        return self


class Handler(socketserver.StreamRequestHandler):
    server: BadDay

    def handle(self) -> None:
        while head := self._head():
            length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            answers = self.server.answers
            answer = answers[min(len(self.server.requests), len(answers) - 1)]
            self.server.requests.append(head + self.rfile.read(length))
            if self.server.gate:
                self.server.gate.wait(20)
            if answer is RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if answer is SILENCE:
                self.server.done.wait(20)
                return
            self.wfile.write(answer)
            if b"onnection: close" in answer:
                return
        self.server.closed.release()

    def _head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            try:
                line = self.rfile.readline()
            except OSError:
                return b""
            if not line:
                return b""
            head += line
        return head


@pytest.fixture
def server():
    with BadDay() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.done.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def configuration(server):
    return old.Configuration(host=server.base_url, access_token=TOKEN)


@pytest.fixture
def client(configuration):
    with old.ApiClient(configuration) as client:
        yield client


@pytest.fixture
def api(client):
    return ProductGroupPromotionsApi(client)


@pytest.fixture
def pauses(monkeypatch):
    """What would have been slept, in seconds."""
    slept: list[float] = []
    monkeypatch.setattr("pinterest.generated.client.rest.time.sleep", slept.append)
    return slept
