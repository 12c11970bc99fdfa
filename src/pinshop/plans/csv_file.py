"""CSV as manifests use it: one promotion a row, with an action, as bulk editors have it.

| action | what the row says |
|---|---|
| empty, ``create``, ``add`` | this is how the promotion shall be; it is created if there is none |
| ``update``, ``edit`` | the same, for one that exists |
| ``pause``, ``activate``, ``archive`` | one that exists gets this status |
| ``skip`` | nothing |

An empty cell is a field that the row does not name; ``null`` clears the field.
"""

from __future__ import annotations

import csv
import io
import re

from pinshop.api.near import or_rather
from pinshop.plans.manifest_reader import promotion_keys
from pinshop.plans.nodes import Document, Node, Problem, raise_if_any

ACTIONS: dict[str, tuple[bool, str | None]] = {
    "": (False, None), "create": (False, None), "add": (False, None), "update": (True, None), "edit": (True, None),
    "pause": (True, "PAUSED"), "activate": (True, "ACTIVE"), "archive": (True, "ARCHIVED"),
}  # fmt: skip

#: Columns that say where the promotion is; all others are its fields.
PLACES = ("ad_account_id", "ad_account_name", "ad_group_id", "ad_group_name")

#: What other programs put between cells.
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_csv(file: str, text: str) -> Document:
    """Read a manifest of rows.

    Raises:
        ManifestError: no commas between the columns, no header, a column twice or unknown, a row of another length, or an
            unknown action.
    """
    raise_if_any(_without_commas(file, text))
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    accounts: dict[tuple[str, str], dict[tuple[str, str], list[Node]]] = {}
    lines: dict[tuple[str, ...], int] = {}
    line = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        raise_if_any(_wrong_columns(file, header))
        line = reader.line_num + 1
        for row in reader:
            here, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                allowed = f"{len(header)} cells, as the first line has"
                if len(row) == 1 and (found := _between(row[0])):
                    allowed += f", with commas between them; this one has {found}"
                problems.append(Problem(file, here, 1, "row", f"{len(row)} cells", allowed))
                continue
            cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
            action = cells.pop("action", "").lower()
            if action == "skip":
                continue
            if action not in ACTIONS:
                allowed = f"one of {', '.join(filter(None, ACTIONS))}, skip, or an empty cell"
                problems.append(Problem(file, here, header.index("action") + 1, "action", action, allowed))
                continue
            account = (cells.pop("ad_account_id", ""), cells.pop("ad_account_name", ""))
            group = (cells.pop("ad_group_id", ""), cells.pop("ad_group_name", ""))
            existing, status = ACTIONS[action]
            fields = {name: _cell(cell, here, header.index(name) + 1) for name, cell in cells.items() if cell}
            if status is not None:
                if "status" in fields and fields["status"].value != status:
                    allowed = f"{status}, or an empty cell, as the action is {action}"
                    problems.append(Problem(file, here, header.index("status") + 1, "status", cells["status"], allowed))
                fields["status"] = Node(status, here, 1, quoted=True)
            if existing:
                fields["action"] = Node(action, here, 1, quoted=True)
            accounts.setdefault(account, {}).setdefault(group, []).append(Node(fields, here, 1))
            lines.setdefault(account, here)
            lines.setdefault((*account, *group), here)
    except csv.Error as error:
        problems.append(Problem(file, line, 1, "file", "", f"CSV ({error})"))
    raise_if_any(problems)
    sections = []
    for account, groups in accounts.items():
        named = []
        for group, rows in groups.items():
            fields = _named(group, lines[*account, *group])
            named.append(Node({**fields, "promotions": Node(rows, rows[0].line, 1)}, rows[0].line, 1))
        first = lines[account]
        sections.append(Node({**_named(account, first), "ad_groups": Node(named, first, 1)}, first, 1))
    return Document(file, Node({"accounts": Node(sections, 1, 1)}, 1, 1))


def _without_commas(file: str, text: str) -> list[Problem]:
    """What a first line shows of a file that has something else between its columns: no name of a column holds one of these."""
    first = text.partition("\n")[0]
    if first.strip(' "').lower().startswith("sep="):
        allowed = "the names of the columns in the first line, with commas between them, and no line sep="
    elif found := _between(first):
        allowed = f"commas between the columns; this line has {found}"
    else:
        return []
    return [Problem(file, 1, 1, "file", first, allowed)]


def _wrong_columns(file: str, header: list[str]) -> list[Problem]:
    if not any(header):
        return [Problem(file, 1, 1, "file", "", "a first line with the names of the columns")]
    problems = []
    known = sorted({*PLACES, *promotion_keys(True)})
    for index, name in enumerate(header):
        if name in header[:index] or not name:
            problems.append(Problem(file, 1, index + 1, name or f"column {index + 1}", name, "each column once, with a name"))
        elif name not in known:
            meant = or_rather(name, known) or f"; the columns are {', '.join(known)}"
            problems.append(Problem(file, 1, index + 1, name, name, f"not this column{meant}"))
    return problems


def _between(line: str) -> str:
    """What stands between the cells of a line that has no commas there, in words. Tabs beside a comma are only spaces."""
    return next((words for sign, words in _SEPARATORS.items() if re.search(rf"[^\s,] *[{sign}]+ *[^\s,]", line)), "")


def _named(pair: tuple[str, str], line: int) -> dict[str, Node]:
    return {name: Node(value, line, 1, quoted=True) for name, value in zip(("id", "name"), pair, strict=True) if value}


def _cell(cell: str, line: int, column: int) -> Node:
    return Node(None if cell == "null" else cell, line, column)
