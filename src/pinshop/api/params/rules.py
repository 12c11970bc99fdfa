"""What a rule that binds several fields of one body is, and those that several nouns share.

Each noun's module has its own rules, in a table ``RULES``; only what Pinterest states is a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

#: (field, given, allowed), or None where the rule holds.
Verdict: TypeAlias = tuple[str, object, str] | None

#: What is wrong with a body whose fields are each right, or None.
Rule: TypeAlias = Callable[[Mapping[str, Any]], Verdict]

#: The rules of each body.
Rules: TypeAlias = dict[type, tuple[Rule, ...]]

#: How an object looks that is often written otherwise; ends what is said of a mistake in it.
Examples: TypeAlias = dict[type, str]


def ends_after_start(item: Mapping[str, Any]) -> Verdict:
    start, end = item.get("start_time"), item.get("end_time")
    if start is not None and end is not None and end != -1 and end <= start:
        return "end_time", end, f"a time after start_time ({start})"
    return None
