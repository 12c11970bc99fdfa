"""The situations that a server or a proxy can put a transport into, each with the one right result.

A situation is what happens on the first connection, byte by byte; from then on the server behaves. `test_cases.py` sends one
request into it and a second one after it, with the synchronous and the asynchronous transport and the old interface.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any, NamedTuple

from servers import Wire, http

BODY = b'"first"'
#: What each of three says of the same: ConnectError means that nothing was executed, Disconnected and TimedOut that it may be.
NOT_SENT, TLS, CUT, LATE, BAD = "ConnectError", "TLSError", "Disconnected", "TimedOut", "BadReply"

LIMIT = 200_000


class Case(NamedTuple):
    """One situation."""

    name: str
    act: Callable[[Wire], Any]
    #: The body of the answer, or the class of the error.
    result: bytes | str
    status: int = 200
    #: How many requests the server has read when the first call has ended.
    executed: int = 1
    #: Whether the second call may use the first connection; None: both are right.
    reused: bool | None = False
    method: str = "POST"
    size: int = 2
    #: "": straight; "http", "https": through a proxy, which is the server here. "tls": straight, with TLS.
    way: str = ""
    read_seconds: float = 5.0


def says(*parts: bytes, end: str = "") -> Callable[[Wire], Any]:
    """Read the request, send these bytes one after the other, and end so: "", "close", "reset", "hold"."""

    def act(wire: Wire) -> None:
        wire.request()
        for part in parts:
            wire.send(part)
        if end:
            getattr(wire, end)()

    return act


def ok(*headers: str, body: bytes = BODY) -> bytes:
    return http(body, "200 OK", *headers)


def raw(*lines: str, body: bytes = b"", first: str = "HTTP/1.1 200 OK") -> bytes:
    return "\r\n".join([first, *lines]).encode("latin-1") + b"\r\n\r\n" + body


def chunks(body: bytes, trailer: bytes = b"\r\n", *lines: str) -> bytes:
    return raw("Transfer-Encoding: chunked", *lines, body=body + trailer)


def early(answer: bytes, *, end: str = "") -> Callable[[Wire], Any]:
    """Answer when the head of the request is there, and read the rest afterwards."""

    def act(wire: Wire) -> None:
        head, _, body = wire.head().partition(b"\r\n\r\n")
        wire.send(answer)
        if end:
            getattr(wire, end)()
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        wire.rest(length - len(body))

    return act


def idle(*parts: bytes, end: str = "gone") -> Callable[[Wire], Any]:
    """Answer properly; when the answer has been taken, send something that nobody asked for."""

    def act(wire: Wire) -> None:
        wire.request()
        wire.send(ok())
        wire.server.answered.wait(10)
        for part in parts:
            wire.send(part)
        getattr(wire, end)()

    return act


def tunnel(answer: bytes, *, then: str) -> Callable[[Wire], Any]:
    def act(wire: Wire) -> None:
        wire.head()
        wire.send(answer)
        getattr(wire, then)()

    return act


def drips(start: bytes, rest: bytes) -> Callable[[Wire], Any]:
    def act(wire: Wire) -> None:
        wire.request()
        wire.send(start)
        wire.drip(rest)

    return act


PACKED = gzip.compress(BODY)
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
ZIP = "Content-Encoding: gzip"
SECRET = "hidden-in-a-header"

CASES = [
    # ---------------------------------------------------------------------------------------------- answers that are whole
    Case("a plain answer", says(ok()), BODY, reused=True),
    Case("an answer in two pieces", says(ok()[:30], ok()[30:]), BODY, reused=True),
    Case("an answer after its head", says(ok()[:-7], ok()[-7:]), BODY, reused=True),
    Case("no body at 204", says(raw(first="HTTP/1.1 204 No Content")), b"", 204, reused=True),
    Case("a body of no bytes", says(ok(body=b"")), b"", reused=True),
    Case("chunks", says(chunks(b'3\r\n"fi\r\n4\r\nrst"\r\n0\r\n')), BODY, reused=True),
    Case("chunks with extensions", says(chunks(b'7;a=b;c="d"\r\n"first"\r\n0;x\r\n')), BODY, reused=True),
    Case("chunks with a trailer", says(chunks(b'7\r\n"first"\r\n0\r\n', b"X-Sum: 1\r\n\r\n")), BODY, reused=True),
    Case("chunks with leading zeros", says(chunks(b'0007\r\n"first"\r\n000\r\n')), BODY, reused=True),
    Case("upper-case chunked", says(raw("TRANSFER-ENCODING: Chunked", body=b'7\r\n"first"\r\n0\r\n\r\n')), BODY, reused=True),
    Case("a body that ends with the connection", says(raw(body=BODY), end="close"), BODY),
    Case("HTTP/1.0", says(raw("Content-Length: 7", first="HTTP/1.0 200 OK", body=BODY), end="close"), BODY),
    Case("Connection: close", says(ok("Connection: close"), end="close"), BODY),
    Case("no reason", says(raw("Content-Length: 7", first="HTTP/1.1 200 ", body=BODY)), BODY, reused=True),
    Case("lines that end with LF alone", says(b"HTTP/1.1 200 OK\nContent-Length: 7\n\n" + BODY), BODY, reused=True),
    Case("a folded header", says(raw("X-A: 1", "  2", "Content-Length: 7", body=BODY)), BODY, reused=True),
    Case("a header without a value", says(ok("X-A:")), BODY, reused=True),
    Case("a header that is not ASCII", says(raw("X-A: caf\xe9", "Content-Length: 7", body=BODY)), BODY, reused=True),
    Case("a header of 20 KB", says(ok("X-A: " + "a" * 20_000)), BODY, reused=True),
    Case("a hundred headers", says(ok(*[f"X-{n}: {n}" for n in range(100)])), BODY, reused=True),
    Case("closed after the answer", says(ok(), end="close"), BODY),
    Case("an empty line after the answer", says(ok() + b"\r\n"), BODY, reused=None),
    # ---------------------------------------------------------------------------------------------------- every status
    Case("400", says(http(b"{}", "400 Bad Request")), b"{}", 400, reused=True),
    Case("bytes of no encoding", says(ok("X-A: 1", body=b"\xff\xfe\x00")), b"\xff\xfe\x00", reused=True),
    Case(
        "a reason of other bytes", says(raw("Content-Length: 7", first="HTTP/1.1 200 \xff\xfe", body=BODY)), BODY, reused=True
    ),
    Case("207", says(http(BODY, "207 Multi-Status")), BODY, 207, reused=True),
    Case("304 without a body", says(raw(first="HTTP/1.1 304 Not Modified")), b"", 304, reused=True),
    Case("204 with a length", says(raw("Content-Length: 0", first="HTTP/1.1 204 X")), b"", 204, reused=True),
    Case("425", says(http(b"early", "425 Too Early")), b"early", 425, reused=True),
    Case("499", says(http(b"", "499 X")), b"", 499, reused=True),
    Case("401", says(http(b"{}", "401 Unauthorized")), b"{}", 401, reused=True),
    Case("403, a page", says(http(b"<html>", "403 Forbidden")), b"<html>", 403, reused=True),
    Case("413", says(http(b"", "413 Too Large")), b"", 413, reused=True),
    Case("414", says(http(b"", "414 URI Too Long")), b"", 414, reused=True),
    Case("429", says(http(b"{}", "429 Too Many", "Retry-After: 3")), b"{}", 429, reused=True),
    Case("502, a gateway's page", says(http(b"<html>", "502 Bad Gateway")), b"<html>", 502, reused=True),
    Case("a status of no class", says(http(b"{}", "799 Odd")), b"{}", 799, reused=True),
    Case("a redirect is not followed", says(http(b"", "302 Found", "Location: http://127.0.0.1:1/x")), b"", 302, reused=True),
    Case("a redirect that keeps the method", says(http(b"", "307 X", "Location: /elsewhere")), b"", 307, reused=True),
    # ------------------------------------------------------------------------------------------------- interim answers
    Case("100 before the answer", says(CONTINUE + ok()), BODY, reused=True),
    Case("102 before the answer", says(PROCESSING, ok()), BODY, reused=True),
    Case("103 before the answer", says(HINTS + ok()), BODY, reused=True),
    Case("199, which nobody knows", says(b"HTTP/1.1 199 Odd\r\nX-A: 1\r\n\r\n" + ok()), BODY, reused=True),
    Case("100 with a reason of many words", says(b"HTTP/1.1 100 Go on, please\r\n\r\n", ok()), BODY, reused=True),
    Case("103 without a reason", says(b"HTTP/1.1 103 \r\n\r\n" + ok()), BODY, reused=True),
    Case("two thousand interim answers", says(PROCESSING * 2000 + ok()), BODY, reused=True),
    Case("103 with an encoding", says(b"HTTP/1.1 103 X\r\nTransfer-Encoding: chunked\r\n\r\n" + ok()), BODY, reused=True),
    Case("an interim answer that is none", says(b"HTTP/1.1 103 X\r\nno header\r\n\r\n" + ok(), end="gone"), CUT),
    Case("several interim answers", says(HINTS + PROCESSING + HINTS, PROCESSING + ok()), BODY, reused=True),
    Case("103 with a Content-Length", says(b"HTTP/1.1 103 X\r\nContent-Length: 0\r\n\r\n" + ok()), BODY, reused=True),
    Case("an interim answer and the end", says(HINTS, end="close"), CUT),
    Case("an interim answer and a reset", says(HINTS, end="reset"), CUT),
    Case("an interim answer and silence", says(HINTS, end="hold"), LATE, read_seconds=0.3),
    Case("half an interim answer", says(HINTS[:-2], end="close"), CUT),
    Case("two hundred interim answers", says(PROCESSING * 200 + ok()), BODY, reused=True),
    Case(
        "101, which nobody asked for", says(b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", end="gone"), CUT
    ),
    # ------------------------------------------------------------------------------------------------- ends too early
    Case("closed without an answer", says(end="close"), CUT),
    Case("reset without an answer", says(end="reset"), CUT),
    Case("a GET is reset", says(end="reset"), CUT, method="GET"),
    Case("a DELETE is not repeated below", says(end="close"), CUT, method="DELETE"),
    Case("silence", says(end="hold"), LATE, read_seconds=0.3),
    Case("half a status line", says(b"HTTP/1.1 20", end="close"), CUT),
    Case("half a status line, silence", says(b"HTTP/1.1 20", end="hold"), LATE, read_seconds=0.3),
    Case("half a header", says(b"HTTP/1.1 200 OK\r\nContent-Le", end="close"), CUT),
    Case("headers without their end", says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", end="close"), CUT),
    Case("half a header, reset", says(b"HTTP/1.1 200 OK\r\nContent-Le", end="reset"), CUT),
    Case("a body too short", says(raw("Content-Length: 8", body=BODY), end="close"), CUT),
    Case("a body too short, reset", says(raw("Content-Length: 8", body=BODY), end="reset"), CUT),
    Case("a body too short, silence", says(raw("Content-Length: 8", body=BODY), end="hold"), LATE, read_seconds=0.3),
    Case("no body of what was announced", says(raw("Content-Length: 7"), end="close"), CUT),
    Case("a large body too short", says(raw("Content-Length: 150000", body=b"0" * 149_000), end="close"), CUT),
    Case("cut inside a chunk", says(chunks(b'9\r\n"first"', b""), end="close"), CUT),
    Case("cut between chunks", says(chunks(b'7\r\n"first"\r\n', b""), end="close"), CUT),
    Case("cut before the last line", says(chunks(b'7\r\n"first"\r\n0\r\n', b""), end="close"), CUT),
    Case("cut inside a chunk's size", says(chunks(b"7", b""), end="close"), CUT),
    Case("chunks, then silence", says(chunks(b'7\r\n"first"\r\n', b""), end="hold"), LATE, read_seconds=0.3),
    Case("a body without length, reset", says(raw(body=b'"fir'), end="reset"), CUT),
    # ---------------------------------------------------------------------------------------------------- drops by drop
    Case("headers drip", drips(b"HTTP/1.1 200 OK\r\nX-A: ", b"x" * 60), LATE, read_seconds=0.4),
    Case("the body drips", drips(raw("Content-Length: 999"), b"x" * 60), LATE, read_seconds=0.4),
    Case("chunks drip", drips(raw("Transfer-Encoding: chunked"), b"1\r\nx\r\n" * 60), LATE, read_seconds=0.4),
    # -------------------------------------------------------------------------------------------------- not HTTP at all
    Case("another protocol", says(b"SSH-2.0-OpenSSH_9\r\n\r\n", end="gone"), CUT),
    Case("zeros and ones", says(b"\0\1\2\3" * 20 + b"\r\n\r\n", end="gone"), CUT),
    Case("HTTP/9.9", says(b"HTTP/9.9 200 OK\r\n\r\n", end="gone"), CUT),
    Case("HTTP/2 frames", says(b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x64\0\4\0\0\xff\xff", end="close"), CUT),
    Case("a status that is none", says(b"HTTP/1.1 abc OK\r\n\r\n", end="gone"), CUT),
    Case("a status of two digits", says(b"HTTP/1.1 20 OK\r\n\r\n", end="gone"), CUT),
    Case("JSON without HTTP", says(b'{"a": 1}\r\n\r\n', end="gone"), CUT),
    Case("a header without a colon", says(raw(SECRET, "Content-Length: 7", body=BODY), end="gone"), CUT),
    Case("a space before the colon", says(raw(f"Content-Length : 7{SECRET}", body=BODY), end="gone"), CUT),
    Case("a name that is none", says(raw(f"X({SECRET}: 1", "Content-Length: 7", body=BODY), end="gone"), CUT),
    Case("a control character in a header", says(raw(f"X-A: {SECRET}\0", "Content-Length: 7", body=BODY), end="gone"), CUT),
    Case("a header beyond every limit", says(raw("X-A: " + SECRET * 8_000), end="gone"), CUT),
    Case("more headers than any limit", says(raw(*[f"X-{n}: {SECRET}" for n in range(500)]), end="gone"), CUT),
    # -------------------------------------------------------------------------------------------- lengths that leave doubt
    Case("two lengths", says(raw("Content-Length: 7", "Content-Length: 3", body=BODY), end="gone"), CUT),
    Case("the same length twice", says(raw("Content-Length: 7", "Content-Length: 7", body=BODY), end="gone"), CUT),
    Case("a list of lengths", says(raw("Content-Length: 7, 7", body=BODY), end="gone"), CUT),
    Case("a negative length", says(raw("Content-Length: -7", body=BODY), end="gone"), CUT),
    Case("a length with a sign", says(raw("Content-Length: +7", body=BODY), end="gone"), CUT),
    Case("a length that is text", says(raw("Content-Length: seven", body=BODY), end="gone"), CUT),
    Case("an empty length", says(raw("Content-Length:", body=BODY), end="gone"), CUT),
    Case("a length beyond 64 bits", says(raw("Content-Length: " + "9" * 30, body=BODY), end="gone"), CUT),
    Case("length and chunks", says(raw("Content-Length: 7", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), end="gone"), CUT),
    Case("chunks and length", says(raw("Transfer-Encoding: chunked", "Content-Length: 7", body=b"0\r\n\r\n"), end="gone"), CUT),
    Case("an encoding nobody knows", says(raw("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), end="gone"), CUT),
    Case("identity", says(raw("Transfer-Encoding: identity", body=BODY), end="close"), CUT),
    Case(
        "chunked twice",
        says(raw("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), end="gone"),
        CUT,
    ),
    Case(
        "chunks in HTTP/1.0",
        says(raw("Transfer-Encoding: chunked", first="HTTP/1.0 200 OK", body=b'7\r\n"first"\r\n0\r\n\r\n'), end="gone"),
        CUT,
    ),
    Case(
        "three lengths, the last another",
        says(raw("Content-Length: 7", "X-A: 1", "content-length: 70", body=BODY), end="gone"),
        CUT,
    ),
    Case("a length in hexadecimal", says(raw("Content-Length: 0x7", body=BODY), end="gone"), CUT),
    Case("a length with a fraction", says(raw("Content-Length: 7.0", body=BODY), end="gone"), CUT),
    Case("a length in other digits", says(raw("Content-Length: \xb7", body=BODY), end="gone"), CUT),
    Case("a folded length", says(raw("Content-Length:", " 7", body=BODY)), BODY, reused=True),
    Case(
        "an encoding with a tab",
        says(raw("Transfer-Encoding: \tchunked", body=b'7\r\n"first"\r\n0\r\n\r\n')),
        BODY,
        reused=True,
    ),
    Case("chunked in quotes", says(raw('Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"), end="gone"), CUT),
    Case("chunked, chunked", says(raw("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), end="gone"), CUT),
    Case("a chunk size beyond 64 bits", says(chunks(b'ffffffffffffffffff\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("a chunk size after a space", says(chunks(b' 7\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("a trailer that is none", says(chunks(b'7\r\n"first"\r\n0\r\n', b"no header\r\n\r\n"), end="gone"), CUT),
    Case("a chunk size that is none", says(chunks(b'xyz\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("a chunk size with a sign", says(chunks(b'+7\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("a chunk size with a prefix", says(chunks(b'0x7\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("a chunk size with an underscore", says(chunks(b'0_7\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("a negative chunk", says(chunks(b'-7\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("an empty chunk size", says(chunks(b'\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("a chunk longer than its size", says(chunks(b'3\r\n"first"\r\n0\r\n'), end="gone"), CUT),
    Case("a chunk shorter than its size", says(chunks(b'9\r\n"first"\r\n0\r\n'), end="close"), CUT),
    # -------------------------------------------------------------------------------------------------- too much of it
    Case("a second answer behind the first", says(ok() + http(b'"second"')), CUT),
    Case("garbage behind the answer", says(ok() + b"garbage"), CUT),
    Case("a length too short", says(raw("Content-Length: 3", body=BODY)), CUT),
    Case("a body at 204", says(raw("Content-Length: 7", first="HTTP/1.1 204 X", body=BODY)), CUT),
    Case("a second answer behind chunks", says(chunks(b'7\r\n"first"\r\n0\r\n') + http(b'"second"')), CUT),
    Case("larger than allowed", says(ok(body=b"0" * (LIMIT + 1))), BAD),
    Case("as large as allowed", says(ok(body=b"0" * LIMIT)), b"0" * LIMIT, reused=True),
    Case("larger than allowed, in chunks", says(chunks(b"30d41\r\n" + b"0" * (LIMIT + 1) + b"\r\n0\r\n")), BAD, reused=None),
    Case("larger than allowed, without length", says(raw(body=b"0" * (LIMIT + 1)), end="close"), BAD),
    Case("a length larger than allowed", says(raw("Content-Length: 99999999999"), end="gone"), BAD),
    # ------------------------------------------------------------------------------------------------------------ gzip
    Case("gzip", says(ok(ZIP, body=PACKED)), BODY, reused=True),
    Case("gzip in two members", says(ok(ZIP, body=gzip.compress(b'"fir') + gzip.compress(b'st"'))), BODY, reused=True),
    Case("gzip in chunks", says(chunks(b"%x\r\n%s\r\n0\r\n" % (len(PACKED), PACKED), b"\r\n", ZIP)), BODY, reused=True),
    Case("gzip with garbage behind", says(ok(ZIP, body=PACKED + b"garbage")), BAD, reused=None),
    Case("gzip that is none", says(ok(ZIP)), BAD, reused=None),
    Case("gzip cut short", says(ok(ZIP, body=PACKED[:-3])), CUT, reused=None),
    Case("gzip cut in its second member", says(ok(ZIP, body=PACKED + PACKED[:-9])), CUT, reused=None),
    Case("gzip with a wrong sum", says(ok(ZIP, body=PACKED[:-8] + b"\0" * 8)), BAD, reused=None),
    Case("gzip that unpacks to too much", says(ok(ZIP, body=gzip.compress(b"0" * (LIMIT + 1)))), BAD, reused=None),
    Case("an encoding that was not asked for", says(ok("Content-Encoding: br", body=b"\x1b\0\0")), BAD, reused=None),
    Case("identity as encoding", says(ok("Content-Encoding: identity")), BODY, reused=True),
    Case(
        "gzip in three members, an empty one between",
        says(ok(ZIP, body=PACKED[:0] + gzip.compress(b'"fi') + gzip.compress(b"") + gzip.compress(b'rst"'))),
        BODY,
        reused=True,
    ),
    Case("gzip with zeros behind", says(ok(ZIP, body=PACKED + b"\0" * 8)), "BadReply", reused=None),
    Case(
        "gzip with a name and a time",
        says(ok(ZIP, body=b"\x1f\x8b\x08\x08\1\2\3\4\0\3name\0" + PACKED[10:])),
        BODY,
        reused=True,
    ),
    Case("gzip cut inside its header", says(ok(ZIP, body=PACKED[:7])), CUT, reused=None),
    Case("gzip cut inside the header of its second member", says(ok(ZIP, body=PACKED + PACKED[:5])), CUT, reused=None),
    Case("gzip without a byte", says(ok(ZIP, body=b"")), b"", reused=True),
    Case("upper-case gzip", says(ok("CONTENT-ENCODING: GZip", body=PACKED)), BODY, reused=True),
    Case("x-gzip", says(ok("Content-Encoding: x-gzip", body=PACKED)), BODY, reused=True),
    Case("gzip twice", says(ok("Content-Encoding: gzip, gzip", body=gzip.compress(PACKED))), "BadReply", reused=None),
    Case("gzip in two headers", says(ok(ZIP, ZIP, body=gzip.compress(PACKED))), "BadReply", reused=None),
    Case("gzip with a wrong size", says(ok(ZIP, body=PACKED[:-4] + b"\0\0\0\1")), "BadReply", reused=None),
    # -------------------------------------------------------------------------------- between the answers, and too early
    Case("an answer on an idle connection", idle(http(b'"unasked"')), BODY),
    Case("half an answer on an idle connection", idle(b"HTTP/1.1 200"), BODY),
    Case("an interim answer on an idle connection", idle(HINTS), BODY),
    Case("408 on an idle connection", idle(http(b"", "408 X", "Connection: close"), end="close"), BODY),
    Case("a greeting on an idle connection", idle(b"220 ready\r\n"), BODY),
    Case("an idle connection is closed", idle(end="close"), BODY),
    Case("an idle connection is reset", idle(end="reset"), BODY),
    Case(
        "an answer while the body is being sent",
        early(http(b"{}", "413 X")),
        b"{}",
        413,
        executed=0,
        reused=None,
        size=5_000_000,
    ),
    Case(
        "an early answer that closes",
        early(http(b"{}", "400 X", "Connection: close"), end="gone"),
        b"{}",
        400,
        executed=0,
        size=5_000_000,
    ),
    # ------------------------------------------------------------------------------------------------------------- TLS
    Case("TLS", says(ok()), BODY, reused=True, way="tls"),
    Case("TLS, closed without an answer", says(end="close"), CUT, way="tls"),
    Case("TLS, reset without an answer", says(end="reset"), CUT, way="tls"),
    Case("TLS, a body too short", says(raw("Content-Length: 8", body=BODY), end="close"), CUT, way="tls"),
    Case("TLS, a second answer", says(ok() + ok()), CUT, way="tls"),
    Case("the handshake is reset", lambda wire: (wire.connection.recv(9), wire.reset()), NOT_SENT, executed=0, way="handshake"),
    Case(
        "the handshake is closed",
        lambda wire: (wire.connection.recv(9999), wire.close()),
        NOT_SENT,
        executed=0,
        way="handshake",
    ),
    Case(
        "the handshake is HTTP",
        lambda wire: (wire.connection.recv(9999), wire.send(ok()), wire.gone()),
        TLS,
        executed=0,
        way="handshake",
    ),
    Case("the handshake hangs", lambda wire: wire.gone(), NOT_SENT, executed=0, way="handshake"),
    # --------------------------------------------------------------------------------------------------------- proxies
    Case("a forwarding proxy", says(ok()), BODY, reused=True, way="http"),
    Case("a forwarding proxy closes", says(end="close"), CUT, way="http"),
    Case("a forwarding proxy resets", says(end="reset"), CUT, way="http"),
    Case("a forwarding proxy is silent", says(end="hold"), LATE, way="http", read_seconds=0.3),
    Case("a forwarding proxy cuts the answer", says(ok()[:-2], end="close"), CUT, way="http"),
    Case("a forwarding proxy's 502", says(http(b"<html>", "502 Bad Gateway")), b"<html>", 502, reused=True, way="http"),
    Case("a forwarding proxy's 407", says(http(b"", "407 X")), b"", 407, reused=True, way="http"),
    Case("a proxy refuses with 407", tunnel(http(b"", "407 X"), then="close"), NOT_SENT, executed=0, way="https"),
    Case("a proxy refuses with 502", tunnel(http(b"<html>", "502 X"), then="close"), NOT_SENT, executed=0, way="https"),
    Case("a proxy answers CONNECT with nonsense", tunnel(b"220 hello\r\n\r\n", then="gone"), NOT_SENT, executed=0, way="https"),
    Case("a proxy closes instead of connecting", lambda wire: (wire.head(), wire.close()), NOT_SENT, executed=0, way="https"),
    Case("a proxy resets instead of connecting", lambda wire: (wire.head(), wire.reset()), NOT_SENT, executed=0, way="https"),
    Case("a proxy is silent instead of connecting", lambda wire: (wire.head(), wire.hold()), NOT_SENT, executed=0, way="https"),
    Case("a proxy drips its answer", lambda wire: (wire.head(), wire.drip(b"H" * 99)), NOT_SENT, executed=0, way="https"),
    Case("a proxy closes after connecting", tunnel(ESTABLISHED, then="close"), NOT_SENT, executed=0, way="https"),
    # The hello is read first: a reset before it makes CPython 3.11 forget a socket, and warn of it.
    Case("a proxy resets after connecting", tunnel(ESTABLISHED, then="hello_reset"), NOT_SENT, executed=0, way="https"),
    Case("a tunnel", "tunnelled", BODY, reused=True, way="https"),  # type: ignore[arg-type] # test_cases makes the server's end
    Case("a tunnel closes after the request", "tunnelled close", CUT, way="https"),  # type: ignore[arg-type]
    Case("a tunnel is reset after the request", "tunnelled reset", CUT, way="https"),  # type: ignore[arg-type]
    Case("a tunnel is silent after the request", "tunnelled hold", LATE, way="https", read_seconds=0.5),  # type: ignore[arg-type]
    Case("a tunnel cuts the answer", "tunnelled cut", CUT, way="https"),  # type: ignore[arg-type]
]
