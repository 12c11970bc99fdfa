"""Secrets: text that no repr, log, traceback or pickle shows."""

from __future__ import annotations

import hmac
import re
from typing import Any, NoReturn

from pinshop.errors import (
    ConfigurationError,
)


class Secret:
    """Text that does not show: not in ``repr``, ``str``, formatting, JSON, pickles or an error's message.

    `reveal` is the only way to the text. Copies are the same object; pickling is refused, because a pickle is a file.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __format__(self, spec: str, /) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled; let each process read its credentials")


class HiddenText(str):
    """A header's value: whole on the wire, hidden where a debugger or a crash reporter shows local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


class HiddenBytes(bytes):
    """A form's bytes, likewise."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'…'"


_LOOKS_LIKE_A_TOKEN = re.compile(r"\b(?:pin[a-z]|emulated)_[A-Za-z0-9_.~+/=-]+")


def conceal(text: str) -> str:
    """A text without what looks like a token, for words that others wrote."""
    return _LOOKS_LIKE_A_TOKEN.sub("…", text)


def check_secret(field: str, text: object) -> Secret:
    """A token or an app's secret as a `Secret`.

    Raises:
        ConfigurationError: it is empty or holds what no token holds; the message does not show it.
    """
    if isinstance(text, Secret):
        text = text.reveal()
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"{field}: expected a non-empty string")
    if text.lower().startswith("bearer "):
        raise ConfigurationError(f'{field}: give the token alone, without the word "Bearer"')
    if not text.isascii() or not text.isprintable() or " " in text:
        # A newline or a space in a header would end in a puzzling refusal, or in a second header.
        raise ConfigurationError(f"{field}: it holds characters that no token has (was a newline pasted with it?)")
    return Secret(text)
