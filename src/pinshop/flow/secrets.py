"""Secrets: text that no repr, log, traceback or pickle shows."""

from __future__ import annotations

import hmac
import re
from collections.abc import ItemsView, Iterator, KeysView, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self

from pinshop.errors import (
    ConfigurationError,
)

#: What is shorter is no token of Pinterest's, and may well stand in an answer by chance.
_SHORTEST_STRUCK = 16


class Secret:
    """Text that does not show: not in ``repr``, ``str``, formatting, JSON, pickles or an error's message.

    It is no text itself: crash reporters slice the texts they show, and a slice of a text that hides itself is plain.
    `reveal` is the only way to it. Copies are the same object; pickling is refused, because a pickle is a file.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def struck_from(self, data: bytes) -> bytes:
        """``data`` without this text, wherever it stands."""
        if len(self._text) < _SHORTEST_STRUCK or not self.stands_in(data):
            return data
        return data.replace(self._text.encode(), "…".encode())

    def pieces_struck_from(self, data: bytes) -> bytes:
        """As `struck_from`, and without any longer piece of this text: a server may repeat its end, or break it in two."""
        size = _SHORTEST_STRUCK
        pieces = {self._text[at : at + size].encode() for at in range(len(self._text) - size + 1)} if data else ()
        found = [at for piece in pieces if piece in data for at in _places(piece, data)]
        parts: list[bytes] = []
        end = 0
        for at in sorted(found):
            if at > end or not parts:
                parts += [data[end:at], "…".encode()]
            end = max(end, at + size)
        return self.struck_from(b"".join([*parts, data[end:]]))

    def stands_in(self, data: bytes) -> bool:
        """Whether ``data`` repeats this text."""
        return self._text.encode() in data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __format__(self, spec: str, /) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled; let each process read its credentials")


def _places(piece: bytes, data: bytes) -> Iterator[int]:
    at = data.find(piece)
    while at >= 0:
        yield at
        at = data.find(piece, at + 1)


class SecretText(Secret):
    """A secret that is compared with text: the value of a header or of a form's field."""

    __slots__ = ("token",)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        #: What stands after the word ``Bearer``.
        self.token = Secret(text.rpartition(" ")[2])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return hmac.compare_digest(self._text.encode(), other.encode())
        return super().__eq__(other)

    __hash__ = Secret.__hash__


if TYPE_CHECKING:

    class _Mapping(Mapping[str, str]):
        """What type checkers are told of `HiddenMapping`."""
else:
    _Mapping = object


class HiddenMapping(_Mapping):
    """All that a mapping has, and to ``isinstance`` none: Sentry writes out the items of mappings among local variables."""

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return any(name == one for one in self)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def keys(self) -> KeysView[str]:
        return dict.fromkeys(self, "").keys()

    def items(self) -> ItemsView[str, str]:
        return {name: self[name] for name in self}.items()

    def __eq__(self, other: object) -> bool:
        return self.items() == other.items() if isinstance(other, HiddenMapping | Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds secrets, and is not pickled")


class SignedHeaders(HiddenMapping):
    """The headers of a request. ``Authorization`` becomes text when a transport reads it, as it writes the request."""

    __slots__ = ("_plain", "_signature")

    def __init__(self, plain: Mapping[str, str], signature: Secret) -> None:
        self._plain = plain
        self._signature = signature

    def __getitem__(self, name: str) -> str:
        return self._signature.reveal() if name == "Authorization" else self._plain[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._plain
        yield "Authorization"

    def __len__(self) -> int:
        return len(self._plain) + 1

    def items(self) -> ItemsView[str, str]:
        """As text, for a transport to write: one step instead of a look-up per name."""
        return self.copy().items()

    def copy(self) -> dict[str, str]:
        """As text, for a transport to write."""
        return {**self._plain, "Authorization": self._signature.reveal()}

    def __repr__(self) -> str:
        return repr({**self._plain, "Authorization": "…"})


class SecretBytes(bytes):
    """A form's bytes: whole on the wire, hidden where a debugger or a crash reporter shows, slices or pickles them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'…'"

    __str__ = __repr__

    def __format__(self, spec: str, /) -> str:
        return repr(self)

    def __getitem__(self, index: Any) -> Any:
        return b"" if isinstance(index, slice) else 0

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a form with a token is not pickled")


_LOOKS_LIKE_A_TOKEN = re.compile(r"\b(?:pin[a-z]|emulated)_[A-Za-z0-9_.~+/=-]+")

_BYTES_LIKE_A_TOKEN = re.compile(_LOOKS_LIKE_A_TOKEN.pattern.encode())


def conceal(text: str) -> str:
    """A text without what looks like a token, for words that others wrote."""
    return _LOOKS_LIKE_A_TOKEN.sub("…", text)


def conceal_bytes(body: bytes) -> bytes:
    """As `conceal`, for the body of an answer."""
    return _BYTES_LIKE_A_TOKEN.sub("…".encode(), body)


def check_secret(field: str, text: object) -> Secret:
    """A token or an app's secret as a `Secret`.

    Raises:
        ConfigurationError: it is empty or holds what no token holds; the message does not show it.
    """
    secret = text if isinstance(text, Secret) else Secret(text) if isinstance(text, str) else None
    del text  # a traceback may be shown with its local variables
    problem = "expected a non-empty string" if secret is None else _problem(secret)
    if secret is None or problem is not None:
        raise ConfigurationError(f"{field}: {problem}")
    return secret


def _problem(secret: Secret) -> str | None:
    text = secret.reveal()
    if not text.strip():
        return "expected a non-empty string"
    if text.lower().startswith("bearer "):
        return 'give the token alone, without the word "Bearer"'
    if not text.isascii() or not text.isprintable() or " " in text:
        # A newline or a space in a header would end in a puzzling refusal, or in a second header.
        return "it holds characters that no token has (was a newline pasted with it?)"
    return None
