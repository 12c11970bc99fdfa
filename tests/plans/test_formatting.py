"""`pinshop fmt` on whatever YAML, TOML and CSV can look like: the same meaning, every comment, and twice is once."""

from __future__ import annotations

import csv
import io
import random
import re
import tomllib
from typing import Any

import pytest
import yaml

from pinshop import plans
from pinshop.errors import ManifestError

TEXTS = (
    "Kitchen", "0123", "on", "~", "null", "1:30", "a: b", "a #b", "#x", "- x", "Zwölf ü", "日本語", "x'y", 'x"y', "back\\slash",
    "tab\there", "line\nbreak", "  lead", "trail ", "", "true", "1e3", "50 USD", "https://s.example/?c={campaignid}&x=1#frag",
    "Spring *", "?", "[x]", "a, b", "%a", "@a", "`a`", "!x", "|", "> x", ": x", "x:", "\u200bz", "\u00a0nb", "😀", "a\u2028b",
    "a\x85b", "-", "--- x", "...", "'", '"', "<<",
)  # fmt: skip
KEYS = (
    "account",
    "id",
    "name",
    "status",
    "ad_groups",
    "promotions",
    "catalog_product_group_id",
    "clear",
    "x y",
    "ü",
    "0",
    "on",
)
WORDS = ("note", "ü # z", "x: y", "- z", "'q'", '"q"', "trailing  ", "日本", "{", "[", "|", "#")


class Writer:
    """Random YAML in every style, with comments wherever one may stand. They are numbered, so that none is mistaken."""

    def __init__(self, seed: int) -> None:
        self.draw, self.lines, self.numbered = random.Random(seed), list[str](), 0
        self.lone(0)
        if self.draw.random() < 0.1:
            self.lines.append("---" + self.tail())
        self.mapping(0, 0, "")
        self.lone(0)
        text = "\n".join(self.lines) + self.draw.choice(["", "\n", "\n\n"])
        self.text = text.replace("\n", "\r\n") if self.draw.random() < 0.1 else text

    def comment(self) -> str:
        self.numbered += 1
        return f"#{self.numbered} {self.draw.choice(WORDS)}"

    def tail(self) -> str:
        return self.draw.choice(["", "  ", " ", "  "]) + (self.comment() if self.draw.random() < 0.3 else "") or ""

    def lone(self, indent: int) -> None:
        while self.draw.random() < 0.25:
            at = " " * self.draw.choice([0, indent, indent + 3])
            self.lines.append(at + self.comment() if self.draw.random() < 0.5 else "")

    def scalar(self) -> str:
        text = self.draw.choice(TEXTS)
        style = self.draw.choice(["plain", "single", "double"])
        if style == "single" and not re.search("[\n\x85\u2028]", text):
            return "'" + text.replace("'", "''") + "'"
        if style == "plain" and re.fullmatch(r"\w[\w *]*[\w*]|\w", text):
            return text
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'

    def flow(self, depth: int) -> str:
        kind = self.draw.random()
        if kind < 0.5 or depth > 2:
            return self.scalar()
        inner = [self.flow(depth + 1) for _ in range(self.draw.randint(0, 3))]
        if kind < 0.75:
            return f"[{', '.join(inner)}]"
        return (
            "{" + ", ".join(f"{key}: {one}" for key, one in zip(self.draw.sample(KEYS, len(inner)), inner, strict=True)) + "}"
        )

    def value(self, begin: str, indent: int, depth: int) -> None:
        kind = self.draw.random()
        if depth >= 4 or kind < 0.3:
            self.lines.append(f"{begin} {self.scalar()}{self.spaced()}")
        elif kind < 0.4:
            text = self.draw.choice(["Kitchen", "ü: #x", "'q'\n  more"])
            self.lines.append(f"{begin} {self.draw.choice('|>')}{self.draw.choice(['', '-'])}{self.spaced()}")
            self.lines += [" " * (indent + 2) + line for line in text.split("\n")]
        elif kind < 0.6:
            text = self.flow(0)
            if text[0] in "[{" and self.draw.random() < 0.5:
                self.lines += [f"{begin} {text[0]}{self.spaced()}", f"{' ' * (indent + 2)}{text[1:-1]}{self.spaced()}"]
                begin, text = " " * indent, text[-1]
            self.lines.append(f"{begin} {text}{self.spaced()}")
        else:
            self.lines.append(begin + self.spaced())
            self.lone(indent + 2)
            (self.mapping if kind < 0.8 else self.sequence)(indent + 2, depth + 1, "")

    def spaced(self) -> str:
        tail = self.tail()
        return tail if tail.startswith(" ") or not tail else f" {tail}"

    def mapping(self, indent: int, depth: int, lead: str) -> None:
        for key in self.draw.sample(KEYS, self.draw.randint(1, 4)):
            if not lead:
                self.lone(indent)
            self.value(f"{lead or ' ' * indent}{self.draw.choice([key, repr(key)])}:", indent, depth)
            lead = ""

    def sequence(self, indent: int, depth: int, lead: str) -> None:
        for _ in range(self.draw.randint(1, 4)):
            self.lone(indent)
            if self.draw.random() < 0.5 and depth < 4:
                self.mapping(indent + 2, depth + 1, f"{' ' * indent}- ")
            else:
                self.value(f"{' ' * indent}-", indent, depth + 1)


