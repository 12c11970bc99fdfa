"""What of the emulator is Pinterest's word, what is inferred, and what is a setting: written as a page from the code.

``python docs/emulator_truth.py > docs/emulator-truth.md``. A test compares the two.
"""

from __future__ import annotations

import sys

from msgspec import Struct

from pinshop.api.endpoints import OPERATIONS
from pinshop.api.fields import FIELDS
from pinshop.api.operations import API_VERSIONS, Operation, version
from pinshop.emulator.rules import describe
from pinshop.emulator.shapes import ENTITY_OF


class Truth(Struct, frozen=True):
    """What goes beyond Pinterest's description: what we infer, and which rules decide the rest."""

    inferred: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


_STATUSES = ("archived_is_final", "failed_item_data", "code_not_found", "code_item_refused")
_LISTS = ("default_order", "statuses_with_ids")
_DERIVED = ("bid_in_micro_currency", "definition", "ad_group_id_prefix")
_ROWS = (
    "hour_date_format", "bucket_date", "week_starts", "empty_rows", "zero_metrics", "ratio_unit", "delivery_lag_hours",
    "conversion_delay", "engagement_attribution",
)  # fmt: skip
_MODEL = "every number: no two accounts earn alike, and none earns like yours (the model: pinshop/emulator/delivery/)"
_LIVE = "only what is ACTIVE under an ACTIVE ad group and an ACTIVE campaign, within their schedules, earns"

