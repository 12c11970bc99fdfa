"""What a row of an endpoint is, and how its arguments become a `Call`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from pinshop.api import checks
from pinshop.api.checks import Id, check_id
from pinshop.errors import InvalidInput

Category = Literal["ads_read", "ads_write", "ads_analytics", "catalogs_read", "catalogs_write", "org_read", "org_write"]

Kind = Literal["id", "ids", "enum", "enums", "integer", "integers", "boolean", "date", "text"]

_LISTS = frozenset({"ids", "enums", "integers"})

ApiVersion = Literal["5.6", "5.14", "5.23", "5.28"]

API_VERSIONS: tuple[ApiVersion, ...] = ("5.6", "5.14", "5.23", "5.28")


@lru_cache(maxsize=512)
def version(text: str) -> tuple[int, ...]:
    """``"5.23.0"`` -> ``(5, 23, 0)``, so that versions compare."""
    return tuple(int(part) for part in text.split("."))


def at_least(api_version: str, first: str) -> bool:
    """Whether a version has what ``first`` brought. Versions are never compared for equality: each has what went before."""
    return version(api_version) >= version(first)


class Param(Struct, frozen=True, kw_only=True, dict=True):
    """One query parameter. ``minimum`` and ``maximum`` count items for lists, characters for text and ids."""

    name: str
    kind: Kind
    required: bool = False
    choices: tuple[str | int, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    default: Any = None
    #: True: ``ids=1&ids=2``. False: ``columns=A,B``. Pinterest's server takes both forms of a list.
    repeat: bool = True
    since: str = "5.0"
    #: What another limit was: ((first version of the present limit, {"maximum": 100}), …).
    earlier: tuple[tuple[str, dict[str, Any]], ...] = ()

    @cached_property
    def check(self) -> checks.Check:
        """The check of a value, or of one item of a list."""
        if self.choices:
            return checks.choice_check(self.choices)
        match self.kind:
            case "id" | "ids":
                return checks.id_check("", checks.ID_DIGITS.get(self.name))
            case "integer":
                return checks.integer_check(self.minimum, self.maximum)
            case "integers":
                return checks.check_integer
            case "enum" | "enums":
                return checks.check_name
            case "date":
                return checks.check_date
            case "boolean":
                return checks.check_boolean
            case "text":
                return checks.check_text

    def at(self, api_version: str) -> Param | None:
        """This parameter as ``api_version`` had it, or None where it did not exist."""
        if version(api_version) < version(self.since):
            return None
        for changed_in, was in self.earlier:
            if version(api_version) < version(changed_in):
                return msgspec.structs.replace(self, **was)
        return self


class Operation(Struct, frozen=True, kw_only=True, dict=True):
    """One endpoint of the API."""

    id: str
    verb: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    summary: str
    category: Category
    scopes: tuple[str, ...]
    query: tuple[Param, ...] = ()
    #: How the body is laid out: None, an object, a bare array, a form, or an object around a list of this key.
    body: Literal["object", "array", "form"] | None = None
    envelope: str | None = None
    #: Items per request; 0 where the body is not a list.
    max_items: int = 0
    #: Statuses of a success, the usual one first.
    success: tuple[int, ...] = (200,)
    #: True: sending twice leaves the same state as sending once. False: sent again only if certainly not executed.
    idempotent: bool = True
    since: str = "5.0"
    #: From this version on Pinterest also takes a client_credentials token; None: never.
    client_credentials_since: str | None = None
    #: False: absent from Pinterest's own sandbox.
    sandbox: bool = False

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @cached_property
    def params(self) -> dict[str, Param]:
        return {param.name: param for param in self.query}

    @cached_property
    def path_parts(self) -> tuple[str, ...]:
        """The path cut at its names: ``/ad_accounts/{id}/x`` -> ``("/ad_accounts/", "/x")``."""
        return tuple(re.split(r"{\w+}", self.path))


class Call(Struct, frozen=True):
    """An operation with its arguments, checked and encoded: what the flow sends."""

    operation: Operation
    path: str
    query: str = ""
    body: bytes | None = None
    content_type: str = "application/json"

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


def _check_param(param: Param, value: object, operation: str) -> list[str] | str:
    if param.kind in _LISTS:
        items = checks.check_list(param.name, value, param.check, param.minimum, param.maximum, operation)
        return [str(item) for item in items]
    checked = param.check(param.name, value, operation)
    return str(checked).lower() if isinstance(checked, bool) else str(checked)


def build(
    operation: Operation,
    path: Mapping[str, object] | None = None,
    query: Mapping[str, object] | None = None,
    body: object = None,
) -> Call:
    """Check and encode the arguments of one call.

    ``path`` and ``query`` hold arguments by Pinterest's names; a query value of None is left out.
    ``body`` is bytes (sent as they are) or anything msgspec encodes.

    Raises:
        InvalidInput: an unknown, missing or malformed argument; nothing has been sent.
    """
    parts = operation.path_parts
    url = parts[0]
    for index, name in enumerate(operation.path_names):
        url += check_id(name, path.get(name) if path else None, operation.id) + parts[index + 1]
    pairs: list[tuple[str, str]] = []
    given = query or {}
    params = operation.params
    for name, value in given.items():
        if value is None:
            continue
        param = params.get(name)
        if param is None:
            raise InvalidInput(name, value, f"the parameters {', '.join(params) or 'none'}", operation=operation.id)
        text = _check_param(param, value, operation.id)
        if isinstance(text, str):
            pairs.append((name, text))
        elif param.repeat:
            pairs.extend((name, item) for item in text)
        else:
            pairs.append((name, ",".join(text)))
    for param in operation.query:
        if param.required and given.get(param.name) is None:
            raise InvalidInput(param.name, msgspec.UNSET, "it is required", operation=operation.id)
    encoded = _encode_body(operation, body)
    content_type = "application/x-www-form-urlencoded" if operation.body == "form" else "application/json"
    return Call(operation, url, urlencode(pairs), encoded, content_type)


# A Decimal goes out as the number it is, digit by digit.
_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=checks.encodable).encode


def _encode_body(operation: Operation, body: object) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    try:
        if operation.body == "form":
            return urlencode(body).encode()  # type: ignore[arg-type]
        encoded = _encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:  # UnicodeEncodeError is a ValueError
        words = f"what JSON can hold ({error})"
        raise InvalidInput("body", type(body).__name__, words, operation=operation.id) from None
    if b"null" in encoded or b"NaN" in encoded or b"Infinity" in encoded:
        checks.check_finite("body", body, operation.id)
    return encoded


def chunk_ids(operation: Operation, name: str, ids: Iterable[Id], api_version: ApiVersion) -> list[list[str]]:
    """Any number of ids, each once, cut at the limit that ``api_version`` has for the parameter ``name``."""
    if isinstance(ids, str | int | Mapping) or not isinstance(ids, Iterable):
        raise InvalidInput(name, ids, "a list of ids", operation=operation.id)
    # As text first: 2 and "2" are one id.
    every = list(dict.fromkeys(check_id(f"{name}[{index}]", one, operation.id) for index, one in enumerate(ids)))
    if not every:
        raise InvalidInput(name, [], "at least one id", operation=operation.id)
    param = operation.params[name].at(api_version) or operation.params[name]
    size = param.maximum or len(every)
    return [every[start : start + size] for start in range(0, len(every), size)]


def raw(
    verb: Literal["GET", "POST", "PATCH", "DELETE"],
    path: str,
    *,
    query: Mapping[str, str | list[str]] | None = None,
    body: object = None,
    category: Category | None = None,
    idempotent: bool | None = None,
) -> Call:
    """A call to any endpoint of the API, for what has no method here.

    ``path`` is below the base URL (``/boards``) and must be encoded already; its quota category defaults to org_read or
    org_write. Only GET is taken as safe to repeat unless ``idempotent`` says otherwise.
    """
    unsafe = any(c in path for c in " ?#\r\n\t\\") or "//" in path or ".." in path.split("/")
    if not path.startswith("/") or not path.isascii() or unsafe:
        raise InvalidInput("path", path, "an encoded path that begins with / and has no ?, #, // or ..")
    operation = Operation(
        id=f"{verb} {path}",
        verb=verb,
        path=path,
        summary="",
        category=category or ("org_read" if verb == "GET" else "org_write"),
        scopes=(),
        success=(200, 201, 204),
        idempotent=verb == "GET" if idempotent is None else idempotent,
    )
    try:
        encoded_query = urlencode(query or {}, doseq=True)
    except (TypeError, UnicodeEncodeError) as error:
        raise InvalidInput("query", query, f"names with texts or lists of texts ({error})", operation=operation.id) from None
    return Call(operation, path, encoded_query, _encode_body(operation, body))
