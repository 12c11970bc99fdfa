"""Striking secrets out of what the journal keeps, wherever they stand: addresses, bodies, answers, names and values.

A secret is known by its form (tokens of the emulator's or of Pinterest's), by the name it stands under, by what stands
before it (``Bearer``), or because the same call has it in a header or under a name. Text is looked at as it is, whatever the
case of its letters, and as what it is an encoding of: percent-encoding, JSON's escapes (of JSON within JSON, too), HTML's
entities, ``data:`` addresses, base64, base32, hexadecimal, and any of these backwards. Bytes that are no text are not kept.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Self
from urllib.parse import quote, unquote_plus

import msgspec
from msgspec import Struct

STRUCK = "(struck out)"
NO_TEXT = b"(bytes that are no text)"

#: What a name of a secret has in it, written without spaces, dashes and dots; what is one of its words; what is all of it.
_ANYWHERE = (
    "token", "secret", "passw", "passphrase", "credential", "authoriz", "cookie", "signature", "apikey", "privatekey",
    "accesskey", "verifier", "assertion", "bearer", "sessionid", "csrf",
)  # fmt: skip
_AS_A_WORD = frozenset({"auth", "pwd", "pass", "sig", "otp", "jwt", "sess"})
_ALL_OF_IT = frozenset({"sign", "code", "session", "devicecode", "usercode"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

#: Under these one finds in lists what elsewhere is a name: ``{"name": "password", "value": "…"}``.
_NAMES, _VALUES = frozenset({"name", "key", "field", "header"}), frozenset({"value", "values", "content"})

_TOKEN = re.compile(r"(?i:pin[a-z]_[\w.~+/=-]+|emulated_(?:[0-9a-f]{8,}|app_secret))")
_PREFIXES = ("emulated_", "pina_", "pinr_", "pinc_")
_USER = re.compile(r"((?::|(?<![\w/]))\\*/\\*/)(?!\(struck)[^\s/@\"'<>\\]+@")
_BEARER = re.compile(r"(?i)\b(bearer\s+)(?!\(struck)[\w.~+/=%-]+")
_SCHEME = re.compile(r"(?i)\Abearer +")
_BASIC = re.compile(r"(?i)\b(basic\s+)([\w+/=-]+)")
_HEADER = re.compile(r"(?i)((?:authorization|cookie)\\*[\"']?\s*:\s*\\*[\"']?)(?!\(struck)[^\r\n\"'\\<>]+")
_PAIR = re.compile(r"(?<![\w.\[\]-])([\w.\[\]-]++)(\\*[\"']?\s*[=:]\s*\\*[\"']?)((?!\(struck)[^\s&\"'\\,;}<>]+)")
_PART = re.compile(r"(name=\"?([^\"\r\n;]+)\"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)(?!\(struck)(.*?)(?=\r?\n--|\Z)", re.DOTALL)
_FORM = re.compile(r"[\w.~%+*-]+=[^\s\"<>{}]*")
_RUN = re.compile(r"[^\s\"'<>&,;{}()\[\]]{6,}")
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_ENTITIES = re.compile(r"(?<![\w.~+/%-])[\w.~+/%-]*+(?:&(?:#[xX]?[0-9a-fA-F]{1,7}|[A-Za-z]{2,8});[\w.~+/=%-]*+)+")
_DATA = re.compile(r"(?i)(data:[\w.+/-]*(?:;[\w.=+-]+)*;base64,)([^\s\"'<>()]+)")

#: What a text without secrets has none of, in lower case: most calls need no closer look.
_SUSPICIOUS = [
    b"emulated_", b"token", b"ecret", b"pass", b"pwd", b"bearer", b"basic ", b"redential", b"auth", b"key", b"verifier",
    b"assertion", b"cookie", b"sess", b"sign", b"sig=", b'sig"', b"otp", b"jwt", b"csrf", b"code=", b'code":"', b'code": "',
    b"_code", b"ecode", b"@", b"%", b"\\u", b"\\x", b"&#", b";base64,",
]  # fmt: skip
_REAL = re.compile(rb"pin[a-z]_")


@lru_cache(4096)
def is_secret(name: str) -> bool:
    """Whether what stands under this name is a secret."""
    bare = re.sub(r"[^a-z]", "", name.lower())
    if bare in _ALL_OF_IT or any(map(bare.__contains__, _ANYWHERE)):
        return True
    return any(word.lower() in _AS_A_WORD for word in _WORD.findall(name))


@lru_cache(1024)
def _in_base64(secret: str) -> tuple[str, ...]:
    """What base64 makes of it, whatever stands before and behind: the characters that follow from it alone."""
    found = []
    for before in range(3):
        whole = b"\0" * before + secret.encode("utf-8", "replace")
        start, end = -(-8 * before // 6), len(whole) * 8 // 6
        found += [encode(whole)[start:end].decode() for encode in (base64.b64encode, base64.urlsafe_b64encode)]
    return tuple(dict.fromkeys(found))


@lru_cache(1024)
def _disguises(secret: str) -> tuple[str, ...]:
    """In lower case: it in hexadecimal and base32, and these, base64 and itself backwards, before or after encoding."""
    found = [secret[::-1]]
    for one in (secret, secret[::-1]):
        raw = one.encode("utf-8", "replace")
        forms = [raw.hex(), *_in_base64(one)]
        for before in range(5):
            start, end = -(-8 * before // 5), (before + len(raw)) * 8 // 5
            forms.append(base64.b32encode(b"\0" * before + raw)[start:end].decode())
        found += [form[::-1] for form in forms] + (forms[1:] if one is not secret else []) + [forms[0], *forms[-5:]]
    return tuple(dict.fromkeys(form.lower() for form in found))


_ENCODED = tuple(core for prefix in _PREFIXES for core in _in_base64(prefix))
_DISGUISED = tuple(core for prefix in _PREFIXES for core in _disguises(prefix))
_SUSPICIOUS.extend(dict.fromkeys(core.lower().encode() for start in ("emulated_", "pin") for core in _in_base64(start)))
_SUSPICIOUS.extend(prefix[::-1].encode() for prefix in _PREFIXES)
_BYTES = tuple(core.encode() for core in _DISGUISED)

#: Letters and digits as one letter, all else as another: what is encoded is a long run of them, and few texts have one.
_RUNS = bytes(120 if (chr(byte).isascii() and chr(byte).isalnum()) else 32 for byte in range(256))
_LONG = b"x" * 16


def _has_long_run(low: bytes) -> bool:
    return _LONG in low.translate(_RUNS)


def decoded(text: str) -> list[str]:
    """The text, and what it is an encoding of, up to four layers deep."""
    layers = [text]
    while len(layers) < 6:
        inner = unquote_plus(layers[-1]) if "%" in layers[-1] else layers[-1]
        if "\\" in inner:
            inner = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), inner).replace("\\/", "/")
        if inner == layers[-1]:
            break
        layers.append(inner)
    return layers


def _is_suspicious(text: bytes) -> bool:
    low = text.lower()
    if any(map(low.__contains__, _SUSPICIOUS)) or (b"pin" in low and _REAL.search(low) is not None):
        return True
    return _has_long_run(low) and any(map(low.__contains__, _BYTES))


@lru_cache(4096)
def _is_suspicious_word(text: str) -> bool:
    return _is_suspicious(text.encode("utf-8", "replace"))


class Secrets(Struct):
    """The secrets of one call."""

    #: Those that have no form by which they are known.
    known: list[str]

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """Those in the headers: tokens, passwords and the pair these were sent in, the values of cookies."""
        secrets = cls([])
        for name, value in headers.items():
            if is_secret(name):
                for part in _parts(value.strip()):
                    secrets._learn(part, 4 if "authorization" in name.lower() else 8)
        return secrets

    def _learn(self, secret: str, shortest: int = 8) -> None:
        if len(secret) >= shortest and secret not in self.known and not _TOKEN.fullmatch(_SCHEME.sub("", secret)):
            self.known.append(secret)

    def may_be_in(self, text: str) -> bool:
        if _is_suspicious_word(text) if len(text) <= 64 else _is_suspicious(text.encode("utf-8", "replace")):
            return True
        if not self.known:
            return False
        low = text.lower()
        if any(form in low for secret in self.known for form in (secret.lower(), secret[::-1].lower())):
            return True
        # Encoded, a secret of 12 characters is a run of 16 and more.
        encoded = any(len(secret) < 12 for secret in self.known) or _has_long_run(low.encode("utf-8", "replace"))
        return encoded and self._is_disguised(text)

    def target(self, target: str) -> str:
        """An address without its secrets."""
        if not self.may_be_in(target):
            return target
        path, mark, query = self._without_entities(self._without_known(target)).partition("?")
        path = "/".join(map(self._text, path.split("/")))
        return path + mark + "&".join(map(self._pair, query.split("&")))

    def body(self, body: bytes) -> bytes:
        """A body without its secrets; the same bytes if it has none."""
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            if error.start < len(body) - 3:  # else it was cut within a character
                return NO_TEXT
            text = body[: error.start].decode()
        if "\0" in text:
            return NO_TEXT
        if not body or not self.may_be_in(text):
            return body
        try:
            value = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            text_left = self._without_entities(text)
            struck = "&".join(map(self._pair, text_left.split("&"))) if _FORM.fullmatch(text_left) else self._text(text_left)
            return body if struck == text else struck.encode()
        struck_value = self._value(value)
        return body if struck_value == value else msgspec.json.encode(struck_value)

    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if equals and value and is_secret(decoded(name)[-1]):
            for layer in decoded(value):
                self._learn(layer)
            return f"{name}={STRUCK}"
        return self._text(name) + equals + self._text(value)

    def _value(self, value: Any, name: str = "") -> Any:
        # An error's code is a number; a code that is text is one that is exchanged for a token.
        if value and not isinstance(value, bool) and is_secret(name) and (name != "code" or isinstance(value, str)):
            for text in _texts(value):
                self._learn(text)
            return STRUCK
        if isinstance(value, dict):
            named = any(key in _NAMES and isinstance(inner, str) and is_secret(inner) for key, inner in value.items())
            return {
                self._text(key): self._value(inner, "secret" if named and key in _VALUES else key)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        return self._text_value(value) if isinstance(value, str) else value

    def _text_value(self, text: str) -> str:
        """A text of JSON, which may be JSON itself."""
        if text.lstrip()[:1] in ("{", "[") and self.may_be_in(text):
            with contextlib.suppress(msgspec.DecodeError, RecursionError):
                value = msgspec.json.decode(text)
                struck = self._value(value)
                return text if struck == value else msgspec.json.encode(struck).decode()
        return self._text(text)

    def _text(self, text: str) -> str:
        if not self.may_be_in(text):
            return text
        struck = self._as_it_stands(_DATA.sub(self._struck_data, self._without_entities(text)))
        return _RUN.sub(lambda run: STRUCK if self._is_in_encoding(run[0]) else run[0], struck)

    def _is_in_encoding(self, run: str) -> bool:
        """Whether a secret shows only after decoding."""
        return any(self._is_disguised(layer) or self._as_it_stands(layer) != layer for layer in decoded(run)[1:]) or (
            self._is_disguised(run)
        )

    def _is_disguised(self, text: str) -> bool:
        low = text.lower()
        if any(core in text for core in _ENCODED) or any(map(low.__contains__, _DISGUISED)):
            return True
        return any(
            any(core in text for core in _in_base64(secret)) or any(map(low.__contains__, _disguises(secret)))
            for secret in self.known
        )

    def _without_known(self, text: str) -> str:
        for secret in self.known:
            text = _in_any_case(secret).sub(STRUCK, text)
        return text

    def _without_entities(self, text: str) -> str:
        return _ENTITIES.sub(lambda found: STRUCK if self._is_struck(html.unescape(found[0])) else found[0], text)

    def _struck_data(self, found: re.Match[str]) -> str:
        padded = unquote_plus(found[2]).translate(_OF_ADDRESSES)
        try:
            data = base64.b64decode(padded + "=" * (-len(padded) % 4))
        except (binascii.Error, ValueError):
            return found[0]
        return found[1] + STRUCK if self.body(data) not in (data, NO_TEXT) else found[0]

    def _is_struck(self, text: str) -> bool:
        return self._text(text) != text

    def _as_it_stands(self, text: str) -> str:
        text = _TOKEN.sub(STRUCK, self._without_known(text))
        for pattern in (_BEARER, _HEADER):
            text = pattern.sub(rf"\1{STRUCK}", text)
        text = _USER.sub(rf"\1{STRUCK}@", text)
        text = _BASIC.sub(lambda found: found[1] + STRUCK if _pair_of(found[2]) else found[0], text)
        text = _PART.sub(self._struck_part, text)
        return _PAIR.sub(self._struck_pair, text)

    def _struck_part(self, found: re.Match[str]) -> str:
        if not is_secret(found[2]):
            return found[0]
        self._learn(found[3])
        return found[1] + STRUCK

    def _struck_pair(self, found: re.Match[str]) -> str:
        name, between, value = found.groups()
        if not is_secret(name) or (name.lower() == "code" and "=" not in between):
            return found[0]
        self._learn(value)
        return name + between + STRUCK


#: The alphabet of base64 in addresses, in the other one.
_OF_ADDRESSES = str.maketrans("-_", "+/")


@lru_cache(1024)
def _in_any_case(secret: str) -> re.Pattern[str]:
    """It, forwards or backwards, as it is or percent-encoded, whatever the case of its letters."""
    forms = [form(one) for one in (secret, secret[::-1]) for form in (str, quote, lambda text: quote(text, safe=""))]
    forms = sorted(set(forms), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)


def _parts(header: str) -> Iterator[str]:
    """What of a header may be a secret on its own."""
    yield header
    scheme, _, given = header.partition(" ")
    yield given.strip()
    if scheme.lower() == "basic":
        yield _pair_of(given.strip()).partition(":")[2]
    for crumb in header.split(";"):
        yield crumb.partition("=")[2].strip()


def _pair_of(encoded: str) -> str:
    """``user:password`` out of base64; empty if it is none."""
    with contextlib.suppress(binascii.Error, UnicodeDecodeError):
        pair = base64.b64decode(encoded, validate=True).decode()
        return pair if ":" in pair else ""
    return ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
