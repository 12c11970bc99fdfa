"""``pinshop fmt``: a manifest in one style, with its comments, and never with another meaning."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from pinshop.api.checks import is_digits
from pinshop.plans.manifest import Format, format_of, read_document, read_text
from pinshop.plans.nodes import Node
from pinshop.plans.yaml_file import yaml_module
from pinshop.plans.yaml_text import quoted

_WIDTH = 120

_SAFE_PLAIN = re.compile(r"[\w./()&+$<>=~][\w ./()&+$<>=?;@~'-]*(?::[\w./()&+$<>=?;@~'-]+)*")

#: Tabs, and what YAML takes for the end of a line beside the usual: files with these keep their layout.
_UNUSUAL = re.compile(r"[\t\x85\u2028\u2029]")

_IDS = re.compile(r"(?:.*_)?id|account")


def format_manifest(data: bytes | str, *, file: str = "manifest.yaml", format: Format | None = None) -> str:  # noqa: A002
    """A manifest in the style of pinshop: UTF-8, line feeds, two spaces, ids in quotes. Comments stay where they are.

    A YAML file with anchors keeps its layout, but for line ends and spaces at the end of lines.

    Raises:
        ManifestError: it cannot be read.
    """
    raw = data.encode() if isinstance(data, str) else data
    kind = format or format_of(file)
    before = read_document(file, raw, kind)
    text = read_text(file, raw)
    if kind == "yaml":
        made = _Yaml(text).formatted()
    elif kind == "csv":
        made = _rows(text)
    else:
        made = _tidied(text)
    after = read_document(file, made.encode(), kind)
    if _meaning(before.root) != _meaning(after.root):
        tidy = _tidied(text)
        if _meaning(read_document(file, tidy.encode(), kind).root) != _meaning(before.root):
            return text
        return tidy
    return made


def _meaning(node: Node, key: str = "") -> Any:
    if isinstance(node.value, dict):
        return {name: _meaning(item, name) for name, item in node.value.items()}
    if isinstance(node.value, list):
        return [_meaning(item, key) for item in node.value]
    # An id is text with and without quotes; nothing else is.
    return (node.value, node.quoted and not _is_id(key, node.value) and not _is_text(node.value))


def _is_id(key: str, value: Any) -> bool:
    return isinstance(value, str) and bool(_IDS.fullmatch(key)) and is_digits(value)


def _is_text(value: Any) -> bool:
    """Text that no field takes for a number, a truth value or null, quoted or not."""
    return isinstance(value, str) and not re.fullmatch(r"-?[0-9.eE+-]+|true|false|null|Null|NULL|~|", value)


def _tidied(text: str) -> str:
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(lines).strip("\n") + "\n"


def _rows(text: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in csv.reader(io.StringIO(text, newline=""), strict=True):
        if any(cell.strip() for cell in row):
            writer.writerow([cell.strip() for cell in row])
    return out.getvalue()


class _Yaml:
    """One YAML file, written anew from its nodes, with its comments put where they were."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._yaml = yaml_module()
        self._loader = getattr(self._yaml, "CBaseLoader", self._yaml.BaseLoader)
        self._lines: list[str] = []
        self._alone: dict[int, str] = {}
        self._beside: dict[int, str] = {}
        self._blank: set[int] = set()
        self._done = -1

    def formatted(self) -> str:
        events = list(self._yaml.parse(self._text, Loader=self._loader))
        anchored = any(getattr(event, "anchor", None) for event in events)
        root = self._yaml.compose(self._text, Loader=self._loader)
        if anchored or root is None or _UNUSUAL.search(self._text):
            return _tidied(self._text)
        self._find_comments(events)
        self._write(root, 0, "")
        self._flush(len(self._text.split("\n")) + 1, 0)
        if self._alone or self._beside:  # a comment for which there was no place must not be lost
            return _tidied(self._text)
        return _tidied("\n".join(self._lines))

    def _find_comments(self, events: list[Any]) -> None:
        lines = self._text.split("\n")
        covered: dict[int, list[tuple[int, int]]] = {}
        for event in events:
            if type(event).__name__ != "ScalarEvent":
                continue
            start, end = event.start_mark, event.end_mark
            block_text = event.style in ("|", ">")
            for number in range(start.line, end.line + 1):
                left = start.column if number == start.line else 0
                right = end.column if number == end.line and not block_text else 10**9
                if block_text and number == start.line:
                    right = left  # a comment may follow the | of a block of text
                if not (block_text and number == end.line and end.column == 0):
                    covered.setdefault(number, []).append((left, right))
        for number, line in enumerate(lines):
            if not line.strip():
                self._blank.add(number)
                continue
            for match in re.finditer(r"(?:^|\s)#", line):
                at = match.end() - 1
                if any(left <= at < right for left, right in covered.get(number, ())):
                    continue
                comment = line[at:].rstrip()
                (self._alone if line[:at].strip() in ("", "---", "...") else self._beside)[number] = comment
                break

    # ------------------------------------------------------------------------------------------- writing

    def _flush(self, before: int, indent: int) -> None:
        """Comments on lines of their own, and one empty line where there were some, up to a line of the source."""
        gap = False
        for number in range(self._done + 1, before):
            if number in self._alone or number in self._beside:  # what stood beside has nothing there any more
                if gap and self._lines:
                    self._lines.append("")
                comment = self._alone.pop(number, None) or self._beside.pop(number)
                self._lines.append(f"{' ' * indent}{comment}")
                gap = False
            elif number in self._blank:
                gap = True
        if gap and self._lines and before <= self._text.count("\n"):
            self._lines.append("")
        self._done = max(self._done, before - 1)

    def _comment(self, first: int, last: int) -> str:
        places = [(where, number) for number in range(first, last + 1) for where in (self._alone, self._beside)]
        found = [where.pop(number) for where, number in places if number in where]
        return f"  {' '.join(found)}" if found else ""

    def _write(self, node: Any, indent: int, lead: str) -> None:
        """Write a collection; ``lead`` is what its first line begins with in place of the indent."""
        at = len(lead) - len(lead.lstrip()) if lead else indent  # comments before the first item stand before its dash
        if type(node) is self._yaml.MappingNode:
            for key, value in node.value:
                self._flush(key.start_mark.line, at)
                self._pair(f"{lead or ' ' * indent}{self._scalar(key, '')}:", value, indent, key.value, key.start_mark.line)
                lead, at = "", indent
        elif type(node) is self._yaml.SequenceNode:
            for item in node.value:
                self._flush(item.start_mark.line, at)
                begin = f"{lead or ' ' * indent}- "
                lead, at = "", indent
                if self._inline(item, "") is not None or not item.value:
                    self._line(begin + (self._inline(item, "") or _empty(item, self._yaml)), item.start_mark.line, item)
                else:
                    self._write(item, indent + 2, begin)
        else:
            self._line(lead + self._scalar(node, ""), node.start_mark.line, node)

    def _pair(self, begin: str, value: Any, indent: int, key: str, line: int) -> None:
        inline = self._inline(value, key)
        if inline is None and not value.value:
            inline = _empty(value, self._yaml)
        if inline is not None:
            self._line(f"{begin} {inline}".rstrip() if inline else begin, line, value)
            return
        self._lines.append(begin + self._comment(line, line))
        self._done = max(self._done, line)
        self._write(value, indent + 2, "")

    def _line(self, text: str, first: int, node: Any) -> None:
        last = _last_line(node)
        self._lines.append(text + self._comment(first, last))
        self._done = max(self._done, last)

    def _inline(self, node: Any, key: str) -> str | None:
        """A scalar, or a flow collection of scalars that fits on a line; None for all others."""
        if type(node) is self._yaml.ScalarNode:
            return self._scalar(node, key)
        if not node.flow_style:
            return None
        pairs = type(node) is self._yaml.MappingNode
        scalars = [one for pair in node.value for one in (pair if pairs else (pair,))]
        if any(type(one) is not self._yaml.ScalarNode for one in scalars):
            return None
        if any(number in self._beside or number in self._alone for number in range(node.start_mark.line, _last_line(node))):
            return None
        if pairs:
            text = ", ".join(f"{self._scalar(k, '', flow=True)}: {self._scalar(v, k.value, flow=True)}" for k, v in node.value)
            text = f"{{{text}}}"
        else:
            text = f"[{', '.join(self._scalar(one, key, flow=True) for one in node.value)}]"
        return text if len(text) <= _WIDTH - 20 else None

    def _scalar(self, node: Any, key: str, *, flow: bool = False) -> str:
        value = str(node.value)
        if node.style in ("", None):
            if _is_id(key, value):
                return quoted(value)
            if not value:
                return "null" if flow else ""
            if "\n" not in value and "#" not in value and (_SAFE_PLAIN.fullmatch(value) if flow else not value.endswith(":")):
                return value
        return quoted(value)


def _last_line(node: Any) -> int:
    """The last line of a node; the end of a block collection is where the next thing begins."""
    end = node.end_mark
    return int(end.line if end.column else max(node.start_mark.line, end.line - 1))


def _empty(node: Any, yaml: Any) -> str:
    return "{}" if type(node) is yaml.MappingNode else "[]"


def differences(before: str, after: str) -> Iterator[str]:
    """A unified diff of what formatting would change."""
    import difflib

    return difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), "before", "after")
