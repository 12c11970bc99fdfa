"""Striking secrets out of what the journal keeps, wherever they stand: addresses, bodies, answers, names and values.

A secret is known by its form (tokens of the emulator's or of Pinterest's), by the name it stands under, by what stands
before it (``Bearer``), or because the call itself was authorised with it. Text is looked at as it is and as what it
is an encoding of.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import quote, unquote_plus

import msgspec

STRUCK = "(struck out)"

_NAMES = (
    r"(?:[\w-]*(?:access[_-]?token|refresh[_-]?token|id[_-]?token|client[_-]?secret|app[_-]?secret|secret|password|passwd|api[_-]?key"
    r"|authorization|credentials?|code[_-]?verifier|signature|token)|sign)"
)
_NAME = re.compile(rf"(?i:{_NAMES}|code)")
_TOKEN = re.compile(r"(?i:pin[a-z]_[\w.~+/=-]+|emulated_[0-9a-z_]+)")
#: ``Bearer x``, ``Basic x``; ``scheme://user:password@``; ``name=value`` and ``name: value``, quoted or not.
_IN_TEXT = (
    (re.compile(r"(?i)\b(bearer|basic)(\s+|%20|\+)[\w.~+/=%-]+"), rf"\1\2{STRUCK}"),
    (re.compile(r"(?i)(://|%3A%2F%2F)(?:(?!%40|%2F)[^\s/@\"'<>])+(@|%40)"), rf"\1{STRUCK}\2"),
    (
        re.compile(rf"(?i)((?<![a-z]){_NAMES}\\*[\"']?\s*(?:=|%3D|:|%3A)\s*\\*[\"']?)(?!\(struck)[^\s&\"'\\,;}}<>]+"),
        rf"\1{STRUCK}",
    ),
    (re.compile(r"(?i)((?<![a-z_])code(?:=|%3D))[^\s&\"'\\,;}<>]+"), rf"\1{STRUCK}"),
)
#: What a text without secrets has none of, in lower case: most calls need no closer look.
_SUSPICIOUS = (
    b"emulated_", b"token", b"ecret", b"passw", b"bearer", b"basic", b"redential", b"uthoriz", b"api_key", b"api-key",
    b"apikey", b"verifier", b"signature", b"sign=", b"sign%", b'sign"', b"sign:", b"code=", b'code":"', b'code": "',
    b"@", b"%", b"\\u",
)  # fmt: skip
_REAL = re.compile(rb"pin[a-z]_")


def _may_hold_secrets(text: bytes, secrets: Collection[str]) -> bool:
    low = text.lower()
    if any(map(low.__contains__, _SUSPICIOUS)) or (b"pin" in low and _REAL.search(low)):
        return True
    return any(secret.encode() in text for secret in secrets)


def of_authorization(header: str) -> list[str]:
    """The secrets in an Authorization header: the token, or the password and the pair it was sent in."""
    scheme, _, given = header.strip().partition(" ")
    given = given.strip()
    found = [given] if given else [scheme]
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error, UnicodeDecodeError, ValueError):
            found += [base64.b64decode(given, validate=True).decode().partition(":")[2]]
    return [secret for secret in found if len(secret) >= 4]


def struck_target(target: str, secrets: Collection[str] = ()) -> str:
    """An address without its secrets."""
    if not _may_hold_secrets(target.encode("utf-8", "replace"), secrets):
        return target
    path, mark, query = target.partition("?")
    path = "/".join(_struck_encoded(segment, secrets) for segment in path.split("/"))
    if not query:
        return path + mark
    return path + mark + "&".join(_struck_pair(pair, secrets) for pair in query.split("&"))


def struck_body(body: bytes, secrets: Collection[str] = ()) -> bytes:
    """A body without its secrets; the same bytes if it has none."""
    if not body:
        return body
    if not _may_hold_secrets(body, secrets):
        return body
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body.decode("utf-8", "replace")
        struck = _struck_form(text, secrets) if _FORM.fullmatch(text) else _struck_text(text, secrets)
        return body if struck == text else struck.encode()
    struck_value = _struck_value(value, secrets)
    return body if struck_value == value else msgspec.json.encode(struck_value)


_FORM = re.compile(r"[\w.~%+*-]+=[^\s\"<>{}]*")


def _struck_form(text: str, secrets: Collection[str]) -> str:
    return "&".join(_struck_pair(pair, secrets) for pair in text.split("&"))


def _struck_pair(pair: str, secrets: Collection[str]) -> str:
    name, equals, value = pair.partition("=")
    if equals and value and _NAME.fullmatch(decoded(name)[-1]):
        return f"{name}={STRUCK}"
    return _struck_encoded(name, secrets) + equals + _struck_encoded(value, secrets)


def decoded(text: str) -> list[str]:
    """The text, and what it is an encoding of, up to three layers deep."""
    layers = [text]
    while len(layers) < 4 and (inner := unquote_plus(layers[-1])) != layers[-1]:
        layers.append(inner)
    return layers


def _struck_encoded(text: str, secrets: Collection[str]) -> str:
    """A part of an address: struck whole if a secret shows only after decoding."""
    if not _may_hold_secrets(text.encode("utf-8", "replace"), secrets):
        return text
    struck = _struck_text(text, secrets)
    if struck != text or "%" not in text:
        return struck
    return STRUCK if any(_struck_text(layer, secrets) != layer for layer in decoded(text)[1:]) else text


def _struck_text(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        for form in (secret, quote(secret, safe="")):
            text = text.replace(form, STRUCK)
    text = _TOKEN.sub(STRUCK, text)
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(instead, text)
    return text


def _struck_value(value: Any, secrets: Collection[str], name: str = "") -> Any:
    # An error's code is a number; a code that is text is one that is exchanged for a token.
    if name and value and not isinstance(value, bool) and _NAME.fullmatch(name) and (name != "code" or isinstance(value, str)):
        return STRUCK
    if isinstance(value, dict):
        return {_struck_encoded(key, secrets): _struck_value(inner, secrets, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_struck_value(inner, secrets) for inner in value]
    return _struck_encoded(value, secrets) if isinstance(value, str) else value
