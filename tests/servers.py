"""Servers that behave as badly as a test wants: bytes in, bytes out, on a loopback socket."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: (the connection, what it read up to the end of the body) -> goes on with the next request unless it says False.
Handler = Callable[[socket.socket, bytes], Any]


def reset(connection: socket.socket) -> bool:
    """Close so that the other side sees a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
    return False


def http(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def place(base_url: str) -> tuple[str, int]:
    """Host and port of a base URL that has both."""
    host, port = base_url.split("/")[2].split(":")
    return host, int(port)


def talk(base_url: str, *parts: bytes) -> bytes:
    """What a server answers to these bytes, one after the other, until it closes the connection."""
    with socket.create_connection(place(base_url), 10) as connection:
        for part in parts:
            connection.sendall(part)
        found = b""
        while chunk := connection.recv(65_536):
            found += chunk
        return found


class Peer:
    """A server in a thread. ``requests`` is what it read; ``connections`` how often it was connected to."""

    def __init__(self, handler: Handler | bytes, context: ssl.SSLContext | None = None) -> None:
        self._handler = handler if callable(handler) else lambda connection, _: connection.sendall(handler)
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.origin = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self.connections = 0
        #: Set at the end, so that a handler that holds a connection open can wait for it.
        self.over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            while (request := self._read(connection)) is not None:
                self.requests.append(request)
                if self._handler(connection, request) is False:
                    break
        except OSError:
            pass
        finally:
            connection.close()

    def _read(self, connection: socket.socket) -> bytes | None:
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        while len(body) < length:
            part = connection.recv(65536)
            if not part:
                return None
            body += part
        return head + b"\r\n\r\n" + body


def _usage(*, ca: bool) -> x509.KeyUsage:
    others = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
        False,
    )
    return x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **others)


class Authority:
    """A certificate authority of its own, for as long as a test runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's authority")])
        certificate = self._sign(self._name, self._key, ca=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(certificate)

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool = False, host: str = "127.0.0.1") -> bytes:
        import ipaddress

        names = [x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)]
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
            .not_valid_after(datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            # Python 3.13 verifies strictly, as RFC 5280 has it: who signed, with which key.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(ca=ca), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM)

    def issue(self, host: str = "127.0.0.1") -> Path:
        """A PEM file with key and certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        path = self._folder / f"{host}-{len(list(self._folder.iterdir()))}.pem"
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(private + self._sign(name, key, host=host))
        return path

    def server(self, host: str = "127.0.0.1", *, wants_client: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issue(host))
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.file)
        return context


class Wire:
    """One end of a connection, for a script that says byte by byte what a server or proxy does with it."""

    def __init__(self, server: Scripted, connection: socket.socket) -> None:
        self.server = server
        self.connection = connection

    def request(self) -> bytes:
        """Read a whole request; it counts as executed."""
        request = self.server._read(self.connection)
        if request is None:
            raise ConnectionError
        self.server.requests.append(request)
        return request

    def head(self) -> bytes:
        """Read the head of a request and no more than what came with it."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.connection.recv(4096)
            if not part:
                raise ConnectionError
            data += part
        return data

    def rest(self, size: int) -> None:
        """Read and drop so many bytes."""
        while size > 0:
            size -= len(self.connection.recv(min(size, 65536))) or size

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def drip(self, data: bytes) -> None:
        """One byte after the other, each well within any limit."""
        self.server.settled.set()
        for at in range(len(data)):
            self.send(data[at : at + 1])
            if self.server.over.wait(0.06):
                break
        raise ConnectionError

    def hold(self) -> None:
        """Say nothing more until the test is over."""
        self.server.settled.set()
        self.server.over.wait(10)
        raise ConnectionError

    def gone(self) -> None:
        """Wait until the other side has closed, reading and dropping what it sends."""
        self.server.settled.set()
        while self.connection.recv(65536):
            pass
        raise ConnectionError

    def close(self) -> None:
        self.connection.close()
        self.server.settled.set()
        raise ConnectionError

    def reset(self) -> None:
        reset(self.connection)
        self.server.settled.set()
        raise ConnectionError

    def hello_reset(self) -> None:
        """Reset in the middle of the handshake."""
        self.connection.recv(65536)
        self.reset()

    def tls(self, context: ssl.SSLContext) -> None:
        self.connection = context.wrap_socket(self.connection, server_side=True)


#: What a `Scripted` server does with the first connection; afterwards, and on every other, it answers properly.
Act = Callable[[Wire], Any]

PROPER = http(b'"proper"')


class Scripted(Peer):
    """A server or proxy that lies in its first connection as a script says, and behaves from then on."""

    def __init__(self, act: Act, context: ssl.SSLContext | None = None) -> None:
        super().__init__(PROPER, context)
        self._act = act
        #: Set when the script has nothing more to do by itself.
        self.settled = threading.Event()
        #: Set by the test when it has taken the first answer.
        self.answered = threading.Event()
        self.wires: list[Wire] = []

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        wire = Wire(self, connection)
        self.wires.append(wire)
        try:
            if self._context is not None:
                wire.tls(self._context)
            if self.connections == 1 and len(self.wires) == 1:
                try:
                    self._act(wire)
                finally:  # a client that resets the connection ends the script, too
                    self.settled.set()
            while True:
                if wire.request().startswith(b"CONNECT"):
                    wire.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    wire.send(PROPER)
        except OSError:
            pass
        finally:
            wire.connection.close()
