"""A server that does what servers on bad days do, byte for byte."""

from __future__ import annotations

import json
import threading

import pytest

import pinterest.generated.client as old
from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi
from servers import Peer, reset

TOKEN = "emulated_secret_token"
RESET = b"reset"  # end the connection with RST, without a byte
SILENCE = b"silence"  # keep it, without a byte


def http(status: int, body: bytes | object = b"", **headers: str) -> bytes:
    """An answer, its length declared."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


class BadDay(Peer):
    """Gives ``answers`` in turn, the last one for ever."""

    def __init__(self, context=None) -> None:
        super().__init__(self._answer, context)
        self.answers: list[bytes] = [http(200, {"id": "4"})]
        self.closed = threading.Semaphore(0)
        self.gate: threading.Barrier | None = None

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v5"

    def will(self, *answers: bytes) -> None:
        self.answers = list(answers)

    def _answer(self, connection, request) -> bool:
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if self.gate:
            self.gate.wait(20)
        if answer is RESET:
            return reset(connection)
        if answer is SILENCE:
            self.over.wait(20)
            return False
        connection.sendall(answer)
        return b"onnection: close" not in answer

    def _read(self, connection) -> bytes | None:
        request = super()._read(connection)
        if request is None:
            self.closed.release()
        return request


@pytest.fixture
def server():
    with BadDay() as server:
        yield server


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
