"""What a name that does not exist may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def near(name: object, known: Iterable[str], meant: Mapping[str, str] | None = None) -> str:
    """The names like ``name``, as words ("A", "A or B"), or nothing.

    Args:
        name: what was written; small and capital letters are the same.
        known: the names there are.
        meant: names that other programs have for the same things, in small letters, with what to say for them.
    """
    import difflib  # a client should start quickly, and mistakes are rare

    asked = str(name).lower()
    if meant and (known_elsewhere := meant.get(asked)):
        return known_elsewhere
    names = {one.lower(): one for one in known}
    found = difflib.get_close_matches(asked, names, n=3, cutoff=0.6)
    # One that is far nearer than the rest is the only one meant.
    nearness = [difflib.SequenceMatcher(None, one, asked).ratio() for one in found]
    if len(found) > 1 and nearness[0] - nearness[1] >= 0.1:
        found = found[:1]
    return either([names[one] for one in found])


def either(words: list[str]) -> str:
    """``["A", "B", "C"]`` as "A, B or C"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""


def did_you_mean(name: object, known: Iterable[str], meant: Mapping[str, str] | None = None) -> str:
    """`` Did you mean …?`` with what is near, or nothing."""
    found = near(name, known, meant)
    return f" Did you mean {found}?" if found else ""


def or_rather(name: object, known: Iterable[str]) -> str:
    """``; did you mean …?`` with what is near, or nothing: for the end of a sentence."""
    found = near(name, known)
    return f"; did you mean {found}?" if found else ""
