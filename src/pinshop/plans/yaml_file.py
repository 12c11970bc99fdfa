"""YAML as manifests use it: every scalar is text until the field it belongs to says otherwise.

PyYAML's own loaders turn ``0123`` into 83, ``on`` into True, and let the second of two equal keys win. So the file is only
parsed into events, with the C parser, and values are made of them here. Anchors and aliases work; merge keys (``<<``) and
tags (``!name``, ``!!binary``) do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pinshop.errors import ConfigurationError
from pinshop.plans.nodes import Document, Node, Problem, raise_if_any

#: Aliases let a small file stand for an endless one.
_MOST_NODES = 5_000_000

_NULLS = frozenset({"null", "Null", "NULL", "~", ""})


def yaml_module() -> Any:
    """PyYAML, with the loader of its C parser where that is built.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise ConfigurationError(
            "manifests in YAML need PyYAML, which is not installed", advice="pip install 'pinshop[cli]'"
        ) from None
    return yaml


def read_yaml(file: str, text: str) -> Document:
    """Read a manifest.

    Raises:
        ManifestError: not YAML, two equal keys in one mapping (both lines are named), a merge key, or a tag.
    """
    yaml = yaml_module()
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    reader = _Reader(yaml, file)
    try:
        root = reader.read(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        words = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise_if_any([Problem(file, line, column, "file", _line_of(text, line), f"YAML ({words})")])
        raise AssertionError from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise_if_any([Problem(file, 1, 1, "file", text[:40], f"YAML ({error})")])
        raise AssertionError from error
    raise_if_any(reader.problems)
    return Document(file, Node({}, 1, 1) if root is None else root)


def _line_of(text: str, line: int) -> str:
    lines = text.splitlines()
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


class _Open:
    """A mapping or list whose end has not come yet."""

    def __init__(self, node: Node, anchor: str | None) -> None:
        self.node, self.anchor = node, anchor
        self.is_mapping = isinstance(node.value, dict)
        self.size = 1
        #: Of a mapping: the key that waits for its value, and the line of each key.
        self.key: str | None = None
        self.skip = False
        self.lines: dict[str, int] = {}


class _Reader:
    """Events of a YAML parser -> nodes. Without PyYAML's own nodes, which take most of the time."""

    def __init__(self, yaml: Any, file: str) -> None:
        self._yaml, self._file = yaml, file
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._stack: list[_Open] = []
        self._root: Node | None = None
        self.problems: list[Problem] = []

    def read(self, events: Iterable[Any]) -> Node | None:
        """The root of the first document; a second one is refused."""
        yaml = self._yaml
        scalar, start_map, start_list = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        documents = 0
        for event in events:
            kind = type(event)
            if (kind is scalar or kind is start_map or kind is start_list) and event.tag is not None:
                self._tag(event)
            if kind is scalar:
                mark, plain = event.start_mark, event.style in ("", None)
                value = None if plain and event.value in _NULLS and not self._is_key() else event.value
                node = Node(value, mark.line + 1, mark.column + 1, not plain)
                self._put(node, 1, event.anchor)
            elif kind is start_map or kind is start_list:
                mark = event.start_mark
                node = Node({} if kind is start_map else [], mark.line + 1, mark.column + 1)
                if self._is_key():
                    self._refuse(node.line, node.column, "a list or mapping as a key", "keys that are text")
                self._stack.append(_Open(node, event.anchor))
            elif kind in ends:
                done = self._stack.pop()
                self._put(done.node, done.size, done.anchor)
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents == 2:
                    self._refuse(event.start_mark.line + 1, 1, "---", "one document in a file")
        return self._root

    def _is_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_mapping and self._stack[-1].key is None and not self._stack[-1].skip

    def _tag(self, event: Any) -> None:
        """Refuse a tag: the field says what its value is, and a tag that is read over would mean something to who wrote it."""
        tag = event.tag.replace("tag:yaml.org,2002:", "!!", 1)
        allowed = "no tags; plain text, numbers, true, false, null, mappings and lists, and quotes around what is text"
        self._refuse(event.start_mark.line + 1, event.start_mark.column + 1, tag, allowed)

    def _alias(self, event: Any) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        known = self._anchors.get(event.anchor)
        if known is None:
            # An anchor is known when its end has come: one that is still open contains its alias.
            inside = any(one.anchor == event.anchor for one in self._stack)
            words = "an alias of something that does not contain it" if inside else "an alias of an anchor before it"
            self._refuse(line, column, f"*{event.anchor}", words)
            self._put(Node(None, line, column), 1, None)
            return
        node, size = known
        total = size + sum(one.size for one in self._stack)
        if total > _MOST_NODES:
            self._refuse(line, column, "aliases", f"at most {_MOST_NODES:,} values, with aliases written out")
            node, size = Node(None, line, column), 1
        self._put(node, size, None)

    def _put(self, node: Node, size: int, anchor: str | None) -> None:
        """Give a node to the collection that is open."""
        if anchor:
            self._anchors[anchor] = (node, size)
        if not self._stack:
            self._root = node if self._root is None else self._root
            return
        top = self._stack[-1]
        top.size += size
        if not top.is_mapping:
            top.node.value.append(node)
        elif top.skip:
            top.skip = False
        elif top.key is None:
            self._key(top, node)
        else:
            top.node.value[top.key] = node
            top.key = None

    def _key(self, top: _Open, node: Node) -> None:
        name = node.value
        if not isinstance(name, str):
            top.skip = True
        elif name in top.lines:
            words = f"each key once; it stands on line {top.lines[name]} and on line {node.line}"
            self._refuse(node.line, node.column, name, words, name)
            top.skip = True
        elif name == "<<" and not node.quoted:
            self._refuse(node.line, node.column, "<<", "no merge keys; promotion_defaults give fields to many promotions", name)
            top.skip = True
        else:
            top.key, top.lines[name] = name, node.line

    def _refuse(self, line: int, column: int, given: Any, allowed: str, name: str = "") -> None:
        """Note a problem. Its path is where the open collections lead."""
        path = ""
        for one in self._stack:
            path += f"[{len(one.node.value)}]" if not one.is_mapping else f".{one.key}" if one.key is not None else ""
        field = ".".join(part for part in (path.lstrip("."), name) if part)
        self.problems.append(Problem(self._file, line, column, field or "file", given, allowed))
