"""Nodes of a manifest file -> what it declares, with every problem noted at its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from pinshop.api import params
from pinshop.api.checks import is_digits
from pinshop.api.macros import unknown_macro
from pinshop.api.near import or_rather
from pinshop.errors import InvalidInput
from pinshop.plans.entries import (
    CLEAR,
    ENTITY_TYPES,
    GROUP_REFS,
    STATUSES,
    AccountSection,
    AdGroupEntry,
    CampaignEntry,
    Place,
    PromotionEntry,
    field_names,
)
from pinshop.plans.nodes import Document, Node, Problem
from pinshop.plans.values import Money, Refused, converters

#: How many values of fields of promotions are remembered as good.
_MOST_KNOWN = 10_000

_AD_GROUP = re.compile(r"ad_groups\[[0-9]+\]$")


class ManifestReader:
    """Nodes of one file -> sections."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._csv = document.file.lower().endswith(".csv")
        self._known: dict[Any, Any] = {}

    def sections(self) -> list[AccountSection]:
        root = self._document.root
        if not isinstance(root.value, dict):
            self._document.refuse(root, "file", "a mapping with account, campaigns, ad_groups, …")
            return []
        given = self._keys(
            root,
            "",
            (
                "pinshop",
                "account",
                "accounts",
                "protect",
                "campaign_defaults",
                "ad_group_defaults",
                "promotion_defaults",
                "campaigns",
                "ad_groups",
            ),
        )
        if "pinshop" in given and str(given["pinshop"].value) != "1":
            self._document.refuse(given["pinshop"], "pinshop", "1, the version of this format")
        defaults = self._defaults(given, "", {})
        if "accounts" not in given:
            return [self._section(root, given, "", *self._account(given.get("account")), defaults)]
        for name in ("account", "campaigns", "ad_groups"):
            if name in given:
                self._document.refuse(given[name], name, f"no {name} beside accounts: it belongs into one of them")
        protect = self._flag(given, "protect", "")
        sections = []
        for index, node in enumerate(self._list(given["accounts"], "accounts")):
            path = f"accounts[{index}]"
            inner = self._keys(
                node,
                path,
                (
                    "id",
                    "name",
                    "protect",
                    "campaign_defaults",
                    "ad_group_defaults",
                    "promotion_defaults",
                    "campaigns",
                    "ad_groups",
                ),
            )
            own = self._defaults(inner, f"{path}.", defaults)
            section = self._section(node, inner, f"{path}.", self._id(inner, path), self._name(inner, path), own)
            section.protect = section.protect or protect
            sections.append(section)
        return sections

    def _section(
        self,
        node: Node,
        given: Mapping[str, Node],
        prefix: str,
        id: str | None,  # noqa: A002 - the name of the field
        name: str | None,
        defaults: dict[str, Any],
    ) -> AccountSection:
        place = Place(self._document.file, node.line, node.column, prefix.rstrip("."))
        section = AccountSection(place, id, name, self._flag(given, "protect", prefix), [], [], [])
        for index, entry in enumerate(self._list(given.get("campaigns"), f"{prefix}campaigns")):
            section.campaigns.append(self._campaign(entry, f"{prefix}campaigns[{index}]", defaults["campaign"], section))
        for index, entry in enumerate(self._list(given.get("ad_groups"), f"{prefix}ad_groups")):
            section.ad_groups.append(self._ad_group(entry, f"{prefix}ad_groups[{index}]", defaults, section))
        return section

    def _account(self, node: Node | None) -> tuple[str | None, str | None]:
        if node is None:
            return None, None
        if isinstance(node.value, dict):
            given = self._keys(node, "account", ("id", "name"))
            return self._id(given, "account"), self._name(given, "account")
        text = str(node.value) if isinstance(node.value, int) and not isinstance(node.value, bool) else node.value
        if not isinstance(text, str) or not text:
            self._document.refuse(node, "account", "the id or the name of an ad account")
            return None, None
        return (text, None) if is_digits(text, 18) else (None, text)

    def _campaign(self, node: Node, path: str, defaults: dict[str, Any], section: AccountSection) -> CampaignEntry:
        given = self._keys(node, path, ("id", CLEAR, *field_names("campaign")))
        entry_id = self._id(given, path)
        fields = {**defaults, **self._fields("campaign", node, given, path, section)}
        name = fields.get("name") if entry_id else fields.pop("name", None)
        if not entry_id and not name and given.keys().isdisjoint(("id", "name")):
            self._refuse(node, path, "an id or a name", given=None)
        return CampaignEntry(self._place(node, path), entry_id, name, fields)

    def _ad_group(self, node: Node, path: str, defaults: dict[str, Any], section: AccountSection) -> AdGroupEntry:
        given = self._keys(
            node,
            path,
            (
                "id",
                "campaign",
                "campaign_id",
                "exclusive",
                "protect",
                "promotion_defaults",
                "promotions",
                CLEAR,
                *field_names("ad_group"),
            ),
        )
        entry_id = self._id(given, path)
        fields = {**defaults["ad_group"], **self._fields("ad_group", node, given, path, section)}
        name = fields.get("name") if entry_id else fields.pop("name", None)
        if not entry_id and not name and given.keys().isdisjoint(("id", "name")):
            self._refuse(node, path, "an id or a name", given=None)
        campaign, campaign_id = self._name(given, path, "campaign"), self._id(given, path, "campaign_id")
        if campaign and campaign_id:
            self._document.refuse(given["campaign_id"], f"{path}.campaign_id", "a campaign or a campaign_id, not both")
        promoted = {**defaults["promotion"], **self._promotion_defaults(given, f"{path}.", section)}
        entry = AdGroupEntry(
            self._place(node, path),
            entry_id,
            name,
            campaign_id,
            campaign,
            self._flag(given, "exclusive", f"{path}."),
            self._flag(given, "protect", f"{path}."),
            fields,
            [],
        )
        for index, item in enumerate(self._list(given.get("promotions"), f"{path}.promotions")):
            where = f"{path}.promotions[{index}]"
            if (promotion := self._promotion(item, where, promoted, section)) is not None:
                entry.promotions.append(promotion)
        return entry

    def _promotion(self, node: Node, path: str, defaults: dict[str, Any], section: AccountSection) -> PromotionEntry | None:
        given = self._keys(node, path, promotion_keys(self._csv))
        entry_id = self._id(given, path)
        group_id = self._id(given, path, "catalog_product_group_id")
        name, pattern = self._name(given, path, "catalog_product_group_name"), self._name(given, path, GROUP_REFS[2])
        if pattern and (entry_id or group_id or name):
            self._refuse(given[GROUP_REFS[2]], f"{path}.{GROUP_REFS[2]}", "a pattern alone, or an id or name instead")
        elif "id" not in given and not any(ref in given for ref in GROUP_REFS):
            self._refuse(node, path, f"an id, or one of {', '.join(GROUP_REFS)}", given=None)
        own = self._fields("promotion", node, given, path, section)
        fields = {**defaults, **own} if defaults else own
        creative_type = fields.pop("creative_type", None)
        if entry_id and creative_type is not None:
            fields["creative_type"] = creative_type  # a field of one promotion, not part of its key
        if group_id:
            name = None  # an id beside a name: the name is for people
        return PromotionEntry(
            self._place(node, path), entry_id, group_id, name, pattern, creative_type, fields, existing="action" in given
        )

    # ---------------------------------------------------------------------------------------- defaults

    def _defaults(self, given: Mapping[str, Node], prefix: str, outer: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for entity_type in ENTITY_TYPES:
            own = self._some_defaults(given, f"{entity_type}_defaults", entity_type, prefix, None)
            found[entity_type] = {**outer.get(entity_type, {}), **own}
        return found

    def _promotion_defaults(self, given: Mapping[str, Node], prefix: str, section: AccountSection) -> dict[str, Any]:
        return self._some_defaults(given, "promotion_defaults", "promotion", prefix, section)

    def _some_defaults(
        self, given: Mapping[str, Node], key: str, entity_type: str, prefix: str, section: AccountSection | None
    ) -> dict[str, Any]:
        if key not in given:
            return {}
        path = f"{prefix}{key}"
        names = (field_names(entity_type) - {"name"}) | {CLEAR}
        inner = self._keys(given[key], path, names)
        return self._fields(entity_type, given[key], inner, path, section)

    # ------------------------------------------------------------------------------------------ fields

    def _fields(
        self, entity_type: str, node: Node, given: Mapping[str, Node], path: str, section: AccountSection | None
    ) -> dict[str, Any]:
        """The named fields of an entry as a request takes them."""
        if CLEAR in given:
            given = self._cleared(entity_type, given, path)
        kind = ENTITY_TYPES[entity_type]
        convert, names = converters(kind), field_names(entity_type)
        money: list[Money] = []
        fields: dict[str, Any] = {}
        known = self._known if entity_type == "promotion" else None
        seen: dict[str, Any] = {}
        before = len(self._document.problems)
        for name, value in given.items():
            if name not in names:
                continue
            if known is not None and not isinstance(value.value, dict | list):
                # No rule binds several fields of a promotion, so a value that was good is good again.
                key = (name, value.value, type(value.value), value.quoted)
                if key in known:
                    seen[name] = known[key]
                    continue
            try:
                fields[name] = convert[name](value, f"{path}.{name}", money)
            except Refused as refused:
                self._refuse(refused.node, refused.field, refused.allowed)
        for amount in money:
            where = Place(self._document.file, amount.line, amount.column, amount.field)
            if section is None:
                self._document.problems.append(
                    where.problem("", amount.currency, "an integer of micro-currency: defaults serve accounts of any currency")
                )
            else:
                section.money.append((where, amount))
        if not fields:
            return seen
        status = fields.get("status")
        if status is not None and status not in STATUSES:
            near = difflib.get_close_matches(str(status).upper(), STATUSES, n=1)
            allowed = f"one of {', '.join(STATUSES)}" + (f"; nearest: {near[0]}" if near else "")
            self._refuse(given["status"], f"{path}.status", allowed)
            return fields
        try:
            params.check(kind, {"id": "1", **fields}, path)
        except InvalidInput as error:
            field = self._called(error.field)
            self._document.refuse_below(node, path, error.field, error.given, error.allowed)
            if self._csv:
                last = self._document.problems.pop()
                self._document.problems.append(Problem(last.file, last.line, last.column, field, last.given, last.allowed))
        self._check_urls(fields, given, path)
        if known is not None and len(known) < _MOST_KNOWN and len(self._document.problems) == before:
            for name, value in fields.items():
                node_of = given[name]
                if not isinstance(node_of.value, dict | list):
                    known[name, node_of.value, type(node_of.value), node_of.quoted] = value
        return {**seen, **fields}

    def _cleared(self, entity_type: str, given: Mapping[str, Node], path: str) -> dict[str, Node]:
        """``clear: [tracking_url]`` says what ``tracking_url: null`` says, also where a format has no null."""
        node, where = given[CLEAR], f"{path}.{CLEAR}"
        named: list[Node] | None = None
        if self._csv and isinstance(node.value, str):
            named = [Node(one, node.line, node.column) for one in node.value.replace(",", " ").replace(";", " ").split()]
        known = field_names(entity_type) - {"name"}
        result = dict(given)
        for index, item in enumerate(self._list(node, where) if named is None else named):
            name = item.value
            if not isinstance(name, str) or name not in known:
                allowed = "a field of this entry" + (or_rather(name, known) if isinstance(name, str) else "")
                self._refuse(item, where if self._csv else f"{where}[{index}]", allowed)
            elif name in given:
                self._refuse(
                    item,
                    where if self._csv else f"{where}[{index}]",
                    f"a field that has no value beside it (line {given[name].line})",
                )
            else:
                result[name] = Node(None, item.line, item.column)
        return result

    def _check_urls(self, fields: Mapping[str, Any], given: Mapping[str, Node], path: str) -> None:
        for name in ("tracking_url", "tracking_urls"):
            urls = fields.get(name)
            lists = urls.values() if isinstance(urls, dict) else ()  # what else there is was refused before
            several = [urls, *(url for some in lists if isinstance(some, list) for url in some)]
            for url in several:
                if isinstance(url, str) and (allowed := _macro(url)):
                    self._refuse(given[name], f"{path}.{name}", allowed)

    # ------------------------------------------------------------------------------------------ pieces

    def _refuse(self, node: Node, field: str, allowed: str, given: Any = ...) -> None:
        self._document.refuse(node, self._called(field), allowed, given)

    def _called(self, path: str) -> str:
        """A field in messages: its path, or the name of its column."""
        name = path.rpartition(".")[2]
        return path if not self._csv else "row" if name.endswith("]") else name

    def _place(self, node: Node, path: str) -> Place:
        return Place(self._document.file, node.line, node.column, "row" if self._csv else path)

    def _keys(self, node: Node, path: str, known: Iterable[str]) -> dict[str, Node]:
        """The pairs of a mapping; keys that are not known are refused."""
        if not isinstance(node.value, dict):
            self._refuse(node, path or "file", "a mapping")
            return {}
        given: dict[str, Node] = node.value
        known = known if isinstance(known, set | frozenset) else frozenset(known)
        if given.keys() <= known:
            return given
        for name in given.keys() - known:
            meant = or_rather(name, sorted(known))
            allowed = f"not this field{meant}" if meant else f"the fields {', '.join(sorted(known))}"
            self._refuse(given[name], f"{path}.{name}" if path else name, allowed)
        return {name: value for name, value in given.items() if name in known}

    def _list(self, node: Node | None, path: str) -> list[Node]:
        if node is None or node.value is None:
            return []
        if not isinstance(node.value, list):
            self._refuse(node, path, "a list")
            return []
        return node.value

    def _flag(self, given: Mapping[str, Node], name: str, prefix: str) -> bool:
        node = given.get(name)
        if node is None:
            return False
        if isinstance(node.value, bool):
            return node.value
        if node.value in ("true", "false") and not node.quoted:
            return bool(node.value == "true")
        self._refuse(node, f"{prefix}{name}", "true or false")
        return False

    def _id(self, given: Mapping[str, Node], path: str, name: str = "id") -> str | None:
        node = given.get(name)
        if node is None:
            return None
        text = str(node.value) if isinstance(node.value, int) and not isinstance(node.value, bool) else node.value
        # Bodies may prefix these; lists, and so the comparison, do not.
        prefix = "C" if name == "campaign_id" else "AG" if _AD_GROUP.search(path) else ""
        bare = text.removeprefix(prefix) if isinstance(text, str) else text
        if not isinstance(bare, str) or not is_digits(bare, 18):
            self._refuse(node, f"{path}.{name}", "1 to 18 digits")
            return None
        return bare

    def _name(self, given: Mapping[str, Node], path: str, name: str = "name") -> str | None:
        node = given.get(name)
        if node is None:
            return None
        if not isinstance(node.value, str) or not node.value:
            self._refuse(node, f"{path}.{name}", "text that is not empty")
            return None
        return node.value


@lru_cache(maxsize=2)
def promotion_keys(rows: bool) -> frozenset[str]:
    return frozenset({"id", CLEAR, *GROUP_REFS, *field_names("promotion"), *(("action",) if rows else ())})


_macro = lru_cache(maxsize=4096)(unknown_macro)
