"""What both transports take, declared once."""

from __future__ import annotations

import os
import ssl
from typing import TypedDict


class NetworkOptions(TypedDict, total=False):
    """Arguments of both transports, and of both clients, which hand them on.

    ``ssl_context`` replaces the default, which trusts what the operating system trusts; ``ca_file`` is a PEM file of
    certificates to trust beside those; ``client_certificate`` a PEM file with certificate and key, or a pair of files;
    ``proxy`` is ``http://user:password@host:port``; ``max_reply_bytes`` (64 MB) bounds an answer after decompression.
    """

    ssl_context: ssl.SSLContext | None
    ca_file: str | os.PathLike[str] | None
    client_certificate: str | tuple[str, str] | None
    proxy: str | None
    max_reply_bytes: int


DEFAULT_MAX_REPLY_BYTES = 64 * 1024 * 1024
