"""Names and patterns of a manifest -> ids of one ad account, with as few calls as that takes, side by side."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from pinshop.api import fields as api_fields
from pinshop.api import params
from pinshop.api.models import AdGroup, Campaign
from pinshop.errors import APIError, Forbidden, InvalidInput, NotFound, Unauthorized
from pinshop.flow.steps import Flow
from pinshop.plans import compare
from pinshop.plans.changes import Account
from pinshop.plans.diff import Wanted
from pinshop.plans.entries import AccountSection, AdGroupEntry, CampaignEntry, Manifest, PromotionEntry
from pinshop.plans.live import Live, together
from pinshop.plans.nodes import Problem, raise_if_any


class Target(Struct):
    """A campaign or ad group of the manifest, and what it is at Pinterest: ``live``, or None where it is to be created."""

    ref: str
    label: str
    entry: Any
    live: Any = None
    #: Of an ad group: the target, or the live campaign, it is under.
    campaign_ref: str = ""
    campaign: Campaign | None = None
    wanted: list[Wanted] = []


class Resolved(Struct):
    """Everything the manifest names in one ad account."""

    account: Account
    protect: bool
    campaigns: list[Target]
    ad_groups: list[Target]
    problems: list[Problem]
    #: Names of catalog product groups by id, where they were listed.
    group_names: dict[str, str]


def find_accounts(live: Live, manifest: Manifest, default: str | None) -> Flow[list[tuple[Account, list[AccountSection]]]]:
    """The ad accounts of a manifest, each once, with what is declared for it."""
    problems: list[Problem] = []
    wanted: list[tuple[AccountSection, str | None]] = []
    named = any(section.name and not section.id for section in manifest.accounts)
    by_name: dict[str, list[Account]] = {}
    if named:
        for account in (yield from live.accounts()):
            by_name.setdefault(account.name or "", []).append(account)
    for section in manifest.accounts:
        account_id = section.id
        if account_id is None and section.name:
            found = by_name.get(section.name, [])
            if len(found) == 1:
                account_id = found[0].id
            else:
                several = ", ".join(account.id for account in found)
                allowed = (
                    f"its id, as {len(found)} have this name: {several}"
                    if found
                    else "the name of an ad account this token reaches"
                )
                problems.append(section.place.problem("account", section.name, allowed))
        elif account_id is None:
            account_id = default
            if default is None:
                problems.append(section.place.problem("account", None, "the id or name of an ad account"))
        wanted.append((section, account_id))
    raise_if_any(problems)
    ids = list(dict.fromkeys(account_id for _, account_id in wanted if account_id))
    known = {account.id: account for some in by_name.values() for account in some}
    unread = [one for one in ids if one not in known]
    answers: list[Account | APIError] = yield from together(live.session, [_account(live, one) for one in unread])
    for one, answer in zip(unread, answers, strict=True):
        if isinstance(answer, APIError):
            first = next(section for section, other in wanted if other == one)
            words = f"an ad account that this token reaches ({answer.server_message or answer.message})"
            problems.append(first.place.problem("account", one, words))
        else:
            known[one] = answer
    raise_if_any(problems)
    return [(known[one], [section for section, other in wanted if other == one]) for one in ids]


def _account(live: Live, account_id: str) -> Flow[Account | APIError]:
    try:
        return (yield from live.account(account_id))
    except (NotFound, Forbidden) as error:
        return error
    except Unauthorized as error:
        if error.code == 29:
            return error
        raise


def resolve(live: Live, account: Account, sections: Sequence[AccountSection]) -> Flow[Resolved]:
    """Find what the manifest names in one ad account."""
    found = Resolved(account, any(section.protect for section in sections), [], [], [], {})
    campaigns = [entry for section in sections for entry in section.campaigns]
    groups = [entry for section in sections for entry in section.ad_groups]
    _check_money(sections, account, found.problems)
    _check_versions(live.session.api_version, campaigns, groups, found.problems)
    promotions = [entry for group in groups for entry in group.promotions]
    flows: dict[str, Any] = {}
    if any(entry.id is None for entry in campaigns) or any(entry.campaign for entry in groups):
        flows["campaigns"] = live.campaigns(account.id)
    elif ids := {entry.id for entry in campaigns} | {entry.campaign_id for entry in groups if entry.campaign_id}:
        flows["campaigns"] = live.campaigns(account.id, sorted(i for i in ids if i))
    if any(entry.id is None for entry in groups):
        flows["ad_groups"] = live.ad_groups(account.id)
    elif groups:
        flows["ad_groups"] = live.ad_groups(account.id, ids=sorted({entry.id for entry in groups if entry.id}))
    if any(entry.group_name or entry.pattern for entry in promotions):
        flows["product_groups"] = live.product_groups(account.id)
    answers = dict(zip(flows, (yield from together(live.session, list(flows.values()))), strict=True))
    read: dict[str, Campaign] = {str(one.id): one for one in answers.get("campaigns", ())}
    ad_groups: list[AdGroup] = answers.get("ad_groups", [])
    for campaign in campaigns:
        _campaign(campaign, read, found)
    matched = [(entry, _find_ad_group(entry, ad_groups, read, found)) for entry in groups]
    unread = sorted({str(one.campaign_id) for _, one in matched if one is not None and str(one.campaign_id) not in read})
    if unread:
        read.update({str(one.id): one for one in (yield from live.campaigns(account.id, unread))})
    for entry, one in matched:
        _ad_group(entry, one, read, found)
    _once(found)
    product_groups = answers.get("product_groups")
    if product_groups is not None:
        found.group_names = {str(one.id): one.name or "" for one in product_groups}
    names: dict[str, list[str]] = {}
    for group_id, name in found.group_names.items():
        names.setdefault(name, []).append(group_id)
    for target in found.ad_groups:
        target.wanted = _expand(target.entry, names, found)
    return found


def _check_money(sections: Iterable[AccountSection], account: Account, problems: list[Problem]) -> None:
    for section in sections:
        for place, money in section.money:
            if account.currency is not None and money.currency != account.currency:
                problems.append(place.problem("", money.currency, f"{account.currency}, the currency of ad account {account}"))


def _check_versions(
    api_version: str, campaigns: list[CampaignEntry], groups: list[AdGroupEntry], problems: list[Problem]
) -> None:
    """Fields and values that this API version does not have would be dropped in silence, or refused one by one."""
    rows: dict[str, dict[str, api_fields.Field]] = {
        entity_type: {field.name: field for field in api_fields.FIELDS[entity_type]}
        for entity_type in ("campaign", "ad_group", "promotion")
    }
    verdicts: dict[tuple[str, str, Any], str | None] = {}  # there are few different ones, and many entries

    def verdict(entity_type: str, name: str, value: Any) -> str | None:
        field = rows[entity_type].get(name)
        plain = value if isinstance(value, str) and field is not None and field.values else None
        key = (entity_type, name, plain)
        if key not in verdicts:
            verdicts[key] = None
            if field is not None and not field.at(api_version):
                verdicts[key] = f"no {name}: it is since {field.since}, and this client sends {api_version}"
            elif field is not None and plain in field.values and plain not in field.values_at(api_version):
                verdicts[key] = f"one of {', '.join(field.values_at(api_version))}, as this client sends {api_version}"
        return verdicts[key]

    entries: list[tuple[str, Any]] = []
    entries.extend(("campaign", entry) for entry in campaigns)
    for group in groups:
        entries.append(("ad_group", group))
        entries.extend(("promotion", entry) for entry in group.promotions)
    for entity_type, entry in entries:
        for name, value in entry.fields.items():
            if (words := verdict(entity_type, name, value)) is not None:
                problems.append(entry.place.problem(name, value, words))
        kind = entry.creative_type if entity_type == "promotion" else None
        if kind is not None and (words := verdict(entity_type, "creative_type", kind)) is not None:
            problems.append(entry.place.problem("creative_type", kind, words))


def _given(entry: CampaignEntry | AdGroupEntry) -> dict[str, Any]:
    """What a create sends: of what is new there is nothing to clear."""
    return {name: value for name, value in entry.fields.items() if value is not None}


def _campaign(entry: CampaignEntry, read: dict[str, Campaign], found: Resolved) -> None:
    if entry.id:
        one = read.get(entry.id)
        if one is None:
            found.problems.append(entry.place.problem("id", entry.id, f"the id of a campaign of ad account {found.account}"))
            return
    else:
        named = [one for one in read.values() if one.name == entry.name and one.status not in compare.FINAL]
        if len(named) > 1:
            ids = ", ".join(sorted(str(one.id) for one in named))
            found.problems.append(
                entry.place.problem("name", entry.name, f"an id, as {len(named)} campaigns have this name: {ids}")
            )
            return
        one = named[0] if named else None
    if one is not None:
        if one.status in compare.FINAL and entry.fields.get("status") not in compare.FINAL:
            found.problems.append(entry.place.problem("id", entry.id, f"a campaign that is not {one.status}, which is final"))
        found.campaigns.append(Target(str(one.id), f'campaign "{one.name}" ({one.id})', entry, one))
        return
    try:
        params.check(params.CampaignCreate, {**_given(entry), "name": entry.name}, entry.place.path)
    except InvalidInput as error:
        allowed = f"{error.allowed}; there is no campaign of this name, so it would be created"
        found.problems.append(entry.place.problem(error.field.removeprefix(f"{entry.place.path}."), error.given, allowed))
    found.campaigns.append(Target(f'campaign new "{entry.name}"', f'campaign "{entry.name}" (new)', entry))


def _find_ad_group(
    entry: AdGroupEntry, ad_groups: Iterable[AdGroup], campaigns: dict[str, Campaign], found: Resolved
) -> AdGroup | None:
    if entry.id:
        for one in ad_groups:
            if one.id == entry.id:
                if one.status in compare.FINAL and (entry.promotions or entry.fields.get("status") not in compare.FINAL):
                    words = f"an ad group that is not {one.status}: nothing can be changed in it"
                    found.problems.append(entry.place.problem("id", entry.id, words))
                return one
        found.problems.append(entry.place.problem("id", entry.id, f"the id of an ad group of ad account {found.account}"))
        return None
    named = [one for one in ad_groups if one.name == entry.name and one.status not in compare.FINAL]
    if entry.campaign_id:
        named = [one for one in named if one.campaign_id == entry.campaign_id]
    elif entry.campaign:
        known = {key for key, campaign in campaigns.items() if campaign.name == entry.campaign}
        known |= {target.ref for target in found.campaigns if target.entry.name == entry.campaign}
        named = [one for one in named if one.campaign_id in known]
    if len(named) > 1:
        ids = ", ".join(sorted(str(one.id) for one in named))
        words = f"an id or a campaign, as {len(named)} ad groups have this name: {ids}"
        found.problems.append(entry.place.problem("name", entry.name, words))
    return named[0] if named else None


def _ad_group(entry: AdGroupEntry, one: AdGroup | None, campaigns: dict[str, Campaign], found: Resolved) -> None:
    if one is not None:
        campaign = campaigns.get(str(one.campaign_id))
        if entry.id and entry.campaign_id and entry.campaign_id != one.campaign_id:
            words = f"{one.campaign_id}, where it is: the campaign of an ad group cannot be changed"
            found.problems.append(entry.place.problem("campaign_id", entry.campaign_id, words))
        label = f'ad group "{one.name}" ({one.id})'
        found.ad_groups.append(Target(str(one.id), label, entry, one, str(one.campaign_id), campaign))
        return
    if entry.id or any(problem.line == entry.place.line and problem.file == entry.place.file for problem in found.problems):
        return  # said already
    if not entry.campaign and not entry.campaign_id:
        words = (
            f"the name of an ad group of ad account {found.account}; with a campaign and a billable_event it would be created"
        )
        found.problems.append(entry.place.problem("name", entry.name, words))
        return
    target = Target(f'ad group new "{entry.name}"', f'ad group "{entry.name}" (new)', entry)
    if entry.campaign_id:
        target.campaign_ref, target.campaign = entry.campaign_id, campaigns.get(entry.campaign_id)
        if target.campaign is None:
            words = f"the id of a campaign of ad account {found.account}"
            found.problems.append(entry.place.problem("campaign_id", entry.campaign_id, words))
    else:
        declared = [
            other for other in found.campaigns if (other.live.name if other.live else other.entry.name) == entry.campaign
        ]
        named = [other for other in campaigns.values() if other.name == entry.campaign and other.status not in compare.FINAL]
        if declared:
            target.campaign_ref, target.campaign = declared[0].ref, declared[0].live
        elif len(named) == 1:
            target.campaign_ref, target.campaign = str(named[0].id), named[0]
        else:
            ids = ", ".join(sorted(str(other.id) for other in named))
            words = (
                f"a campaign_id, as {len(named)} campaigns have this name: {ids}"
                if named
                else "the name of a campaign, declared or there"
            )
            found.problems.append(entry.place.problem("campaign", entry.campaign, words))
    target.ref = f'ad group new "{entry.name}" in {target.campaign_ref}'
    try:
        params.check(params.AdGroupCreate, {**_given(entry), "name": entry.name, "campaign_id": "1"}, entry.place.path)
    except InvalidInput as error:
        budgeted = error.field.endswith("budget_in_micro_currency") and "budget_type" not in entry.fields
        if not budgeted:
            allowed = f"{error.allowed}; there is no ad group of this name, so it would be created"
            found.problems.append(entry.place.problem(error.field.removeprefix(f"{entry.place.path}."), error.given, allowed))
    found.ad_groups.append(target)


def _once(found: Resolved) -> None:
    """A name and an id that turned out to be one thing."""
    for targets in (found.campaigns, found.ad_groups):
        seen: dict[str, Target] = {}
        for target in targets:
            before = seen.setdefault(target.ref, target)
            if before is not target:
                given = target.entry.id or target.entry.name
                found.problems.append(
                    target.entry.place.problem("", given, f"each once; {before.entry.place} is {target.label} too")
                )


def _expand(entry: AdGroupEntry, names: dict[str, list[str]], found: Resolved) -> list[Wanted]:
    """Entries with names and patterns put as ids, each key once."""
    wanted: list[Wanted] = []
    keys: dict[tuple[str | None, str | None, str], tuple[PromotionEntry, bool]] = {}

    def add(one: PromotionEntry, group_id: str | None, name: str | None) -> None:
        kind = one.creative_type or "REGULAR"
        key = (one.id, None, "") if one.id else (None, group_id, kind)
        before = keys.get(key)
        if before is not None:
            if one.pattern and not before[1]:
                return  # what is named alone is not what the pattern says
            given = one.id or name or group_id
            words = f"each once; {before[0].place} is {'the same promotion' if one.id else f'{group_id} {kind}'} too"
            found.problems.append(one.place.problem("", given, words))
            return
        keys[key] = (one, bool(one.pattern))
        wanted.append(Wanted(one.place, one.id, group_id, name, one.creative_type, one.fields, one.existing))

    for one in entry.promotions:
        if one.pattern is not None:
            continue
        if one.group_name is None:
            add(one, one.group_id, found.group_names.get(one.group_id or ""))
            continue
        ids = names.get(one.group_name, [])
        if len(ids) == 1:
            add(one, ids[0], one.group_name)
        else:
            allowed = f"an id, as {len(ids)} catalog product groups have this name: {', '.join(sorted(ids))}"
            found.problems.append(
                one.place.problem(
                    "catalog_product_group_name", one.group_name, allowed if ids else "the name of a catalog product group"
                )
            )
    for one in entry.promotions:
        if one.pattern is None:
            continue
        form = re.compile(fnmatch.translate(one.pattern))
        hits = [(group_id, name) for name, ids in names.items() if form.match(name) for group_id in ids]
        if not hits:
            words = "a pattern (* ? [a-z]) that the name of a catalog product group has"
            found.problems.append(one.place.problem("catalog_product_group_pattern", one.pattern, words))
        for group_id, name in sorted(hits, key=lambda hit: (len(hit[0]), hit[0])):
            add(one, group_id, name)
    return wanted
