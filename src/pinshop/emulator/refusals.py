"""How Pinterest refuses: a whole request, or one item of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """An HTTP error in Pinterest's form: ``{"code": …, "message": "…"}``."""

    def __init__(self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})


class ItemRefusal(Exception):
    """Why one item of a batch fails; the others go on."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def bad(message: str) -> Refusal:
    """400/1, Pinterest's answer to a bad parameter."""
    return Refusal(400, 1, message)


def shown(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def error_body(refusal: Refusal) -> dict[str, Any]:
    return {"code": refusal.code, "message": refusal.message}
