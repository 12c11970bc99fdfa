"""Which columns a person's words mean: by name, family, kind and meaning, and by what shops call things."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pinshop.api.columns import COLUMNS, FAMILIES, Column, Family, available
from pinshop.api.near import near

#: Words of shop owners, and the families that hold what they mean.
_FAMILIES: dict[str, Family] = {
    "revenue": "checkout",
    "order": "checkout",
    "purchase": "checkout",
    "sale": "checkout",
    "cost": "spend",
    "save": "engagement",
    "repin": "engagement",
    "visit": "page_visit",
    "install": "app",
}

#: Words that Pinterest has another one for: what a column holds instead, all of it.
_ELSEWHERE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("revenue", "sale", "turnover", "income", "gmv", "earning"), ("checkout", "value")),
    **dict.fromkeys(("order", "purchase", "transaction", "buyer"), ("checkout",)),
    **dict.fromkeys(("cost", "expense", "expenditure", "price"), ("spend",)),
    **dict.fromkeys(("cpa", "cpo"), ("spend", "per")),
    "cpl": ("spend", "lead"),
    **dict.fromkeys(("roi", "return"), ("roas",)),
    **dict.fromkeys(("reach", "audience", "user", "unique"), ("people",)),
    **dict.fromkeys(("basket", "atc"), ("cart",)),
    **dict.fromkeys(("registration", "sign-up"), ("signup",)),
    **dict.fromkeys(("save", "bookmark"), ("repin",)),
    **dict.fromkeys(("visitor", "visit"), ("session",)),
    "wishlist": ("wish",),
}


def family_of(word: str) -> Family | None:
    """The family that a word means: its name in any letters, in the plural, or what a shop calls it."""
    for one in _singular(word.lower()):
        if one in FAMILIES:
            return one
        if one in _FAMILIES:
            return _FAMILIES[one]
    return None


def search(words: Iterable[str], api_version: str) -> list[Column]:
    """The columns that every one of ``words`` fits, in Pinterest's order; those whose names hold them all come first.

    A word fits where it stands in a column's name or family, or begins a word of its kind, unit or meaning; a plural fits as
    its singular does; and "revenue" fits what holds "checkout" and "value", for Pinterest has no such word.
    """
    wanted = [_meanings(part) for word in words for part in re.split(r"[\s,]+", word.lower()) if part]
    named: list[Column] = []
    meant: list[Column] = []
    for name in available(api_version):
        column = COLUMNS[name]
        held = f" {name} {column.family} ".replace("_", " ").lower() + f"{name.lower()} {column.family} "
        every = held + f"{column.kind} {column.unit} {column.meaning}".replace("_", " ").lower()
        if all(options[0][0] in held for options in wanted):
            named.append(column)
        elif all(any(_holds(every, one) for one in options) for options in wanted):
            meant.append(column)
    return named + meant


def near_words(word: str) -> str:
    """What a word that nothing fits was meant to be: a column, a family or a word that is known here; else nothing."""
    return near(word, [*COLUMNS, *FAMILIES, *_ELSEWHERE])


def _meanings(word: str) -> list[tuple[str, ...]]:
    """What a word may mean: itself, then the words that Pinterest has for it."""
    found: list[tuple[str, ...]] = [(_singular(word)[-1],)]
    found += [_ELSEWHERE[one] for one in _singular(word) if one in _ELSEWHERE]
    return found


def _singular(word: str) -> list[str]:
    return [word, word[:-1]] if word.endswith("s") and len(word) > 3 and word != "roas" else [word]


def _holds(text: str, needles: tuple[str, ...]) -> bool:
    return all(f" {needle}" in text for needle in needles)
