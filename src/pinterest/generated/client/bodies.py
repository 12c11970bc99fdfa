"""What goes into a request as bytes and lines: bodies as the old client wrote them, headers checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from pinterest.generated.client.exceptions import ApiException, ApiTypeError, ApiValueError
from pinterest.generated.client.model_utils import ModelSimple, OpenApiModel


def jsonable(value: Any) -> Any:
    """What a model or a date is in JSON.

    Raises:
        ApiValueError: a value that JSON does not have.
    """
    if isinstance(value, OpenApiModel):  # what is in it comes here in its turn
        return value._data_store["value"] if isinstance(value, ModelSimple) else value._data_store
    if isinstance(value, date):
        return value.isoformat()
    raise ApiValueError(f"Unable to prepare type {type(value).__name__} for serialization")


# json, not msgspec: the separators and the escapes are the old ones.
_encode = json.JSONEncoder(default=jsonable).encode


def encode_body(method: str, headers: dict[str, str], body: Any, post_params: Any) -> bytes | None:
    """The body as its Content-Type says; a header that is missing is set."""
    if post_params and body:
        raise ApiValueError("body parameter cannot be used with post_params parameter.")
    if method != "DELETE" or body is not None:
        headers.setdefault("Content-Type", "application/json")
    kind = headers.get("Content-Type", "json")
    if "json" in kind.lower():
        return None if body is None else _encode(body).encode("ascii")
    if kind == "application/x-www-form-urlencoded":
        return urlencode(post_params or {}).encode("ascii")
    if isinstance(body, str | bytes):
        return body.encode() if isinstance(body, str) else body
    raise ApiException(
        0,
        "Cannot prepare a request message for provided arguments. Please check that your arguments match declared content "
        "type.",
    )


def header_lines(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers as text that fits into a line.

    Raises:
        ApiTypeError: a value that is neither text nor a whole number.
        ApiValueError: a line end, or a character beyond Latin-1. The value stays out of both: it may be the access token.
    """
    lines: dict[str, str] = {}
    for name, value in headers.items():
        if isinstance(value, bytes):
            text = value.decode("latin-1")
        elif isinstance(value, str | int):
            text = value if type(value) is str else str(value)
        else:
            raise ApiTypeError(
                f"Invalid type for header `{name}`. Required value type is str and passed type was {type(value).__name__}",
                [name],
                (str,),
            )
        if "\n" in text or "\r" in text or not (text.isascii() or _is_latin1(text)):
            raise ApiValueError(f"Invalid header value for `{name}`: it has a line end, or a character beyond Latin-1")
        lines[name] = text
    return lines


def _is_latin1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
