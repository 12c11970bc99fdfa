"""The columns of the synchronous analytics endpoints: what each is, counts in, and whether it may be added up.

One row per column, all 185 of 5.28.0. Names and ``since`` come from ``query_columns`` of Pinterest's descriptions
5.0.2 to 5.28.0 (nothing was ever removed). Pinterest publishes no definitions there, so ``source`` says where a meaning
or formula is from: ``name`` the name itself, ``doc`` Pinterest's help pages, ``dashthis`` and ``windsor`` the metric
lists of these connectors (help.dashthis.com/pinterest-ads, windsor.ai/data-field/pinterest), ``inferred`` our reading.

Suffixes: ``_1`` paid, ``_2`` earned (downstream of somebody saving the ad), ``TOTAL_`` both. Money named MICRO_DOLLAR is
10⁻⁶ of the ad account's currency, money named DOLLAR is whole units of it; neither is converted to US dollars.

Counts and money add up over days and ids. Nothing else does: a ratio of a month is its parts' sums divided, not the mean
of its days (`Column.ratio` names the parts), and users are de-duplicated.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

from msgspec import Struct

Kind: TypeAlias = Literal[
    "count", "money_micro", "money",  # these add up
    "ratio", "cost", "average", "users", "duration",  # these do not
    "id", "text", "status", "number", "boolean", "budget",  # what an entity is, not what it did
]  # fmt: skip

Source: TypeAlias = Literal["name", "doc", "dashthis", "windsor", "inferred"]

ADDITIVE_KINDS = frozenset({"count", "money_micro", "money"})

ATTRIBUTE_KINDS = frozenset({"id", "text", "status", "number", "boolean", "budget"})


class Ratio(Struct, frozen=True):
    """A quotient of sums: ``sum(over) * times / (sum(under) * by)``. No value where the divisor is 0."""

    over: tuple[str, ...]
    under: tuple[str, ...]
    times: int = 1
    by: int = 1


class Column(Struct, frozen=True):
    """One column. ``sum_of`` or ``ratio`` say how it follows from other columns, where it does."""

    name: str
    kind: Kind
    unit: str
    since: str
    meaning: str
    source: Source = "name"
    sum_of: tuple[str, ...] = ()
    ratio: Ratio | None = None
    #: True: counts what people did afterwards. Arrives late, depends on the windows, has no HOUR (5.17.0).
    conversion: bool = False

    @property
    def additive(self) -> bool:
        """Whether values of several days or ids may be added."""
        return self.kind in ADDITIVE_KINDS

    @property
    def attribute(self) -> bool:
        """Whether this tells what an entity is (a name, an id, a status, a budget), not what it did."""
        return self.kind in ATTRIBUTE_KINDS


_MICRO, _DOLLAR, _FRACTION = "micro-currency", "currency", "fraction"

_SPEND = ("SPEND_IN_MICRO_DOLLAR",)

_CLICKS, _IMPRESSIONS = ("CLICKTHROUGH_1",), ("IMPRESSION_1",)

_ANY_CLICKS = ("CLICKTHROUGH_1", "CLICKTHROUGH_2")

_rows: list[Column] = []


def _attribute(name: str, kind: Kind, meaning: str, since: str = "5.0", unit: str = "") -> None:
    _rows.append(Column(name, kind, unit, since, meaning))


def _count(name: str, meaning: str, since: str = "5.0", source: Source = "name", sum_of: tuple[str, ...] = ()) -> None:
    _rows.append(Column(name, "count", "events", since, meaning, source, sum_of))


def _three(stem: str, what: str, since: tuple[str, str, str] = ("5.0", "5.0", "5.0"), total: str = "") -> None:
    """``X_1`` paid, ``X_2`` earned and ``TOTAL_X``, which is their sum; "" in ``since``: Pinterest has no such column."""
    paid, earned, both = f"{stem}_1", f"{stem}_2", total or f"TOTAL_{stem}"
    for name, kind_of, first in ((paid, "paid ", since[0]), (earned, "earned ", since[1])):
        if first:
            _count(name, kind_of + what, first, "windsor")
    if since[2]:
        _count(both, what + ", paid and earned", since[2], "windsor", (paid, earned) if since[0] and since[1] else ())


def _ratio(
    name: str, meaning: str, over: tuple[str, ...], under: tuple[str, ...], *, since: str = "5.0",
    kind: Kind = "ratio", unit: str = _FRACTION, times: int = 1, by: int = 1,
    source: Source = "dashthis", conversion: bool = False,
) -> None:  # fmt: skip
    _rows.append(Column(name, kind, unit, since, meaning, source, (), Ratio(over, under, times, by), conversion))


def _micro_cost(name: str, meaning: str, under: tuple[str, ...], times: int = 1, source: Source = "dashthis") -> None:
    _ratio(name, meaning, _SPEND, under, kind="cost", unit=_MICRO, times=times, source=source)


def _cost(
    name: str, meaning: str, under: tuple[str, ...], *, since: str = "5.0", by: int = 1_000_000,
    source: Source = "dashthis", conversion: bool = False,
) -> None:  # fmt: skip
    _ratio(name, meaning, _SPEND, under, since=since, kind="cost", unit=_DOLLAR, by=by, source=source, conversion=conversion)


def _converted(name: str, meaning: str, since: str = "5.0", *, money: bool = False, sum_of: tuple[str, ...] = ()) -> None:
    kind: Kind = "money_micro" if money else "count"
    unit = _MICRO if money else "conversions"
    _rows.append(Column(name, kind, unit, since, meaning, "inferred", sum_of, None, True))


def _attributed(stem: str, what: str, since: str = "5.0", *, money: bool = False, scope: str = "") -> None:
    """One conversion by what it is attributed to: a click, an engagement, a view; TOTAL is their sum."""
    names = tuple(f"TOTAL_{scope}{by}_{stem}" for by in ("CLICK", "ENGAGEMENT", "VIEW"))
    for name, by in zip(names, ("a click", "an engagement", "a view"), strict=True):
        _converted(name, f"{what}, attributed to {by}", since, money=money)
    _converted(f"TOTAL_{scope}{stem}", what, "5.0", money=money, sum_of=names)


def _conversion_rate(kind_of: str, since: str = "5.10") -> None:
    """Pinterest does not say per what; per click, paid or earned, is our reading."""
    name, over = f"TOTAL_{kind_of}_CONVERSION_RATE", (f"TOTAL_{kind_of}",)
    _ratio(name, f"{kind_of} conversions per Pin click", over, _ANY_CLICKS, since=since, source="inferred", conversion=True)


_attribute("AD_ACCOUNT_ID", "id", "ad account")

_attribute("ADVERTISER_ID", "id", "ad account, by its older name", "5.5")

_attribute("CAMPAIGN_ID", "id", "campaign")

_attribute("CAMPAIGN_NAME", "text", "name of the campaign")

_attribute("CAMPAIGN_ENTITY_STATUS", "status", "status of the campaign")

_attribute("CAMPAIGN_OBJECTIVE_TYPE", "text", "objective of the campaign", "5.10")

_attribute("CAMPAIGN_DAILY_SPEND_CAP", "budget", "daily cap of the campaign", unit=_MICRO)

_attribute("CAMPAIGN_LIFETIME_SPEND_CAP", "budget", "lifetime cap of the campaign", unit=_MICRO)

_attribute("CAMPAIGN_BUDGET_OPTIMIZATION", "boolean", "whether the campaign divides its budget itself", "5.16")

_attribute("CAMPAIGN_BRAND_LABEL", "text", "brand label of the campaign", "5.16")

_attribute("IS_PREMIERE_CAMPAIGN", "boolean", "whether it is a Premiere Spotlight campaign", "5.15")

_attribute("AD_GROUP_ID", "id", "ad group")

_attribute("AD_GROUP_NAME", "text", "name of the ad group", "5.15")

_attribute("AD_GROUP_ENTITY_STATUS", "status", "status of the ad group")

_attribute("AD_GROUP_BUDGET_TYPE", "text", "DAILY, LIFETIME or CBO_ADGROUP", "5.16")

_attribute("AD_GROUP_BUDGET_IN_LOCAL_CURRENCY", "budget", "budget of the ad group", "5.16", _DOLLAR)

_attribute("AD_GROUP_BID_MULTIPLIER", "number", "bid multiplier of the ad group", "5.15")

_attribute("AD_GROUP_OPTIMIZATION", "text", "what the ad group is optimised for", "5.15")

_attribute("AD_ID", "id", "ad")

_attribute("AD_NAME", "text", "name of the ad", "5.15")

_attribute("PIN_ID", "id", "Pin")

_attribute("PIN_PROMOTION_ID", "id", "ad, by its older name", "5.5")

_attribute("PROMO_ID", "id", "promotion label", "5.15")

_attribute("PROMO_NAME", "text", "name of the promotion label", "5.15")

_attribute("ORDER_LINE_ID", "id", "order line", "5.10")

_attribute("ORDER_LINE_NAME", "text", "name of the order line", "5.10")

_attribute("PRODUCT_GROUP_AD_IMAGE_TAG", "text", "selected_image_tag of the product group promotion", "5.15")

_attribute("PRODUCT_GROUP_AD_VIDEO_TAG", "text", "selected_video_tag of the product group promotion", "5.16")

_attribute("VIDEO_LENGTH", "number", "length of the video", unit="milliseconds")

_rows.append(Column("SPEND_IN_MICRO_DOLLAR", "money_micro", _MICRO, "5.0", "spend"))

_rows.append(Column("SPEND_IN_DOLLAR", "money", _DOLLAR, "5.0", "spend", "dashthis", (), Ratio(_SPEND, (), 1, 1_000_000)))

_three("IMPRESSION", "impressions", ("5.0", "5.0", "5.9"))

_count("IMPRESSION_1_GROSS", "paid impressions before invalid ones are taken out")

_count("PAID_IMPRESSION", "paid impressions", sum_of=_IMPRESSIONS)

_rows.append(Column("TOTAL_IMPRESSION_USER", "users", "users", "5.0", "people who saw it, each counted once", "doc"))

_ratio("TOTAL_IMPRESSION_FREQUENCY", "impressions per person", ("TOTAL_IMPRESSION",), ("TOTAL_IMPRESSION_USER",),
       kind="average", unit="impressions per user", source="name")  # fmt: skip

_three("CLICKTHROUGH", "Pin clicks")

_count("CLICKTHROUGH_1_GROSS", "paid Pin clicks before invalid ones are taken out")

_three("OUTBOUND_CLICK", "clicks to the merchant's site", ("5.0", "5.0", ""))

_three("REPIN", "saves", ("5.0", "5.0", ""))

_three("ENGAGEMENT", "engagements: clicks, saves, close-ups")

_ratio("CTR", "paid Pin clicks per paid impression", _CLICKS, _IMPRESSIONS, source="doc")

_ratio("CTR_2", "earned Pin clicks per earned impression", ("CLICKTHROUGH_2",), ("IMPRESSION_2",))

_ratio("ECTR", "all Pin clicks per paid impression", ("TOTAL_CLICKTHROUGH",), _IMPRESSIONS, source="inferred")

_ratio("OUTBOUND_CTR_1", "paid outbound clicks per paid impression", ("OUTBOUND_CLICK_1",), _IMPRESSIONS, since="5.15")

_ratio("ENGAGEMENT_RATE", "paid engagements per paid impression", ("ENGAGEMENT_1",), _IMPRESSIONS)

_ratio("EENGAGEMENT_RATE", "all engagements per paid impression", ("TOTAL_ENGAGEMENT",), _IMPRESSIONS)

_ratio("REPIN_RATE", "paid saves per paid impression", ("REPIN_1",), _IMPRESSIONS, source="inferred")

_ratio("TOTAL_REPIN_RATE", "all saves per impression", ("REPIN_1", "REPIN_2"), ("TOTAL_IMPRESSION",), source="inferred")

_micro_cost("CPC_IN_MICRO_DOLLAR", "spend per paid Pin click", _CLICKS)

_micro_cost("ECPC_IN_MICRO_DOLLAR", "spend per Pin click, paid or earned", _ANY_CLICKS)

_cost("ECPC_IN_DOLLAR", "spend per Pin click, paid or earned", _ANY_CLICKS)

_micro_cost("CPM_IN_MICRO_DOLLAR", "spend per thousand paid impressions", _IMPRESSIONS, 1000)

_cost("CPM_IN_DOLLAR", "spend per thousand paid impressions", _IMPRESSIONS, by=1000)

_micro_cost("ECPM_IN_MICRO_DOLLAR", "spend per thousand impressions", ("TOTAL_IMPRESSION",), 1000, "inferred")

_cost("ECPE_IN_DOLLAR", "spend per engagement", ("TOTAL_ENGAGEMENT",))

_cost("COST_PER_OUTBOUND_CLICK_IN_DOLLAR", "spend per outbound click, paid or earned",
      ("OUTBOUND_CLICK_1", "OUTBOUND_CLICK_2"), since="5.12")  # fmt: skip

_cost("COST_PER_OUTBOUND_CLICK_IN_DOLLAR_1", "spend per paid outbound click", ("OUTBOUND_CLICK_1",), since="5.15")

_three("WEB_SESSIONS", "sessions on the merchant's site", ("5.4", "5.4", "5.4"))

_converted("TOTAL_CONVERSIONS", "conversions of every kind")

_converted("TOTAL_PAGE_VISIT", "page visits")

_converted("TOTAL_CUSTOM", "custom events")

_converted("TOTAL_CUSTOM_VALUE_IN_MICRO_DOLLAR", "value of custom events", "5.10", money=True)

_converted("TOTAL_ADD_TO_WISHLIST", "additions to a wish list", "5.20")

_converted("TOTAL_SUBSCRIBE", "subscriptions", "5.20")

_converted("TOTAL_CLICK_ADD_TO_CART", "additions to a cart, attributed to a click", "5.5")

_converted("TOTAL_VIEW_ADD_TO_CART", "additions to a cart, attributed to a view", "5.5")

_converted("TOTAL_OFFLINE_CHECKOUT", "checkouts in shops", "5.5")

_attributed("SIGNUP", "sign-ups")

_attributed("SIGNUP_VALUE_IN_MICRO_DOLLAR", "value of sign-ups", money=True)

_attributed("LEAD", "leads", "5.3")

_attributed("CHECKOUT", "checkouts")

_attributed("CHECKOUT_VALUE_IN_MICRO_DOLLAR", "value of checkouts", money=True)

_attributed("CHECKOUT", "checkouts on the web", scope="WEB_")

_attributed("CHECKOUT_VALUE_IN_MICRO_DOLLAR", "value of checkouts on the web", money=True, scope="WEB_")

_ratio("CHECKOUT_ROAS", "value of checkouts per spend", ("TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",), _SPEND,
       source="doc", conversion=True)  # fmt: skip

_ratio("WEB_CHECKOUT_ROAS", "value of web checkouts per spend", ("TOTAL_WEB_CHECKOUT_VALUE_IN_MICRO_DOLLAR",), _SPEND,
       source="inferred", conversion=True)  # fmt: skip

_ratio("CUSTOM_ROAS", "value of custom events per spend", ("TOTAL_CUSTOM_VALUE_IN_MICRO_DOLLAR",), _SPEND, since="5.10",
       source="inferred", conversion=True)  # fmt: skip

_rows.append(Column("PAGE_VISIT_ROAS", "ratio", _FRACTION, "5.0", "value of page visits per spend", conversion=True))

_cost("PAGE_VISIT_COST_PER_ACTION", "spend per page visit", ("TOTAL_PAGE_VISIT",), source="inferred", conversion=True)

_cost("WEB_CHECKOUT_COST_PER_ACTION", "spend per web checkout", ("TOTAL_WEB_CHECKOUT",), source="inferred", conversion=True)

for _name, _meaning, _since in (
    ("INAPP_CHECKOUT_COST_PER_ACTION", "spend per checkout in an app", "5.0"),
    ("INAPP_SKAN_APP_INSTALL_COST_PER_ACTION", "spend per app install that SKAdNetwork reports", "5.28"),
):
    _rows.append(Column(_name, "cost", _DOLLAR, _since, _meaning, conversion=True))

_converted("LEADS", "leads from lead ads", "5.9")

_cost("COST_PER_LEAD", "spend per lead from lead ads", ("LEADS",), since="5.9", source="name", conversion=True)

_converted("INAPP_SKAN_APP_INSTALL", "app installs that SKAdNetwork reports", "5.28")

_converted("INAPP_SKAN_ASSISTED_APP_INSTALL", "app installs that SKAdNetwork reports as assisted", "5.28")

for _kind in ("CHECKOUT", "SIGNUP", "PAGE_VISIT", "LEAD", "CUSTOM"):
    _conversion_rate(_kind)

for _name, _since in (
    ("TOTAL_ADD_TO_CART", "5.10"), ("TOTAL_VIEW_CATEGORY", "5.10"), ("TOTAL_SEARCH", "5.10"),
    ("TOTAL_WATCH_VIDEO", "5.10"), ("TOTAL_UNKNOWN", "5.10"), ("TOTAL_APP_INSTALL", "5.22"),
    ("TOTAL_INAPP_APP_INSTALL", "5.22"), ("INAPP_SKAN_APP_INSTALL", "5.28"),
):  # fmt: skip
    # Their counts are no columns of the synchronous endpoints, so no parts can be named.
    _rows.append(Column(f"{_name}_CONVERSION_RATE", "ratio", _FRACTION, _since, f"{_name} per Pin click", "inferred",
                        conversion=True))  # fmt: skip

_rows.append(Column("VIDEO_SPEND_IN_DOLLAR", "money", _DOLLAR, "5.15", "spend on video"))

_three("VIDEO_3SEC_VIEWS", "video views of 3 seconds", ("5.20", "5.0", "5.0"))

_three("VIDEO_MRC_VIEWS", "video views as the MRC defines them: half the player, 2 seconds", ("5.12", "5.0", "5.0"))

_three("VIDEO_P0_COMBINED", "video starts", ("", "5.0", "5.0"))

_three("VIDEO_P25_COMBINED", "video views to 25 %", ("", "5.0", "5.0"))

_three("VIDEO_P50_COMBINED", "video views to 50 %", ("", "5.0", "5.0"))

_three("VIDEO_P75_COMBINED", "video views to 75 %", ("", "5.0", "5.0"))

_three("VIDEO_P95_COMBINED", "video views to 95 %", ("", "5.0", "5.0"))

_three("VIDEO_P100_COMPLETE", "complete video views", ("", "5.0", "5.0"))

for _name, _meaning in (
    ("VIDEO_15SEC_UNIQUE_VIEWS_1", "people who watched 15 seconds, paid"),
    ("VIDEO_15SEC_UNIQUE_VIEWS_2", "people who watched 15 seconds, earned"),
    ("TOTAL_VIDEO_15SEC_UNIQUE_VIEWS", "people who watched 15 seconds"),
):
    _rows.append(Column(_name, "users", "users", "5.20", _meaning))

_rows.append(Column("TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND", "duration", "seconds", "5.0", "mean time a video was watched"))

_ratio("PAID_VIDEO_VIEWABLE_RATE", "paid MRC views per paid impression", ("VIDEO_MRC_VIEWS_1",), _IMPRESSIONS,
       since="5.14", source="inferred")  # fmt: skip

_cost("ECPV_IN_DOLLAR", "spend per MRC view", ("TOTAL_VIDEO_MRC_VIEWS",))

_cost("ECPCV_IN_DOLLAR", "spend per complete view", ("TOTAL_VIDEO_P100_COMPLETE",), source="inferred")

_cost("ECPCV_P95_IN_DOLLAR", "spend per view to 95 %", ("TOTAL_VIDEO_P95_COMBINED",), source="inferred")

_three("COLLECTION_PIN_ITEM_IMPRESSION", "impressions of a collection's items", ("5.28", "5.28", "5.28"))

_three("COLLECTION_PIN_ITEM_CLICKTHROUGH", "Pin clicks on a collection's items", ("5.28", "5.28", "5.28"))

_three("IDEA_PIN_PRODUCT_TAG_VISIT", "visits through a product tag of an Idea Pin")

_count("QUIZ_COMPLETED", "quizzes completed", "5.9")

_count("QUIZ_PIN_RESULT_OPEN", "quiz results opened", "5.14")

_rows.append(Column("QUIZ_COMPLETION_RATE", "ratio", _FRACTION, "5.9", "quizzes completed per quiz begun"))

_count("SHOWCASE_PIN_CLICKTHROUGH", "clicks on a Showcase Pin", "5.9")

for _part in ("SUBPAGE", "SUBPIN"):
    for _event, _meaning in (
        ("CLICKTHROUGH", "clicks on"), ("IMPRESSION", "impressions of"), ("SWIPE_LEFT", "swipes to the left on"),
        ("SWIPE_RIGHT", "swipes to the right on"), ("REPIN", "saves of"),
    ):  # fmt: skip
        _count(f"SHOWCASE_{_part}_{_event}", f"{_meaning} a Showcase {_part.lower()}", "5.9")

_count("SHOWCASE_SUBPAGE_CLOSEUP", "close-ups of a Showcase subpage", "5.9")

_count("SHOWCASE_CARD_THUMBNAIL_SWIPE_FORWARD", "forward swipes over Showcase cards", "5.9")

_count("SHOWCASE_CARD_THUMBNAIL_SWIPE_BACKWARD", "backward swipes over Showcase cards", "5.9")

_rows.append(Column("SHOWCASE_AVERAGE_SUBPAGE_CLOSEUP_PER_SESSION", "average", "close-ups per session", "5.10",
                    "mean close-ups of a Showcase subpage per session"))  # fmt: skip

#: Every column by its name.
COLUMNS: dict[str, Column] = {column.name: column for column in _rows}


@lru_cache(maxsize=64)
def available(api_version: str) -> tuple[str, ...]:
    """The columns that a version of the API knows, e.g. ``"5.6"`` or ``"5.23.0"`` (its patch number is ignored)."""
    asked = minor(api_version)
    return tuple(column.name for column in COLUMNS.values() if minor(column.since) <= asked)


def minor(version: str) -> tuple[int, ...]:
    """``"5.23.0"`` and ``"5.23"`` -> ``(5, 23)``, so that versions compare without their patch number."""
    return tuple(int(part) for part in version.split(".")[:2])
