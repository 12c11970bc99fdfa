"""Items on the command line: from ``--set FIELD=VALUE`` and from files; and the outcomes of writing them."""

from __future__ import annotations

import csv
import io
import json
import sys
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from msgspec import UNSET

from pinshop.api import models
from pinshop.cli.connection import Connection
from pinshop.cli.exit_codes import PARTIAL
from pinshop.cli.output import say
from pinshop.errors import BadReply, ConfigurationError, InvalidInput

OUTCOME_COLUMNS = ("index", "state", "id", "code", "message")


def set_option(command: Any) -> Any:
    """``--set FIELD=VALUE``, any number of times."""
    return click.option(
        "--set", "-s", "settings", multiple=True, metavar="FIELD=VALUE", help="Any field by Pinterest's name; null clears it."
    )(command)


def file_option(command: Any) -> Any:
    """``--file FILE``."""
    return click.option(
        "--file",
        "-f",
        "path",
        type=click.Path(path_type=Path, allow_dash=True),
        help="Items from a .json, .jsonl or .csv file; - is JSON Lines on standard input.",
    )(command)


def parse_settings(settings: Iterable[str], kind: Any) -> dict[str, Any]:
    """``status=PAUSED`` and the like as fields of ``kind``, a TypedDict: text where it takes text, JSON elsewhere."""
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InvalidInput("--set", text, "FIELD=VALUE, such as status=PAUSED")
        values[name] = parse_value(value, hints.get(name))
    return values


def parse_value(text: str, hint: Any) -> Any:
    """A value of the command line. Ids and text stay text, whatever they look like."""
    if text == "null":
        return None
    if hint is None or _takes_text(hint):
        return text
    try:
        return models.parse(text.encode())
    except BadReply:
        return text  # the check of the fields says what is allowed


def _takes_text(hint: Any) -> bool:
    if hint is str:
        return True
    origin = get_origin(hint)
    if origin is Literal:
        return any(isinstance(one, str) for one in get_args(hint))
    if origin in (list, dict, tuple, typing.Sequence) or (isinstance(origin, type) and issubclass(origin, Sequence | Mapping)):
        return False
    return any(_takes_text(one) for one in get_args(hint))


def read_items(path: Path, kind: Any) -> list[dict[str, Any]]:
    """The items of a file: a JSON array, JSON Lines, or CSV with a header, whose empty cells are left out."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--file {path} cannot be read: {error}") from error
    if path.suffix.lower() == ".csv":
        hints = typing.get_type_hints(kind)
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return [
            {
                name: parse_value(value, hints.get(name))
                for name, value in row.items()
                if name and isinstance(value, str) and value
            }
            for row in rows
        ]
    if text.lstrip().startswith("["):
        found = _json(text, f"--file {path}")
    else:
        lines = ((n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip())
        found = [_json(line, f"--file {path}, line {n}") for n, line in lines]
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise InvalidInput(f"--file {path}", text[:60], "a list of JSON objects, or one object a line")
    return found


def _json(text: str, where: str) -> Any:
    try:
        json.loads(text)  # says line and column, which the exact decoder does not
    except ValueError as error:
        raise InvalidInput(where, text[:60], f"JSON ({error})") from None
    return models.parse(text.encode())


def gather(path: Path | None, settings: Sequence[str], first: Sequence[Mapping[str, Any]], kind: Any) -> Any:
    """The items of the file and of the arguments, each with the fields that ``--set`` gives to all."""
    common = parse_settings(settings, kind)
    items = [dict(item) for item in first] + (read_items(path, kind) if path else [])
    if not items and not path:  # a file may well be empty: a job that runs every night has nights with nothing to do
        raise InvalidInput("items", UNSET, "at least one: as arguments or with --file")
    return [{**item, **common} for item in items]


def show_result(here: Connection, result: Any) -> None:
    """Print one row per item, and end with exit code 6 unless every item is done."""
    rows = (
        {
            "index": outcome.index,
            "state": outcome.state,
            "id": outcome.id or None,
            "code": outcome.code,
            "message": outcome.message,
            "advice": outcome.advice,
            "sent": outcome.given,
        }
        for outcome in result
    )
    if here.dry_run:
        say(f"Dry run: nothing was sent ({len(result)} items).")
        return
    here.out.rows(rows, OUTCOME_COLUMNS, (*OUTCOME_COLUMNS, "advice", "sent"))
    say(result.summary() if len(result) else "Nothing to write: there were no items.")
    if result.failed or result.unknown:
        raise SystemExit(PARTIAL)
