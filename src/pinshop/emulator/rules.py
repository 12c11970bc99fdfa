"""Everything the emulator does that Pinterest does not document, as named settings.

Each rule has a default, its alternatives and the evidence for the default. Set them at the start
(``Emulator(rules={"duplicate_promotion": "refuse"})``, ``pinshop emulator --rule duplicate_promotion=refuse``) or while it
runs (``emulator.rules.set("duplicate_promotion", "refuse")``, ``PATCH /_emulator/rules``). No other file of the emulator
decides anything that Pinterest left open.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pinshop.api.checks import is_digits
from pinshop.api.near import or_rather
from pinshop.emulator.arguments import shown
from pinshop.errors import ConfigurationError


def _rule(default: Any, meaning: str, evidence: str, choices: tuple[Any, ...] = ()) -> Any:
    return dataclasses.field(default=default, metadata={"meaning": meaning, "evidence": evidence, "choices": choices})


@dataclasses.dataclass(slots=True)
class Rules:
    """The settings, as attributes. `describe` lists them with meaning, alternatives and evidence."""

    # -------------------------------------------------------------------------------- promotions, writing
    default_promotion_status: str = _rule(
        "ACTIVE",
        "status of a promotion created without one",
        "not declared for promotions; 5.6.0 declares ACTIVE for campaigns",
        ("ACTIVE", "PAUSED"),
    )
    create_answers: int = _rule(
        200, "HTTP status of a successful create at API version 5.28", "5.28.0 declares 200 and 201; older ones 200", (200, 201)
    )
    duplicate_promotion: str = _rule(
        "allow",
        "the same catalog product group twice in one ad group (archived ones do not count)",
        "no public statement",
        ("allow", "refuse"),
    )
    archived_is_final: bool = _rule(True, "an ARCHIVED entity takes no other status", "Ads Manager treats archiving as final")
    write_wrong_objective: str = _rule(
        "refuse",
        "promoting in an ad group whose campaign cannot carry shopping ads",
        "Pinterest's guide names CATALOG_SALES, or intended_promotion_type CATALOG, as the place of shopping ads; the answer "
        "of the server is unknown",
        ("refuse", "allow"),
    )
    update_catalog_product_group_id: str = _rule(
        "ignore",
        "catalog_product_group_id in an update item",
        "it is in Pinterest's update example; its effect is undocumented",
        ("ignore", "apply", "refuse"),
    )
    field_names: str = _rule(
        "both",
        "whether bodies may use catalogs_product_group_id (5.6) and catalog_product_group_id (5.8+) at any api_version",
        "undocumented; lenient, so that a client of another generation is not refused",
        ("both", "api_version"),
    )
    unknown_query_parameters: str = _rule(
        "ignore", "query parameters that the API version does not know", "undocumented", ("ignore", "refuse")
    )
    unknown_body_fields: str = _rule(
        "ignore",
        "fields in a body that the API version does not know",
        "no description says additionalProperties: false",
        ("ignore", "refuse"),
    )
    read_only_fields: str = _rule(
        "ignore",
        "fields in a body that only answers, or only other bodies, have at the API version",
        "of grid_click_type: 'values provided will be ignored' (5.13.0); of the others nothing is said",
        ("ignore", "refuse"),
    )
    hero_pin_required: bool = _rule(
        False, "creative_type COLLECTION needs collections_hero_pin_id", "undocumented whether the server demands it"
    )
    failed_item_data: str = _rule(
        "absent",
        "what data holds in a failed entry of a batch",
        "not stated; data is an object in every description, so null would contradict it",
        ("absent", "null", "echo"),
    )
    bid_in_micro_currency: str = _rule(
        "ad_group",
        "bid_in_micro_currency of a promotion in answers",
        "no request example has it, so it is read-only; its real values are unknown",
        ("ad_group", "null"),
    )
    definition: str = _rule(
        "*", "definition of a promotion in answers", "a remnant of the partition tree: null or *", ("*", "null")
    )
    update_items_maximum: int = _rule(30, "items of one update", "stated for create only ([1, 30]); taken to be the same")
    ad_group_id_prefix: bool = _rule(
        False, "ad_group_id is answered with the prefix AG", "the pattern is ^(AG)?\\d+$; real ids seen are bare digits"
    )
    # ------------------------------------------------------------------------------ codes and HTTP statuses
    code_not_found: int = _rule(
        2,
        "code of '… not found.' for ads entities (HTTP 404, and exceptions of a batch)",
        "Pinterest's examples {2, 'Advertiser not found.'} and {2, 'AdAccount not found.'}",
    )
    code_item_refused: int = _rule(1, "code of other exceptions in a batch", "400/1 is Pinterest's code for a bad parameter")
    code_missing_budget: int = _rule(2384, "code of a campaign without the budget it needs", "seen in real traffic")
    unknown_ad_account: str = _rule(
        "not_found",
        "an ad account id that does not exist",
        "404/2 is an example of 5.23.0; the order of checks is unknown",
        ("not_found", "forbidden"),
    )
    forbidden_status: int = _rule(
        403, "HTTP status of code 29, no access to that ad account", "Pinterest's examples show 401 and 403", (401, 403)
    )
    body_too_large_status: int = _rule(413, "HTTP status for a body above 5 MiB", "unknown", (400, 413))
    # --------------------------------------------------------------------------------------- lists and ids
    default_order: str = _rule(
        "DESCENDING",
        "order of lists of ads entities when none is asked for",
        "no default is declared",
        ("DESCENDING", "ASCENDING"),
    )
    statuses_with_ids: str = _rule(
        "filter",
        "entity_statuses when a list is asked by ids and none is given",
        "the declared default [ACTIVE, PAUSED] is not limited to lists by ad group",
        ("filter", "all"),
    )
    created_at_unit: str = _rule(
        "milliseconds",
        "created_at of a catalog product group",
        "described as seconds, while Pinterest's example is in milliseconds",
        ("seconds", "milliseconds"),
    )
    # ------------------------------------------------------------------------------------------- analytics
    analytics_days_back: int = _rule(90, "how far back start_date may lie", "text since 5.9.0; the exact edge is unknown")
    unknown_promotion_ids: str = _rule(
        "omit", "ids in analytics that are no promotions of this ad account", "undocumented", ("omit", "refuse")
    )
    hour_date_format: str = _rule(
        "date",
        "DATE of rows at granularity HOUR",
        "the schema says format date; the real form is unknown",
        ("date", "datetime"),
    )
    bucket_date: str = _rule(
        "first_day",
        "DATE of a WEEK or MONTH: its first day, or the first that was asked for",
        "undocumented",
        ("first_day", "first_day_in_range"),
    )
    week_starts: int = _rule(0, "the day a WEEK begins with; 0 is Monday", "undocumented", tuple(range(7)))
    empty_rows: str = _rule(
        "omit", "rows in which nothing happened", "the reports text says rows of zeros are omitted", ("omit", "zero")
    )
    zero_metrics: str = _rule(
        "absent", "a metric of 0", "'If a column has no value, it may not be returned'", ("absent", "zero")
    )
    ratio_unit: str = _rule("fraction", "CTR and other rates", "fraction or percent: undocumented", ("fraction", "percent"))
    delivery_lag_hours: int = _rule(3, "hours until delivery is reported", "help article: hourly data about 3 hours late")
    conversion_delay: bool = _rule(
        True, "conversions arrive late and restate past days", "help pages and connectors: 24 to 48 hours, and the windows"
    )
    engagement_attribution: str = _rule(
        "by_api_version",
        "conversions attributed to engagements",
        "retired by a text of 5.17.0",
        ("by_api_version", "on", "off"),
    )
    lifetime_cap_days: int = _rule(
        30, "days over which a lifetime cap without an end is spread", "undocumented; the text only says it is spread evenly"
    )
    window_combinations: str = _rule(
        "any",
        "which attribution windows may be combined",
        "connectors list refused ones (click >= engagement >= view)",
        ("any", "descending"),
    )
    # ------------------------------------------------------------------------------------ catalogs, objectives
    pin_metrics: str = _rule(
        "null",
        "?pin_metrics=true for the Pins of a product group: pin_metrics null, as the emulator has no metrics of Pins, or 400",
        "nullable: 'Pin metrics with associated time intervals if any'",
        ("null", "refuse"),
    )
    promotions_that_block_delete: str = _rule(
        "ACTIVE,PAUSED",
        "statuses of promotions that keep a catalog product group from being deleted (409/4176)",
        "'active promotions' is not defined",
        ("ACTIVE", "ACTIVE,PAUSED"),
    )
    objective_generation: str = _rule(
        "both",
        "which campaigns can be created at API version 5.28: CATALOG_SALES (legacy), SALES with intended_promotion_type "
        "CATALOG (simplified), or both; an emulator that begins as simplified is seeded with a SALES campaign",
        "objective simplification is in production since June 2026; the dates of CATALOG_SALES' end contradict each other",
        ("both", "legacy", "simplified"),
    )
    longest_name: int = _rule(
        255, "characters in the name of a campaign, an ad group or a product group", "5.28.0 says so of campaigns"
    )
    nested_schedules: str = _rule(
        "refuse",
        "an ad group that is given a start before its campaign's or an end after it",
        "texts of 5.23.0: cannot precede, cannot occur after; the answer of the server is unknown. A campaign that is moved "
        "supersedes its ad groups, without an error",
        ("refuse", "allow"),
    )
    bid_required: str = _rule(
        "unless_automatic",
        "bid_in_micro_currency for AWARENESS/IMPRESSION, CONSIDERATION/CLICKTHROUGH, CATALOG_SALES/CLICKTHROUGH",
        "the text says REQUIRED, and AUTOMATIC_BID exists",
        ("unless_automatic", "always", "never"),
    )
    bid_options: str = _rule(
        "even",
        "bid_options of a campaign: what its ad groups bid, where it is not automatic, times the mean of the multipliers of "
        "placements, app types, age buckets and genders, of which each is taken to be as frequent as the next; those of "
        "audiences and frequencies are only kept. Or none of them acts",
        "texts of 5.23.0 and 5.28.0: a bid price adjustment, 1 where none is given, 0 stops distribution in MAX_BID ad groups; "
        "how frequent each is nobody says",
        ("even", "none"),
    )
    masked_without_value: str = _rule(
        "clear",
        "bid_options of a campaign's update that are in update_mask and have no value there",
        "undocumented for campaigns; of bid options of items 5.23.0 says that they will be set to null",
        ("clear", "keep"),
    )
    targeting_template_alone: bool = _rule(
        True,
        "targeting_template_ids go with none of targeting_spec, tracking_urls, auto_targeting_enabled, placement_group",
        "text of 5.23.0: do not set any other targeting fields; the answer of the server is unknown",
    )
    catalog_sales_needs_cbo: bool = _rule(
        True, "a CATALOG_SALES campaign must use campaign budget optimisation, else 2384", "Pinterest's own SDK had to"
    )
    ad_accounts_per_user: int = _rule(50, "ad accounts a user may have", "text: up to 50 ad accounts per user")
    # ----------------------------------------------------------------------------------------------- OAuth
    access_token_seconds: int = _rule(2_592_000, "life of an access token got by OAuth", "30 days, by third parties")
    refresh_token_seconds: int = _rule(5_184_000, "life of a refresh token", "60 days, continuous refresh (5.23.0 text)")
    refresh_rotates: bool = _rule(
        True, "a refresh answers a new refresh token and forgets the old", "required fields since 5.16.0"
    )
    refresh_grace_seconds: int = _rule(0, "how long the old refresh token still works after rotation", "undocumented")
    code_bad_grant: int = _rule(283, "code of an invalid or used grant on /oauth/token", "third parties, uncertain")
    # --------------------------------------------------------------------------------------------- reports
    report_seconds: int = _rule(
        5, "emulated seconds until an async report is FINISHED, a bulk download SUCCEEDED", "undocumented"
    )
    report_polls: int = _rule(
        1, "how often a report is IN_PROGRESS, or a bulk download RUNNING, when the clock stands still", "undocumented"
    )
    report_outcome: str = _rule(
        "FINISHED",
        "how reports end; bulk downloads fail unless it is FINISHED",
        "the states are declared, not when they come",
        ("FINISHED", "FAILED", "CANCELLED"),
    )
    unknown_report_columns: str = _rule(
        "ignore",
        "report columns the emulator has no value for (613 exist in 5.23.0)",
        "they may have no value",
        ("ignore", "refuse"),
    )
    bulk_statuses: str = _rule(
        "active",
        "entities in the file of a bulk download: those whose status is ACTIVE, those that are not archived, or all",
        "'Though the entities may be active, archived, or paused, only active entities will return data'; but campaign_filter "
        "has other statuses too",
        ("active", "not_archived", "all"),
    )
    bulk_details: str = _rule(
        "absent",
        "?include_details=true for a bulk download: nothing more in the answer, or 400",
        "'attach the errors/details to all the requests': a download has no requests in it, and no schema a field for them",
        ("absent", "refuse"),
    )
    bulk_layout: str = _rule(
        "by_key",
        "JSON of a bulk download: lists by the keys of bulk upserts, lists by entity type, one list, or one entity a line",
        "undocumented",
        ("by_key", "by_entity_type", "list", "lines"),
    )
    bulk_campaign_times: str = _rule(
        "overlap",
        "start_time and end_time of campaign_filter: campaigns that run in between, or that begin and end in between",
        "undocumented: 'Unix UTC timestamp.'",
        ("overlap", "within"),
    )
    bulk_campaign_name: str = _rule(
        "contains", "name of campaign_filter", "undocumented: 'Campaign name'", ("contains", "equals")
    )
    recorded_rates: str = _rule(
        "measured",
        "rates of promotions in a replayed recording: impressions a day, click and checkout shares, prices and order values as "
        "recorded analytics tell them, or the model's; bids, products and budgets act on both alike",
        "the recording's own numbers; what they would be with other bids and products nobody knows",
        ("measured", "model"),
    )
    users_above_promotions: str = _rule(
        "deduplicated",
        "TOTAL_IMPRESSION_USER in reports of level AD_GROUP, CAMPAIGN and ADVERTISER: each person once, the promotions' users "
        "added up, or no value",
        "people are counted once by help pages; how that is done across promotions is not stated",
        ("deduplicated", "sum", "absent"),
    )
    report_filters_below_level: str = _rule(
        "act",
        "filters for entities below the level of a report: its rows are of what they leave, or 400",
        "the filters are declared for every level; what ad_group_ids does to a report of campaigns is not stated",
        ("act", "refuse"),
    )
    report_link_seconds: int = _rule(
        300, "life of the link of a report or a bulk download", "five minutes since 5.28.0's text, an hour in 5.6.0"
    )
    report_life_seconds: int = _rule(3600, "life of a report token", "'the report is valid for one hour'")

    def set(self, name: str, value: object) -> None:
        """Set one rule; text is converted to the type of the default.

        Raises:
            ConfigurationError: no such rule, or not one of its alternatives.
        """
        field = _named(name)
        setattr(self, name, _convert(field, value))

    def update(self, values: Mapping[str, object]) -> None:
        """Set several rules; none if one is refused."""
        checked = dataclasses.replace(self)
        for name, value in _mapping(values).items():
            checked.set(name, value)
        for name in values:
            setattr(self, name, getattr(checked, name))

    def as_dict(self) -> dict[str, Any]:
        """The present values by name."""
        return dataclasses.asdict(self)


_FIELDS: dict[str, dataclasses.Field[Any]] = {field.name: field for field in dataclasses.fields(Rules)}
_TRUTHS: dict[object, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _named(name: object) -> dataclasses.Field[Any]:
    if isinstance(name, str) and name in _FIELDS:
        return _FIELDS[name]
    meant = or_rather(name, _FIELDS) if isinstance(name, str) else ""
    raise ConfigurationError(f"no rule {shown(name)}; the rules are: {', '.join(_FIELDS)}{meant}")


def _mapping(values: object) -> Mapping[str, object]:
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"rules: got {shown(values)}, allowed: names of rules and their values")
    return values


def _convert(field: dataclasses.Field[Any], value: object) -> Any:
    wanted: type[Any] = type(field.default)
    choices = field.metadata["choices"]
    if wanted is bool and isinstance(value, str):
        value = _TRUTHS.get(value.lower(), value)
    elif wanted is int and isinstance(value, str) and is_digits(value, 10):
        value = int(value)
    number = value if isinstance(value, int) else 0
    if type(value) is not wanted or (choices and value not in choices) or not 0 <= number <= _MOST:
        allowed = (
            ", ".join(map(str, choices)) or {bool: "true, false", int: f"an integer from 0 to {_MOST}", str: "text"}[wanted]
        )
        raise ConfigurationError(f"rule {field.name}: got {shown(value)}, allowed: {allowed}")
    return value


#: The largest number a rule may be. As seconds, thirty years.
_MOST = 1_000_000_000


def describe() -> list[dict[str, Any]]:
    """Every rule: name, default, alternatives, meaning, evidence."""
    return [
        {
            "name": field.name,
            "default": field.default,
            "choices": list(field.metadata["choices"]) or [type(field.default).__name__],
            "meaning": field.metadata["meaning"],
            "evidence": field.metadata["evidence"],
        }
        for field in _FIELDS.values()
    ]
