"""A plan for people: on a terminal, and as a comment of a pull request. Counts first, one line per change, then the fields.

Names come from Pinterest and from files, so they are made harmless: no control characters on a terminal, no markup and no
mentions in Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pinshop.plans.changes import Account, Change, Note, PlanContents, Spend
from pinshop.plans.values import amount, when

_SIGNS = {"create": "+", "update": "~", "activate": ">", "pause": "=", "archive": "-"}

_MONEY = frozenset({
    "daily_spend_cap", "lifetime_spend_cap", "budget_in_micro_currency", "default_ad_group_budget_in_micro_currency",
    "bid_in_micro_currency",
})  # fmt: skip

_MOMENTS = frozenset({"start_time", "end_time"})

#: Ids that a note names one by one.
_SHOWN_IDS = 10


def harmless(text: Any) -> str:
    """Text without control characters: they could move the cursor, or hide what is written."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in str(text))


def counts_words(plan: PlanContents) -> str:
    """``2 to create, 1 to pause``, or ``nothing to change``."""
    return ", ".join(f"{count:,} to {verb}" for verb, count in plan.counts().items()) or "nothing to change"


def spend_words(plan: PlanContents) -> list[str]:
    """What the plan could make each account spend a day more, in full."""
    lines = []
    for account in plan.accounts:
        spend = next((one for one in plan.spend if one.account == account.id), None)
        lines.append(f"{account}: {_could(spend)}")
    return lines


def _could(spend: Spend | None) -> str:
    if spend is None:
        return "could spend nothing more than now"
    words = f"could spend up to {amount(spend.micro_a_day, spend.currency)} a day more than now"
    if spend.unlimited:
        words += f", and WITHOUT LIMIT: no budget found for {', '.join(spend.unlimited)}"
    return words


def _parts(spend: Spend) -> Iterator[str]:
    for part in spend.parts:
        before, after = ("no limit" if micro is None else amount(micro, spend.currency) for micro in (part.before, part.after))
        yield f"{part.label}: {before} -> {after} a day"


def value_words(field: str, value: Any, account: Account) -> str:
    """A value of a field as people read it."""
    if value is None:
        return "nothing"
    if field in _MONEY and isinstance(value, int):
        return amount(value, account.currency)
    if field in _MOMENTS and isinstance(value, int):
        return when(value)
    return (
        value
        if isinstance(value, str) and value.replace("_", "").isalnum()
        else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )


def place_words(change: Change, names: dict[str, str | None]) -> str:
    if change.entity_type == "promotion":
        group = change.ad_group or ""
        where = (
            f'ad group "{names[group]}" ({group})'
            if names.get(group)
            else group
            if group.startswith("ad group")
            else f"ad group {group}"
        )
        kind = "" if change.creative_type in (None, "REGULAR") else f", {change.creative_type}"
        return f'"{change.label or "unnamed"}" ({change.catalog_product_group_id}{kind}) in {where}'
    entity_type = change.entity_type.replace("_", " ")
    under = ""
    if change.entity_type == "ad_group" and change.action == "create":
        campaign = change.campaign or ""
        under = f" in {campaign}" if campaign.startswith("campaign") else f" in campaign {campaign}"
    return f'{entity_type} "{change.label}"' + (f" ({change.id})" if change.id else "") + under


def change_line(change: Change, names: dict[str, str | None]) -> str:
    """One line that says it all but the fields."""
    what = (
        f"promotion {change.id} "
        if change.entity_type == "promotion" and change.id
        else "promotion "
        if change.entity_type == "promotion"
        else ""
    )
    status = f" as {change.after.get('status', 'PAUSED')}" if change.action == "create" else ""
    fields = "" if change.action == "create" else f": {', '.join(change.after)}"
    return f"{_SIGNS[change.verb]} {change.verb:<8} {what}{place_words(change, names)}{status}{fields}"


def field_lines(change: Change, account: Account) -> Iterator[str]:
    """``tracking_url: "a" -> "b"`` for each field."""
    for name, value in change.after.items():
        after = value_words(name, value, account)
        why = f" ({change.why[name]})" if name in change.why else ""
        if change.action == "create":
            yield f"{name}: {after}"
        else:
            before = value_words(name, change.before[name], account) if name in change.before else "not shown"
            yield f"{name}: {before} -> {after}{why}"