TRUTH: dict[str, Truth] = {
    "product_group_promotions/create": Truth(
        (
            "entries keep the order of the request", "a bad type refuses the whole request (400), a bad reference its entry",
            "the ad group must exist, not be archived, and belong to a campaign for shopping ads",
            "a group must belong to the owner of the ad account; definition, included, parent_id are remnants",
        ),
        (
            "default_promotion_status", "create_answers", "duplicate_promotion", "write_wrong_objective", "field_names",
            "hero_pin_required", *_STATUSES, *_DERIVED,
        ),
    ),
    "product_group_promotions/update": Truth(
        ("at most as many items as a create", "drafts begin as drafts: nothing else becomes one"),
        ("update_items_maximum", "update_catalog_product_group_id", *_STATUSES, *_DERIVED),
    ),
    "product_group_promotions/list": Truth(
        ("without ad_group_id and ids: 400/1", "an unknown ad group: 404"), (*_LISTS, "code_not_found", *_DERIVED)
    ),
    "product_group_promotions/get": Truth(("unknown: 404",), ("code_not_found", *_DERIVED)),
    "product_groups/analytics": Truth(
        (_LIVE, _MODEL, "product_group_ids are ids of promotions", "a column that is listed is never refused"),
        (
            "analytics_days_back", "unknown_promotion_ids", "window_combinations", "lifetime_cap_days", "bid_options",
            "recorded_rates",
            *_ROWS,
        ),
    ),
    "campaigns/create": Truth(
        ("checks beyond types are exceptions of the entry", "app_id and app_platform are refused: no apps"),
        (
            "code_missing_budget", "objective_generation", "longest_name", "catalog_sales_needs_cbo", "lifetime_cap_days",
            *_STATUSES,
        ),
    ),
    "campaigns/update": Truth(
        ("what is changed counts from that second on", "leaving budget optimisation without a default leaves no budgets",
         "its schedule supersedes those of its ad groups", "what only drafts may change nobody may at 5.6, which has none"),
        ("code_missing_budget", "catalog_sales_needs_cbo", "masked_without_value", "longest_name", *_STATUSES),
    ),
    "campaigns/list": Truth((), _LISTS),
    "campaigns/get": Truth(("unknown: 404",), ("code_not_found",)),
    "ad_groups/create": Truth(
        ("without bid_strategy_type: MAX_BID where a bid is given, else AUTOMATIC_BID",),
        (
            "code_missing_budget", "nested_schedules", "bid_required", "targeting_template_alone", "longest_name", *_STATUSES,
        ),
    ),
    "ad_groups/update": Truth(
        (
            "what is changed counts from that second on", "campaign_id cannot change",
            "what only drafts may change nobody may at 5.6, which has none",
            "targeting_spec_operations is refused: write targeting_spec",
        ),
        ("code_missing_budget", "nested_schedules", "bid_required", "targeting_template_alone", "longest_name", *_STATUSES),
    ),
    "ad_groups/list": Truth(("names of interests of the first level are known; the others stay ids",), _LISTS),
    "ad_groups/get": Truth(("unknown: 404",), ("code_not_found",)),
    "ad_accounts/list": Truth(("order: ascending ids",)),
    "ad_accounts/get": Truth((), ("unknown_ad_account", "forbidden_status")),
    "ad_accounts/create": Truth(("currency defaults to USD; nothing is reviewed",), ("ad_accounts_per_user",)),
    "user_account/get": Truth(),
    "catalogs/list": Truth(("order: ascending ids",)),
    "feeds/list": Truth(("order: ascending ids",)),
    "feeds/get": Truth(("nothing is fetched from `location`: feeds are loaded from files",)),
    "catalogs_product_groups/list": Truth(("order: ascending ids",), ("created_at_unit",)),
    "catalogs_product_groups/get": Truth(("ALL_PRODUCTS answers filters {any_of: []}",), ("created_at_unit",)),
    "catalogs_product_groups/create": Truth(
        ("retail only; names and filters are unique per feed", "filters compare without case", "counted at once"),
        ("created_at_unit",),
    ),
    "catalogs_product_groups/update": Truth(("retail only",), ("created_at_unit",)),
    "catalogs_product_groups/delete": Truth((), ("promotions_that_block_delete",)),
    "catalogs_product_groups/product_counts_get": Truth(("videos: items with a video_link",)),
    "catalogs_product_group_pins/list": Truth(("a Pin is made of its item",), ("pin_metrics",)),
    "analytics/create_report": Truth(
        (
            "levels ADVERTISER, CAMPAIGN, AD_GROUP, PRODUCT_GROUP and PRODUCT_ITEM; others are refused with 400",
            "what is above promotions is the sum of its promotions, ratios are those of the sums",
            "rows begin with the id of the level: AD_ACCOUNT_ID, CAMPAIGN_ID, AD_GROUP_ID; columns of what is below are absent",
            "every filter acts or is refused with the reason; ads, targeting and labels are not emulated",
        ),
        (
            "report_seconds", "report_polls", "report_outcome", "unknown_report_columns", "users_above_promotions",
            "report_filters_below_level",
        ),
    ),
    "analytics/get_report": Truth(
        (_LIVE, _MODEL, "made once, when first seen to be finished", "CSV columns are named as asked, after DATE and ids"),
        ("report_seconds", "report_polls", "report_outcome", "report_link_seconds", "report_life_seconds", *_ROWS),
    ),
    "bulk_download/create": Truth(
        (
            "entity types CAMPAIGN, AD_GROUP and PRODUCT_GROUP; others are refused with 400; none given: all three",
            "all filters must pass; campaign_filter leaves campaigns and what is under them; unknown entity_ids bring nothing",
            "updated_since compares with the second of the last write to the entity itself, not to what it belongs to",
            "CSV: a first column entity_type, then the fields of all types",
        ),
        (
            "bulk_statuses", "bulk_layout", "bulk_campaign_times", "bulk_campaign_name", "report_seconds", "report_polls",
            "report_outcome", *_DERIVED,
        ),
    ),
    "bulk_request/get": Truth(
        ("made once, when it is first seen to be done", "unknown: 404"),
        ("bulk_details", "report_seconds", "report_polls", "report_outcome", "report_link_seconds", "code_not_found"),
    ),
    "delivery_metrics/get": Truth(
        ("definitions of our own; ASYNC, or none: what reports have values for, which is every column of analytics and more",)
    ),
    "metrics_ready_state/get": Truth(("ready when the delivery model adds nothing more",), ("delivery_lag_hours",)),
    "oauth/token": Truth(
        (
            "one app, one secret", "a code lives five minutes; used twice, all it gave is void",
            "the app is of after 25 September 2025: it gets continuous refresh tokens whether it asks or not",
        ),
        (
            "access_token_seconds", "refresh_token_seconds", "refresh_rotates", "refresh_grace_seconds", "code_bad_grant",
        ),
    ),
}  # fmt: skip

