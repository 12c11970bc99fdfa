"""TOML as manifests use it. ``tomllib`` keeps no places, so the lines of keys are found in the text beside it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from pinshop.plans.nodes import Document, Node, Problem, raise_if_any

_AT = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")

_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)""", re.DOTALL
)

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")


def read_toml(file: str, text: str) -> Document:
    """Read a manifest.

    Raises:
        ManifestError: not TOML, or a key that stands twice.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = str(error)
        at = _AT.search(words)
        line, column = (int(at[1]), int(at[2])) if at else (max(1, len(text.splitlines())), 1)
        lines = text.splitlines()
        given = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        raise_if_any([Problem(file, line, column, "file", given, f"TOML ({_AT.sub('', words).strip()})")])
        raise AssertionError from error
    lines_of = _lines(text)
    return Document(file, _node(data, (), lines_of, 1))


def _node(value: Any, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], inherited: int) -> Node:
    line = lines.get(path, inherited)
    if isinstance(value, dict):
        return Node({key: _node(item, (*path, key), lines, line) for key, item in value.items()}, line)
    if isinstance(value, list):
        return Node([_node(item, (*path, index), lines, line) for index, item in enumerate(value)], line)
    return Node(value, line, quoted=isinstance(value, str))


def _lines(text: str) -> dict[tuple[str | int, ...], int]:
    """The line of every table and key. Keys of inline tables have the line of what holds them."""
    found: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    here: tuple[str | int, ...] = ()
    open_until: str | None = None  # inside a multi-line string
    depth = 0  # inside a list or inline table that goes over several lines
    for number, line in enumerate(text.splitlines(), 1):
        rest = line
        if open_until is None and depth == 0:
            if table := _TABLE.match(line):
                here = _table(table[1] == "[[", _parts(table[2]), counts)
                found.setdefault(here, number)
                continue
            if key := _KEY.match(line):
                found.setdefault((*here, *_parts(key[1])), number)
                rest = key[2]
        depth, open_until = _scan(rest, depth, open_until)
    return found


def _table(repeated: bool, names: list[str], counts: dict[tuple[str | int, ...], int]) -> tuple[str | int, ...]:
    path: tuple[str | int, ...] = ()
    for position, name in enumerate(names):
        path = (*path, name)
        if repeated and position == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
            # A new element has lists of its own.
            for other in [
                known for known in counts if len(known) > len(path) and known[: len(path) + 1] == (*path, counts[path])
            ]:
                del counts[other]
        if path in counts:
            path = (*path, counts[path])
    return path


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r"""\s*("[^"]*"|'[^']*'|[^.]+)\s*\.?""", dotted)]


def _scan(rest: str, depth: int, open_until: str | None) -> tuple[int, str | None]:
    """Follow strings and brackets to the end of a line."""
    position = 0
    while position < len(rest):
        if open_until is not None:
            end = rest.find(open_until, position)
            if end < 0:
                return depth, open_until if len(open_until) == 3 else None
            position, open_until = end + len(open_until), None
            continue
        char = rest[position]
        if char == "#":
            break
        if char in "\"'":
            open_until = char * 3 if rest.startswith(char * 3, position) else char
            position += len(open_until)
            continue
        depth += (char in "[{") - (char in "]}")
        position += 1
    return max(0, depth), open_until if open_until is not None and len(open_until) == 3 else None
