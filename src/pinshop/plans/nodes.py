"""What a manifest file consists of before anything is made of it: values with the place each stands at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from pinshop.errors import ManifestError


class Problem(Struct, frozen=True):
    """One thing wrong with a manifest: where, which field, what was given, what is allowed."""

    file: str
    line: int
    column: int
    field: str
    given: Any
    allowed: str

    def __str__(self) -> str:
        shown = repr(self.given)
        if len(shown) > 120:
            shown = f"{shown[:100]}… ({len(shown)} characters)"
        place = f"{self.file}:{self.line}" + (f":{self.column}" if self.column else "")
        return f"{place}: {self.field}: got {shown}, allowed: {self.allowed}"


class Node(Struct):
    """A value of a manifest file. ``value`` is None, text, or a dict or list of nodes; TOML adds bool, int and datetime.

    ``quoted`` text is never a number, a truth value or null.
    """

    value: Any
    line: int = 0
    column: int = 0
    quoted: bool = False

    def plain(self) -> Any:
        """The value without places, for messages."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


class Document:
    """One manifest file as nodes, and the problems found in it."""

    def __init__(self, file: str, root: Node) -> None:
        self.file = file
        self.root = root
        self.problems: list[Problem] = []

    def refuse(self, node: Node, field: str, allowed: str, given: Any = ...) -> None:
        """Note a problem; the rest is still looked at."""
        self.problems.append(
            Problem(self.file, node.line, node.column, field, node.plain() if given is ... else given, allowed)
        )

    def refuse_below(self, node: Node, path: str, field: str, given: Any, allowed: str) -> None:
        """Note a problem of a field inside ``node``, which is called ``path`` in messages: at the nearest place there is."""
        found = node
        if field.startswith(path):
            for name, index in _STEP.findall(field[len(path) :]):
                value = found.value
                if name and isinstance(value, dict) and name in value:
                    found = value[name]
                elif index and isinstance(value, list) and int(index) < len(value):
                    found = value[int(index)]
                else:
                    break
        self.problems.append(Problem(self.file, found.line, found.column, field, given, allowed))


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise `ManifestError` with these problems, if there are any, in the order of their places.

    Of several of one field at one place the first is told: the others come of it.
    """
    first: dict[tuple[str, int, int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.column, problem.field), problem)
    if first:
        raise ManifestError([first[place] for place in sorted(first, key=lambda place: place[:3])])
