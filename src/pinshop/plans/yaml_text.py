"""YAML as pinshop writes it: one fixed style, the same bytes for the same values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Words that some YAML loader takes for something else than text.
_WORDS = frozenset(
    {
        "null",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "none",
        "inf",
        "nan",
    }
)

_PLAIN = re.compile(r"[^\W\d_][\w ./()&+-]*[\w.)]|[^\W\d_]")


def quoted(text: str) -> str:
    """Text in double quotes, with everything escaped that is not printable."""
    made = ['"']
    for char in text:
        number = ord(char)
        if char in '"\\':
            made.append(f"\\{char}")
        elif char == "\n":
            made.append("\\n")
        elif char == "\t":
            made.append("\\t")
        elif char == " " or (char.isprintable() and char != "\ufeff"):
            made.append(char)
        else:
            made.append(f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}")
    made.append('"')
    return "".join(made)


def scalar(value: Any) -> str:
    """A scalar: text is plain where nobody can take it for anything else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    return value if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and "  " not in value else quoted(value)


def block(value: Any, indent: int = 0) -> list[str]:
    """A mapping or list as lines in block style; empty ones are left out of mappings by who calls."""
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(item, Mapping | list) and item:
                lines.append(f"{pad}{scalar(name)}:")
                lines += block(item, indent + 2)
            else:
                lines.append(f"{pad}{scalar(name)}: {_small(item)}")
        return lines
    for item in value:
        if isinstance(item, Mapping | list) and item:
            inner = block(item, indent + 2)
            lines.append(f"{pad}- {inner[0][indent + 2 :]}")
            lines += inner[1:]
        else:
            lines.append(f"{pad}- {_small(item)}")
    return lines


def _small(item: Any) -> str:
    if isinstance(item, Mapping):
        return "{}"
    return "[]" if isinstance(item, list) else scalar(item)
