"""YAML as manifests use it: every scalar is text until the field it belongs to says otherwise.

PyYAML's own loaders turn ``0123`` into 83, ``on`` into True, and let the second of two equal keys win. So the file is only
parsed (`yaml.compose` with the C parser), and the nodes are read here. Anchors and aliases work; merge keys (``<<``) do not.
"""

from __future__ import annotations

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
        ManifestError: not YAML, two equal keys in one mapping (both lines are named), or a merge key.
    """
    yaml = yaml_module()
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        words = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise_if_any([Problem(file, line, column, "file", _line_of(text, line), f"YAML ({words})")])
        raise AssertionError from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise_if_any([Problem(file, 1, 1, "file", text[:40], f"YAML ({error})")])
        raise AssertionError from error
    if root is None:
        return Document(file, Node({}, 1, 1))
    reader = _Reader(yaml, file)
    document = Document(file, reader.node(root, ""))
    raise_if_any(reader.problems)
    return document


def _line_of(text: str, line: int) -> str:
    lines = text.splitlines()
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


class _Reader:
    def __init__(self, yaml: Any, file: str) -> None:
        self._scalar, self._mapping = yaml.ScalarNode, yaml.MappingNode
        self._file = file
        self._known: dict[int, tuple[Node, int]] = {}
        self._open: set[int] = set()
        self._size = 0
        self.problems: list[Problem] = []

    def node(self, source: Any, path: str) -> Node:
        mark = source.start_mark
        line, column = mark.line + 1, mark.column + 1
        self._size += 1
        if type(source) is self._scalar:
            if source.style in ("", None) and source.value in _NULLS:
                return Node(None, line, column)
            return Node(source.value, line, column, quoted=source.style not in ("", None))
        identity = id(source)
        if identity in self._open:
            return self._refuse(line, column, path, "an alias of itself", "an alias of something that does not contain it")
        if identity in self._known:  # an alias
            known, size = self._known[identity]
            self._size += size
            if self._size > _MOST_NODES:
                return self._refuse(line, column, path, "aliases", f"at most {_MOST_NODES:,} values, with aliases written out")
            return known
        before = self._size
        self._open.add(identity)
        made = Node(self._pairs(source, path) if type(source) is self._mapping else self._items(source, path), line, column)
        self._open.discard(identity)
        self._known[identity] = (made, self._size - before)
        return made

    def _items(self, source: Any, path: str) -> list[Node]:
        return [self.node(item, f"{path}[{index}]") for index, item in enumerate(source.value)]

    def _pairs(self, source: Any, path: str) -> dict[str, Node]:
        pairs: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for key, value in source.value:
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if type(key) is not self._scalar:
                self._refuse(line, column, path or "file", "a list or mapping as a key", "keys that are text")
                continue
            name = key.value
            field = f"{path}.{name}" if path else name
            if name in pairs:
                self._refuse(line, column, field, name, f"each key once; it stands on line {lines[name]} and on line {line}")
            elif name == "<<" and key.style in ("", None):
                self._refuse(line, column, field, "<<", "no merge keys; promotion_defaults give fields to many promotions")
            else:
                pairs[name], lines[name] = self.node(value, field), line
        return pairs

    def _refuse(self, line: int, column: int, field: str, given: Any, allowed: str) -> Node:
        self.problems.append(Problem(self._file, line, column, field or "file", given, allowed))
        return Node(None, line, column)