def plain(value: Any) -> Any:
    """What a file says: ``a:`` and ``a: null`` say the same."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else "" if value == "null" else value


def comments(text: str) -> list[str]:
    """The comments of a file: what is left of their numbers' lines when every scalar is taken out."""
    left = text
    for event in yaml.parse(text, yaml.BaseLoader):  # the one in Python, whose places count characters
        if isinstance(event, yaml.ScalarEvent):
            start, end = event.start_mark.index, event.end_mark.index
            if event.style in ("|", ">"):
                start = min(text.index("\n", start), end)
            left = left[:start] + re.sub(r"[^\n]", " ", text[start:end]) + left[end:]
    return [match.group().rstrip() for match in re.finditer(r"#\d+ (?:[^#\n]|#(?!\d))*", left)]


def test_yaml_keeps_its_meaning_and_every_comment_in_order(rounds):
    formatted = 0
    for seed in range(rounds(400, 30_000)):
        written = Writer(seed)
        try:
            once = plans.format_manifest(written.text)
        except ManifestError:
            continue
        formatted += 1
        assert plain(yaml.load(once, yaml.CBaseLoader)) == plain(yaml.load(written.text, yaml.CBaseLoader)), (
            seed,
            written.text,
        )
        assert plans.format_manifest(once) == once, (seed, written.text)
        assert comments(once) == comments(written.text), (seed, written.text)
    assert formatted > 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--- # why\nid: 1\n", '# why\nid: "1"\n'),
        ("ids:\n-  # why\n  - a\n  - b\n", "ids:\n  # why\n  - - a\n    - b\n"),
        ("a: [[x], y]  # why\nb: c\n", "a:  # why\n  - [x]\n  - y\nb: c\n"),
        ("a: [\n  [x], y\n]  # why\nb: c\n", "a:\n  - [x]\n  - y\n# why\nb: c\n"),
        ("a:\n- {  # why\n  id: 1, b: [c]}\n", 'a:\n  # why\n  - id: "1"\n    b: [c]\n'),
        ('a: "x\u2028y"  # why\nb:   c # too\n', 'a: "x\u2028y"  # why\nb:   c # too\n'),
    ],
)
def test_where_comments_go_that_have_no_line_of_their_own_any_more(text, expected):
    assert plans.format_manifest(text) == expected


def test_toml_and_csv_keep_their_meaning(rounds):
    for seed in range(rounds(200, 5000)):
        draw = random.Random(seed)
        lines = []
        for key in draw.sample(("account", "name", "note"), draw.randint(1, 3)):
            text = draw.choice([one for one in TEXTS if "\n" not in one and "\x85" not in one])
            quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            several = f'"""\n{quoted[1:-1]}   \n\n end"""'
            lines.append(f"{key} = {draw.choice([quoted, several])}{draw.choice(['', '  # why  ', '   '])}")
        toml = draw.choice(["", "\n\n"]) + draw.choice(["\n", "\r\n"]).join([*lines, ""])
        made = plans.format_manifest(toml, file="m.toml")
        assert tomllib.loads(made) == tomllib.loads(toml), (seed, toml)
        assert made.count("# why") == toml.count("# why")
        assert plans.format_manifest(made, file="m.toml") == made

        columns = ("ad_account_id", "ad_group_name", "catalog_product_group_name", "tracking_url")
        rows = [[draw.choice(TEXTS) for _ in columns] for _ in range(draw.randint(1, 5))]
        out = io.StringIO()
        writer = csv.writer(
            out, lineterminator=draw.choice(["\n", "\r\n"]), quoting=draw.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
        )
        writer.writerows([columns, *rows])
        made = plans.format_manifest(out.getvalue(), file="m.csv")
        told = [row for row in rows if any(cell.strip() for cell in row)]
        assert list(csv.reader(io.StringIO(made)))[1:] == [[cell.strip() for cell in row] for row in told], (
            seed,
            out.getvalue(),
        )
        assert plans.format_manifest(made, file="m.csv") == made