#: Rules that touch every operation.
GENERAL = (
    "unknown_query_parameters", "unknown_body_fields", "read_only_fields", "body_too_large_status", "unknown_ad_account",
    "forbidden_status",
)  # fmt: skip

_HEAD = """\
# What of the emulator is true

Written by `python docs/emulator_truth.py` from the code.

Each operation answers, at each API version, in the shape and with the fields, values, limits and statuses of Pinterest's
description of that version (5.6.0, 5.14.0, 5.23.0; 5.28 = 5.23.0 and what clients generated from 5.28.0 show). Every reply in
the emulator's tests is validated against these descriptions where they are at hand. That part is **exact**: as published, which
is not always as served. What the descriptions leave open is **inferred** (listed below, fixed in the code) or a **rule**: a
setting with a default, alternatives and evidence, to be set at the start or while the emulator runs.

For every operation: 401 with code 2 (no valid token), 3 (no scope), 403 or 401 with 29 (no role on the ad account), 429 with 8,
404 outside the slice, 405 with 5, and 400 with code 1 that names the parameter. The words of most 400s are ours, in Pinterest's
style; the words of the codes 2, 3, 8, 29 and 41xx are Pinterest's. Rules that touch every operation: {general}.

What is sent never stays without effect in silence: it acts, is kept and answered, is refused, or is what a rule says of it. A
test goes over every parameter and every field of every body.

The order of the checks (token, limit, ids, parameters, ad account, body, content) is inferred.
"""


_NOT_EMULATED = """\
Pins, boards, audiences, ads, keywords, billing, bulk upsert, catalogs of hotels and creative assets, writing feeds, item
batches, reports of ads, keywords and targeting, and Pinterest's own sandbox. Ask for them and the answer says so: a 404, or a
400 where only a part of the call is meant."""


def _contracts(operation: Operation) -> str:
    """What each API version has of an operation: absent, or how many of its fields and parameters."""
    name = ENTITY_OF.get(operation.id.split("/", maxsplit=1)[0])
    told = []
    for api_version in API_VERSIONS:
        if version(operation.since) > version(api_version):
            told.append("absent")
            continue
        parts = []
        if name in FIELDS:
            parts.append(f"{sum(field.at(api_version) for field in FIELDS[name])} fields")
        if parameters := sum(param.at(api_version) is not None for param in operation.query):
            parts.append(f"{parameters} parameters")
        told.append(", ".join(parts) or "yes")
    return " | ".join(told)


def page() -> str:
    """The page, in Markdown."""
    lines = [_HEAD.format(general=", ".join(f"`{name}`" for name in GENERAL))]
    lines += ["## By api_version", "", f"| operation | {' | '.join(API_VERSIONS)} |", f"|---|{'---|' * len(API_VERSIONS)}"]
    lines += [f"| `{operation.verb} {operation.path}` | {_contracts(operation)} |" for operation in OPERATIONS]
    lines += ["", "## Beyond the descriptions", "", "| operation | inferred | rules |", "|---|---|---|"]
    for operation in OPERATIONS:
        truth = TRUTH[operation.id]
        rules = ", ".join(f"`{name}`" for name in truth.rules)
        lines.append(f"| `{operation.id}` | {'; '.join(truth.inferred) or '-'} | {rules or '-'} |")
    lines += ["", "## The rules", "", "| rule | default | alternatives | decides | evidence |", "|---|---|---|---|---|"]
    for rule in describe():
        others = ", ".join(str(choice) for choice in rule["choices"] if choice != rule["default"])
        cells = (f"`{rule['name']}`", f"`{rule['default']}`", others, rule["meaning"], rule["evidence"])
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    lines += ["", "## Not emulated", "", _NOT_EMULATED]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
