"""Routing, and reading path, query and body of a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Struct

from pinshop.api.checks import ID_DIGITS, TEXT_IDS, is_digits
from pinshop.api.endpoints import OPERATIONS
from pinshop.api.http import Request
from pinshop.api.operations import ApiVersion, Operation, Param, version
from pinshop.emulator.bodies import checked_date, id_number
from pinshop.emulator.refusals import Refusal, bad, shown

MAX_BODY = 5 * 1024 * 1024

decode = msgspec.json.Decoder().decode


class _Shape(Struct):
    """Paths that have their placeholders in the same places."""

    #: The static segments of a path, of its segments.
    static: Callable[[Sequence[str]], Any]
    placeholders: tuple[int, ...]
    #: By static segments: verb -> operation.
    operations: dict[Any, dict[str, Operation]]


@cache
def _shapes(api_version: ApiVersion) -> dict[int, list[_Shape]]:
    """What there is at an API version, by number of segments. Paths with fewer placeholders go first."""
    found: dict[tuple[int, tuple[int, ...]], _Shape] = {}
    for operation in OPERATIONS:
        if version(operation.since) > version(api_version):
            continue
        parts = operation.path.strip("/").split("/")
        places = tuple(n for n, part in enumerate(parts) if part.startswith("{"))
        static = itemgetter(*(n for n in range(len(parts)) if n not in places))
        shape = found.setdefault((len(parts), places), _Shape(static, places, {}))
        shape.operations.setdefault(static(parts), {})[operation.verb] = operation
    by_length: dict[int, list[_Shape]] = {}
    for (length, _), shape in sorted(found.items(), key=lambda item: len(item[1].placeholders)):
        by_length.setdefault(length, []).append(shape)
    return by_length


def route(api_version: ApiVersion, method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation that is called and the arguments in its path, or 404 or 405."""
    if not path.startswith("/v5/"):
        raise Refusal(404, 404, f"{shown(path)} is not a path of this API; all begin with /v5/.")
    segments = path[4:].split("/")
    is_path = False
    for shape in _shapes(api_version).get(len(segments), ()):
        if (operations := shape.operations.get(shape.static(segments))) is not None:
            if (operation := operations.get(method)) is not None:
                values = [unquote(segments[place]) for place in shape.placeholders]
                return operation, dict(zip(operation.path_names, values, strict=True))
            is_path = True
    if is_path:
        raise Refusal(405, 5, "Method not allowed")
    raise Refusal(404, 404, f"{shown(path)} is not part of the emulated slice of the API at {api_version}.")


def path_id(name: str, value: str) -> int | str:
    """An id of a path, as the store has it, or 400/1."""
    if (pattern := TEXT_IDS.get(name)) is not None:
        if not pattern.fullmatch(value):
            raise bad(f"'{name}' value {shown(value)} must match the pattern: {pattern.pattern}")
        return value
    return checked_id(name, value)


def checked_id(name: str, value: str) -> int:
    """An id of a query, as the store has it, or 400/1."""
    if not is_digits(value, ID_DIGITS.get(name)):
        raise bad(f"'{name}' value {shown(value)} must match the pattern: ^\\d+$")
    return id_number(value)


def read_query(operation: Operation, query: str, api_version: str, unknown: str) -> tuple[dict[str, Any], frozenset[str]]:
    """The query parameters by name, checked by the row's limits at the version, defaults filled in; and which were given."""
    given: dict[str, list[str]] = {}
    try:
        for name, text in parse_qsl(query, keep_blank_values=True, max_num_fields=5000) if query else ():
            given.setdefault(name.removesuffix("[]"), []).append(text)  # ids[]=1 is how axios and PHP write lists
    except ValueError as error:
        raise bad("Invalid request: the query has too many parameters.") from error
    if unknown == "refuse" and (strange := [name for name in given if name not in operation.params]):
        raise bad(f"Parameter '{strange[0]}' is not a parameter of this endpoint.")
    checked: dict[str, Any] = {}
    for row in operation.query:
        param = row.at(api_version)
        if param is None:
            continue
        values = given.get(param.name)
        if values is None:
            if param.required:
                raise bad(f"Parameter '{param.name}' is required.")
            checked[param.name] = param.default
        elif param.kind in ("ids", "enums", "integers"):  # ids=1&ids=2 and ids=1,2: the real server takes both
            items = [part.strip() for value in values for part in value.split(",") if part.strip()]
            low, high = param.minimum or 1, param.maximum
            if len(items) < low or (high is not None and len(items) > high):
                words = f"{len(items)} items, the size limit is [{low}, {high or 'none'}]"
                raise bad(f"Invalid request: '{param.name}' has {words}")
            checked[param.name] = [_one(param, param.kind[:-1], item) for item in items]
        else:
            checked[param.name] = _one(param, param.kind, values[-1])
    return checked, frozenset(given)


def _one(param: Param, kind: str, text: str) -> Any:
    name = param.name
    if kind == "id":
        return checked_id(name, text)
    if kind == "integer":
        if not is_digits(text, 18):
            raise bad(f"Parameter '{name}' was not numeric (was {shown(text)})")
        number = int(text)
        if param.choices and number not in param.choices:
            raise bad(f"Invalid request: '{name}' ({number} is not one of {', '.join(map(str, param.choices))})")
        low, high = param.minimum, param.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise bad(f"Invalid request: '{name}' ({number} is not in the range {low} to {high})")
        return number
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise bad(f"Invalid request: '{name}' ({shown(text)} is not of type boolean)")
        return text.lower() == "true"
    if kind == "date":
        return checked_date(name, text)
    if param.choices and text not in param.choices:
        raise bad(f"Invalid request: '{name}' ({shown(text)} is not one of {', '.join(map(str, param.choices))})")
    return text


def read_body(operation: Operation, request: Request, too_large_status: int) -> Any:
    if operation.body is None:
        return None
    body = request.body or b""
    if len(body) > MAX_BODY:
        raise Refusal(too_large_status, 1, f"Invalid request: the body has more than {MAX_BODY} bytes.")
    if operation.body == "form":
        try:
            return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=50))
        except ValueError as error:
            raise bad("Invalid request: the body is not a form.") from error
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad(f"Invalid request: the body is not JSON ({error})") from error
