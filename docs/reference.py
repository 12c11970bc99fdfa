"""Writes reference.md from the code: ``python docs/reference.py``. A test compares the two."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

from pinshop.api import params
from pinshop.api.endpoints import BY_ID
from pinshop.api.operations import Operation
from pinshop.api.params.check import _check_for
from pinshop.errors import InvalidInput
from pinshop.resources import (
    ad_accounts,
    ad_groups,
    bulk,
    campaigns,
    catalog_product_groups,
    catalogs,
    feeds,
    metrics,
    promotions,
    reports,
    user_account,
)
from pinshop.resources.binding import operation
from pinshop.resources.listing import paginated

PAGE = Path(__file__).with_name("reference.md")
RESOURCES = {
    "promotions": promotions.Promotions,
    "campaigns": campaigns.Campaigns,
    "ad_groups": ad_groups.AdGroups,
    "ad_accounts": ad_accounts.AdAccounts,
    "user_account": user_account.UserAccounts,
    "catalogs": catalogs.Catalogs,
    "feeds": feeds.Feeds,
    "catalog_product_groups": catalog_product_groups.CatalogProductGroups,
    "reports": reports.Reports,
    "bulk": bulk.Bulk,
    "resources": metrics.Metrics,
}
WRITTEN = [
    params.ProductGroupPromotionCreate, params.ProductGroupPromotionUpdate, params.CampaignCreate, params.CampaignUpdate,
    params.AdGroupCreate, params.AdGroupUpdate, params.AdAccountCreate, params.CatalogProductGroupCreate,
    params.CatalogProductGroupUpdate, params.Filters, params.Filter, params.ReportRequest, params.BulkDownloadRequest,
    params.TargetingSpec,
    params.TrackingUrls,
]  # fmt: skip
HEAD = """\
# Reference

Every method of `Client`; `AsyncClient` has the same, awaited (lists: `async for`). Written by `python docs/reference.py`.

- Ids are taken as `str` or `int` and given as `str`. Enums are taken as `str` or `Enum` member; an unknown value that Pinterest
  sends survives.
- In answers, a field that was not sent is `UNSET`, a field sent as null is `None`.
- Money is in micro-currency, integers: 1,000,000 is one unit of the ad account's currency. Prices of products are in units.
- Any other endpoint: `client.send(operations.raw("GET", "/boards"))`, signed, paced and retried like the rest.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for resource, kind in RESOURCES.items():
        parts.append(f"## client.{resource}\n")
        parts += [entry(resource, name, member) for name, member in vars(kind).items() if is_public(name, member)]
    parts.append("## What is written\n\nFields of create and update; a * is required.\n")
    parts += [fields(kind) for kind in WRITTEN]
    return "\n".join(parts)


def is_public(name: str, member: Any) -> bool:
    """Whether users call it: the methods of both clients, and plain ones that send nothing."""
    return isinstance(member, operation | paginated) or (inspect.isfunction(member) and not name.startswith("_"))


def entry(resource: str, name: str, member: Any) -> str:
    """One method: signature, facts of its row, docstring."""
    function = member if inspect.isfunction(member) else member._function  # noqa: SLF001
    signature = inspect.signature(function)
    arguments = [str(p).split(":")[0].split("=")[0].strip() for p in list(signature.parameters.values())[1:]]
    keyword = next((n for n, p in enumerate(list(signature.parameters.values())[1:]) if p.kind is p.KEYWORD_ONLY), None)
    if keyword is not None:
        arguments.insert(keyword, "*")
    doc = inspect.getdoc(function) or ""
    rows = [row for source in re.findall(r"Source: ([\w/]+)", doc) if (row := BY_ID.get(source))]
    result = str(signature.return_annotation).replace("Flow[", "").replace("ListSpec[", "list of ").removesuffix("]")
    lines = [f"### {resource}.{name}({', '.join(arguments)})\n", *(facts(row) for row in rows), markdown(doc)]
    return "\n".join([lines[0], f"Gives {result}.".replace("Gives None", "Gives nothing"), "", *lines[1:]])


def facts(row: Operation) -> str:
    """What the row says, in one line."""
    scopes = ", ".join(f"`{scope}`" for scope in row.scopes)
    more = [f"quota `{row.category}`", f"scopes {scopes}"]
    more += [f"up to {row.max_items} items per request"] if row.max_items else []
    more += [f"since {row.since}"] if row.since != "5.0" else []
    more += ["in Pinterest's sandbox" if row.sandbox else "not in Pinterest's sandbox"]
    return " · ".join(more) + "\n"


def markdown(doc: str) -> str:
    """A docstring as Markdown: double backticks single, sections as lists."""
    text = re.sub(r"``([^`]+)``", r"`\1`", doc)
    out: list[str] = []
    for block in re.split(r"\n(?=(?:Args|Returns|Raises|Source):)", text):
        head, _, body = block.partition(":\n")
        if head in ("Args", "Raises"):
            items = re.split(r"\n(?! )", textwrap.dedent(body).strip())
            out.append(f"{head}:\n\n" + "\n".join(f"- {' '.join(item.split())}" for item in items))
        elif head == "Returns":
            out.append("Returns: " + " ".join(body.split()))
        elif not block.startswith("Source:"):
            out.append(block.strip())
    return "\n\n".join(out) + "\n"


def fields(kind: type) -> str:
    """The fields of one body."""
    lines = [
        f"### inputs.{kind.__name__}\n",
        (inspect.getdoc(kind) or "").replace("``", "`") + "\n",
        "| field | value |",
        "|---|---|",
    ]
    for name, hint in get_type_hints(kind, include_extras=True).items():
        star = "*" if get_origin(hint) is Required else ""
        lines.append(f"| `{name}`{star} | {words(hint)} |")
    return "\n".join(lines) + "\n"


def words(hint: Any) -> str:
    """What is allowed, in the words of the check itself: it is asked about a value that nothing allows."""
    if get_origin(hint) is Required:
        hint = get_args(hint)[0]
    if is_typeddict(hint):
        return f"`inputs.{hint.__name__}`"
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    null = ", or null" if NoneType in members else ""
    try:
        _check_for(hint)("", object(), None)
    except InvalidInput as error:
        text = error.allowed
    else:
        text = "anything"
    base = next(m for m in members if m is not NoneType)
    base = get_args(base)[0] if get_origin(base) is Annotated else base
    if get_origin(base) is Sequence:
        text += f", each {words(get_args(base)[0])}"
    elif is_typeddict(base):
        text = f"`inputs.{base.__name__}`"
    return text.replace("|", "\\|") + null


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
