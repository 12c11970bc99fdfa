"""Do only these, or all but these: ``--only`` and ``--except``."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable

from msgspec import Struct

from pinshop.errors import InvalidInput
from pinshop.plans.changes import Change

KINDS = ("account", "campaign", "ad_group", "product_group", "promotion")


class Selection(Struct, frozen=True):
    """Terms such as ``ad_group:Spring *`` or ``promotion:4260608094066``: a kind, and an id or a name with ``*``."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def checked(cls, only: Iterable[str], exclude: Iterable[str]) -> Selection:
        """Check the terms.

        Raises:
            InvalidInput: a term that is not ``kind:id-or-name``.
        """
        for name, terms in (("only", only), ("except", exclude)):
            if isinstance(terms, str):
                raise InvalidInput(name, terms, "a list of terms such as ad_group:Spring*")
            for term in terms:
                kind, _, value = term.partition(":")
                if kind not in KINDS or not value:
                    raise InvalidInput(
                        name, term, f"one of {', '.join(f'{kind}:…' for kind in KINDS)}, with an id or a name (* and ?)"
                    )
        return cls(tuple(only), tuple(exclude))

    def check(self, known: Iterable[dict[str, set[str]]]) -> None:
        """Refuse a term that fits nothing: a name that is misspelt must not select nothing, or everything, in silence.

        Raises:
            InvalidInput: it fits nothing that is declared or there.
        """
        several = list(known)
        for name, terms in (("only", self.only), ("except", self.exclude)):
            for term in terms:
                if not any(_fits(term, one) for one in several):
                    kind = term.partition(":")[0]
                    names = sorted({label for one in several for label in one.get(kind, ()) if label})
                    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
                    raise InvalidInput(name, term, f"what is declared: {shown or 'nothing'}")

    def of(self, changes: list[Change], labels: Callable[[Change], dict[str, set[str]]]) -> list[Change]:
        """The changes that are selected. What would be put into something that is not created goes with it."""
        if not self.only and not self.exclude:
            return changes
        kept = []
        for change in changes:
            known = labels(change)
            if self.only and not any(_fits(term, known) for term in self.only):
                continue
            if any(_fits(term, known) for term in self.exclude):
                continue
            kept.append(change)
        created = {change.ref for change in kept if change.action == "create"}
        dropped = {change.ref for change in changes if change.action == "create"} - created
        while True:
            fewer = [change for change in kept if change.ad_group not in dropped and change.campaign not in dropped]
            if len(fewer) == len(kept):
                return kept
            dropped |= {change.ref for change in kept} - {change.ref for change in fewer}
            kept = fewer


def _fits(term: str, known: dict[str, set[str]]) -> bool:
    kind, _, value = term.partition(":")
    return any(fnmatch.fnmatchcase(name, value) for name in known.get(kind, ()) if name)