def note_words(note: Note) -> str:
    if not note.ids or note.kind in ("conflict", "kept_live", "will_not_deliver"):
        return note.text
    more = f" and {len(note.ids) - _SHOWN_IDS:,} more" if len(note.ids) > _SHOWN_IDS else ""
    return f"{note.text}: {', '.join(note.ids[:_SHOWN_IDS])}{more}"


def _head(plan: PlanContents) -> Iterator[str]:
    server = plan.server
    who = (
        f"as {plan.user.username or 'user'} ({plan.user.id})"
        if plan.user.id or plan.user.username
        else "as a user whose name the token may not read"
    )
    kind = "an emulator" if server.emulated else "Pinterest"
    yield f"on {kind} ({server.base_url}, API {server.api_version}) {who}"
    yield from spend_words(plan)
    yield f"made from {plan.source} at {when(plan.made_at)}, valid until {when(plan.valid_until)}"
    if plan.only or plan.exclude:
        yield "selected: " + "; ".join(
            f"{word} {', '.join(terms)}" for word, terms in (("only", plan.only), ("all but", plan.exclude)) if terms
        )


def names_of(plan: PlanContents) -> dict[str, str | None]:
    return {parent.id: parent.name for parent in plan.parents}


def plan_text(plan: PlanContents) -> str:
    """A plan on a terminal."""
    names = names_of(plan)
    lines = [f"Plan {plan.short_id}: {counts_words(plan)} ({plan.unchanged:,} as they shall be)"]
    lines += [f"  {line}" for line in _head(plan)]
    lines += [f"    {line}" for spend in plan.spend for line in _parts(spend)]
    if plan.changes:
        lines += ["", "Changes"] + [f"  {change_line(change, names)}" for change in plan.changes]
        lines += ["", "Fields"]
        for change in plan.changes:
            lines.append(f"  {change.ref}" + (f"  [{change.place}]" if change.place else ""))
            lines += [f"    {line}" for line in field_lines(change, plan.account(change.account))]
    if plan.notes:
        lines += ["", "Also"] + [f"  {note.kind.replace('_', ' ')}: {note_words(note)}" for note in plan.notes]
    return "\n".join(harmless(line) for line in lines) + "\n"


def code(text: Any) -> str:
    """A code span that its content cannot leave."""
    plain = harmless(text)
    longest = max((len(run) for run in _runs(plain)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}" if plain.strip() else "(empty)"


def _runs(text: str) -> Iterable[str]:
    run = ""
    for char in f"{text}.":
        if char == "`":
            run += char
        elif run:
            yield run
            run = ""


def plan_markdown(plan: PlanContents, limit: int = 65_536) -> str:
    """A plan as a comment of a pull request."""
    names = names_of(plan)
    head = [f"### Plan {code(plan.short_id)}: {counts_words(plan)}", ""]
    head += [f"* {code(line)}" for line in _head(plan)]
    head += [f"  * {code(line)}" for spend in plan.spend for line in _parts(spend)]
    needs = [note for note in plan.notes if note.kind in ("ambiguous", "conflict", "will_not_deliver")]
    head += [f"* **{note.kind.replace('_', ' ')}**: {code(note_words(note))}" for note in needs]
    changes = [f"* {code(change_line(change, names))}" for change in plan.changes]
    fields = [
        f"* {code(change.ref)}\n" + "\n".join(f"  * {code(line)}" for line in field_lines(change, plan.account(change.account)))
        for change in plan.changes
    ]
    notes = [f"* {note.kind.replace('_', ' ')}: {code(note_words(note))}" for note in plan.notes if note not in needs]
    blocks = [("Changes", changes), ("Fields", fields), ("Also", notes)]
    closing = f"\n<sub>{len(plan.changes):,} changes, {plan.unchanged:,} as they shall be; `pinshop plan` made this</sub>\n"
    room = limit - len(closing) - 400  # for what says that something is left out
    text = ""
    for line in head:
        if len(text) + len(line) + 1 > room:
            text += "…\n"
            break
        text += line + "\n"
    for title, lines in blocks:
        if not lines:
            continue
        opened = f"\n<details{' open' if title == 'Changes' else ''}><summary>{title} ({len(lines):,})</summary>\n\n"
        if len(text) + len(opened) > room:
            text += f"\n{title}: {len(lines):,}, left out for length; the whole plan is in its JSON.\n"
            continue
        text += opened
        for index, line in enumerate(lines):
            if len(text) + len(line) + 1 > room:
                text += f"* … and {len(lines) - index:,} more, left out for length; the whole plan is in its JSON.\n"
                break
            text += line + "\n"
        text += "\n</details>\n"
    return (text + closing)[:limit]
