"""The columns of the synchronous analytics endpoints: what each is, counts in, is about, and whether it may be added up.

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
from typing import Literal, TypeAlias, get_args

from msgspec import Struct, structs

Kind: TypeAlias = Literal[
    "count", "money_micro", "money",  # these add up
    "ratio", "cost", "average", "users", "duration",  # these do not
    "id", "text", "status", "number", "boolean", "budget", "date",  # what an entity is, not what it did
]  # fmt: skip

#: What a column is about; every column is in one family, so that a query can ask for "checkout" or "video".
Family: TypeAlias = Literal[
    "entity", "spend", "impression", "click", "engagement", "conversion", "checkout", "signup", "lead", "page_visit", "app",
    "video", "collection", "idea_pin", "quiz", "showcase",
]  # fmt: skip

Source: TypeAlias = Literal["name", "doc", "dashthis", "windsor", "inferred"]

ADDITIVE_KINDS = frozenset({"count", "money_micro", "money"})

ATTRIBUTE_KINDS = frozenset({"id", "text", "status", "number", "boolean", "budget", "date"})


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
    family: Family = "entity"

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

_Columns: TypeAlias = tuple[Column, ...]


def _attribute(name: str, kind: Kind, meaning: str, since: str = "5.0", unit: str = "") -> _Columns:
    return (Column(name, kind, unit, since, meaning),)


def _count(name: str, meaning: str, since: str = "5.0", source: Source = "name", sum_of: tuple[str, ...] = ()) -> _Columns:
    return (Column(name, "count", "events", since, meaning, source, sum_of),)


def _three(stem: str, what: str, since: tuple[str, str, str] = ("5.0", "5.0", "5.0")) -> _Columns:
    """``X_1`` paid, ``X_2`` earned and ``TOTAL_X``, which is their sum; "" in ``since``: Pinterest has no such column."""
    paid, earned = f"{stem}_1", f"{stem}_2"
    both = (paid, earned) if since[0] and since[1] else ()
    every = (
        (since[0], _count(paid, f"paid {what}", since[0], "windsor")),
        (since[1], _count(earned, f"earned {what}", since[1], "windsor")),
        (since[2], _count(f"TOTAL_{stem}", f"{what}, paid and earned", since[2], "windsor", both)),
    )
    return tuple(column for first, columns in every if first for column in columns)


def _ratio(
    name: str,
    meaning: str,
    over: tuple[str, ...],
    under: tuple[str, ...],
    *,
    since: str = "5.0",
    kind: Kind = "ratio",
    unit: str = _FRACTION,
    times: int = 1,
    by: int = 1,
    source: Source = "dashthis",
    conversion: bool = False,
) -> _Columns:
    return (Column(name, kind, unit, since, meaning, source, (), Ratio(over, under, times, by), conversion),)


def _micro_cost(name: str, meaning: str, under: tuple[str, ...], times: int = 1, source: Source = "dashthis") -> _Columns:
    return _ratio(name, meaning, _SPEND, under, kind="cost", unit=_MICRO, times=times, source=source)


def _cost(
    name: str,
    meaning: str,
    under: tuple[str, ...],
    *,
    since: str = "5.0",
    by: int = 1_000_000,
    source: Source = "dashthis",
    conversion: bool = False,
) -> _Columns:
    return _ratio(
        name, meaning, _SPEND, under, since=since, kind="cost", unit=_DOLLAR, by=by, source=source, conversion=conversion
    )


def _converted(name: str, meaning: str, since: str = "5.0", *, money: bool = False, sum_of: tuple[str, ...] = ()) -> _Columns:
    kind: Kind = "money_micro" if money else "count"
    unit = _MICRO if money else "conversions"
    return (Column(name, kind, unit, since, meaning, "inferred", sum_of, None, True),)


def _attributed(stem: str, what: str, since: str = "5.0", *, money: bool = False, scope: str = "") -> _Columns:
    """One conversion by what it is attributed to: a click, an engagement, a view; TOTAL is their sum."""
    names = tuple(f"TOTAL_{scope}{by}_{stem}" for by in ("CLICK", "ENGAGEMENT", "VIEW"))
    parts = tuple(
        column
        for name, by in zip(names, ("a click", "an engagement", "a view"), strict=True)
        for column in _converted(name, f"{what}, attributed to {by}", since, money=money)
    )
    return parts + _converted(f"TOTAL_{scope}{stem}", what, "5.0", money=money, sum_of=names)


def _conversion_rate(kind_of: str, what: str, since: str = "5.10") -> _Columns:
    """Pinterest does not say per what; per click, paid or earned, is our reading."""
    name, over = f"TOTAL_{kind_of}_CONVERSION_RATE", (f"TOTAL_{kind_of}",)
    return _ratio(name, f"{what} per Pin click", over, _ANY_CLICKS, since=since, source="inferred", conversion=True)


def _stated_rate(stem: str, what: str, since: str) -> _Columns:
    """A rate whose count is no column of the synchronous endpoints, so that no parts can be named."""
    meaning = f"{what} per Pin click"
    return (Column(f"{stem}_CONVERSION_RATE", "ratio", _FRACTION, since, meaning, "inferred", conversion=True),)


def _showcase(part: str) -> _Columns:
    """What people did on one part of a Showcase ad."""
    events = (
        ("CLICKTHROUGH", "clicks on"),
        ("IMPRESSION", "impressions of"),
        ("SWIPE_LEFT", "swipes to the left on"),
        ("SWIPE_RIGHT", "swipes to the right on"),
        ("REPIN", "saves of"),
    )
    named = ((f"SHOWCASE_{part}_{event}", f"{meaning} a Showcase {part.lower()}") for event, meaning in events)
    return tuple(column for name, meaning in named for column in _count(name, meaning, "5.9"))


#: Every family with its columns, in Pinterest's words and ours.
_TABLE: tuple[tuple[Family, tuple[_Columns, ...]], ...] = (
    ("entity", (
        _attribute("AD_ACCOUNT_ID", "id", "ad account"),
        _attribute("ADVERTISER_ID", "id", "ad account, by its older name", "5.5"),
        _attribute("CAMPAIGN_ID", "id", "campaign"),
        _attribute("CAMPAIGN_NAME", "text", "name of the campaign"),
        _attribute("CAMPAIGN_ENTITY_STATUS", "status", "status of the campaign"),
        _attribute("CAMPAIGN_OBJECTIVE_TYPE", "text", "objective of the campaign", "5.10"),
        _attribute("CAMPAIGN_DAILY_SPEND_CAP", "budget", "daily cap of the campaign", unit=_MICRO),
        _attribute("CAMPAIGN_LIFETIME_SPEND_CAP", "budget", "lifetime cap of the campaign", unit=_MICRO),
        _attribute("CAMPAIGN_BUDGET_OPTIMIZATION", "boolean", "whether the campaign divides its budget itself", "5.16"),
        _attribute("CAMPAIGN_BRAND_LABEL", "text", "brand label of the campaign", "5.16"),
        _attribute("IS_PREMIERE_CAMPAIGN", "boolean", "whether it is a Premiere Spotlight campaign", "5.15"),
        _attribute("AD_GROUP_ID", "id", "ad group"),
        _attribute("AD_GROUP_NAME", "text", "name of the ad group", "5.15"),
        _attribute("AD_GROUP_ENTITY_STATUS", "status", "status of the ad group"),
        _attribute("AD_GROUP_BUDGET_TYPE", "text", "DAILY, LIFETIME or CBO_ADGROUP", "5.16"),
        _attribute("AD_GROUP_BUDGET_IN_LOCAL_CURRENCY", "budget", "budget of the ad group", "5.16", _DOLLAR),
        _attribute("AD_GROUP_BID_MULTIPLIER", "number", "bid multiplier of the ad group", "5.15"),
        _attribute("AD_GROUP_OPTIMIZATION", "text", "what the ad group is optimised for", "5.15"),
        _attribute("AD_ID", "id", "ad"),
        _attribute("AD_NAME", "text", "name of the ad", "5.15"),
        _attribute("PIN_ID", "id", "Pin"),
        _attribute("PIN_PROMOTION_ID", "id", "ad, by its older name", "5.5"),
        _attribute("PROMO_ID", "id", "promotion label", "5.15"),
        _attribute("PROMO_NAME", "text", "name of the promotion label", "5.15"),
        _attribute("ORDER_LINE_ID", "id", "order line", "5.10"),
        _attribute("ORDER_LINE_NAME", "text", "name of the order line", "5.10"),
        _attribute("PRODUCT_GROUP_AD_IMAGE_TAG", "text", "selected_image_tag of the product group promotion", "5.15"),
        _attribute("PRODUCT_GROUP_AD_VIDEO_TAG", "text", "selected_video_tag of the product group promotion", "5.16"),
        _attribute("VIDEO_LENGTH", "number", "length of the video", unit="milliseconds"),
    )),
    ("spend", (
        (Column("SPEND_IN_MICRO_DOLLAR", "money_micro", _MICRO, "5.0", "spend"),),
        (Column("SPEND_IN_DOLLAR", "money", _DOLLAR, "5.0", "spend", "dashthis", (), Ratio(_SPEND, (), 1, 1_000_000)),),
    )),
    ("impression", (
        _three("IMPRESSION", "impressions", ("5.0", "5.0", "5.9")),
        _count("IMPRESSION_1_GROSS", "paid impressions before invalid ones are taken out"),
        _count("PAID_IMPRESSION", "paid impressions", sum_of=_IMPRESSIONS),
        (Column("TOTAL_IMPRESSION_USER", "users", "users", "5.0", "people who saw it, each counted once", "doc"),),
        _ratio("TOTAL_IMPRESSION_FREQUENCY", "impressions per person", ("TOTAL_IMPRESSION",), ("TOTAL_IMPRESSION_USER",),
               kind="average", unit="impressions per user", source="name"),
    )),
    ("click", (
        _three("CLICKTHROUGH", "Pin clicks"),
        _count("CLICKTHROUGH_1_GROSS", "paid Pin clicks before invalid ones are taken out"),
        _three("OUTBOUND_CLICK", "clicks to the merchant's site", ("5.0", "5.0", "")),
    )),
    ("engagement", (
        _three("REPIN", "saves", ("5.0", "5.0", "")),
        _three("ENGAGEMENT", "engagements: clicks, saves, close-ups"),
    )),
    ("click", (
        _ratio("CTR", "paid Pin clicks per paid impression", _CLICKS, _IMPRESSIONS, source="doc"),
        _ratio("CTR_2", "earned Pin clicks per earned impression", ("CLICKTHROUGH_2",), ("IMPRESSION_2",)),
        _ratio("ECTR", "all Pin clicks per paid impression", ("TOTAL_CLICKTHROUGH",), _IMPRESSIONS, source="inferred"),
        _ratio("OUTBOUND_CTR_1", "paid outbound clicks per paid impression", ("OUTBOUND_CLICK_1",), _IMPRESSIONS, since="5.15"),
    )),
    ("engagement", (
        _ratio("ENGAGEMENT_RATE", "paid engagements per paid impression", ("ENGAGEMENT_1",), _IMPRESSIONS),
        _ratio("EENGAGEMENT_RATE", "all engagements per paid impression", ("TOTAL_ENGAGEMENT",), _IMPRESSIONS),
        _ratio("REPIN_RATE", "paid saves per paid impression", ("REPIN_1",), _IMPRESSIONS, source="inferred"),
        _ratio("TOTAL_REPIN_RATE", "all saves per impression", ("REPIN_1", "REPIN_2"), ("TOTAL_IMPRESSION",),
               source="inferred"),
    )),
    ("spend", (
        _micro_cost("CPC_IN_MICRO_DOLLAR", "spend per paid Pin click", _CLICKS),
        _micro_cost("ECPC_IN_MICRO_DOLLAR", "spend per Pin click, paid or earned", _ANY_CLICKS),
        _cost("ECPC_IN_DOLLAR", "spend per Pin click, paid or earned", _ANY_CLICKS),
        _micro_cost("CPM_IN_MICRO_DOLLAR", "spend per thousand paid impressions", _IMPRESSIONS, 1000),
        _cost("CPM_IN_DOLLAR", "spend per thousand paid impressions", _IMPRESSIONS, by=1000),
        _micro_cost("ECPM_IN_MICRO_DOLLAR", "spend per thousand impressions", ("TOTAL_IMPRESSION",), 1000, "inferred"),
        _cost("ECPE_IN_DOLLAR", "spend per engagement", ("TOTAL_ENGAGEMENT",)),
        _cost("COST_PER_OUTBOUND_CLICK_IN_DOLLAR", "spend per outbound click, paid or earned",
              ("OUTBOUND_CLICK_1", "OUTBOUND_CLICK_2"), since="5.12"),
        _cost("COST_PER_OUTBOUND_CLICK_IN_DOLLAR_1", "spend per paid outbound click", ("OUTBOUND_CLICK_1",), since="5.15"),
    )),
    ("click", (_three("WEB_SESSIONS", "sessions on the merchant's site", ("5.4", "5.4", "5.4")),)),
    ("conversion", (_converted("TOTAL_CONVERSIONS", "conversions of every kind"),)),
    ("page_visit", (_converted("TOTAL_PAGE_VISIT", "page visits"),)),
    ("conversion", (
        _converted("TOTAL_CUSTOM", "custom events"),
        _converted("TOTAL_CUSTOM_VALUE_IN_MICRO_DOLLAR", "value of custom events", "5.10", money=True),
        _converted("TOTAL_ADD_TO_WISHLIST", "additions to a wish list", "5.20"),
        _converted("TOTAL_SUBSCRIBE", "subscriptions", "5.20"),
        _converted("TOTAL_CLICK_ADD_TO_CART", "additions to a cart, attributed to a click", "5.5"),
        _converted("TOTAL_VIEW_ADD_TO_CART", "additions to a cart, attributed to a view", "5.5"),
    )),
    ("checkout", (_converted("TOTAL_OFFLINE_CHECKOUT", "checkouts in shops", "5.5"),)),
    ("signup", (
        _attributed("SIGNUP", "sign-ups"),
        _attributed("SIGNUP_VALUE_IN_MICRO_DOLLAR", "value of sign-ups", money=True),
    )),
    ("lead", (_attributed("LEAD", "leads", "5.3"),)),
    ("checkout", (
        _attributed("CHECKOUT", "checkouts"),
        _attributed("CHECKOUT_VALUE_IN_MICRO_DOLLAR", "value of checkouts", money=True),
        _attributed("CHECKOUT", "checkouts on the web", scope="WEB_"),
        _attributed("CHECKOUT_VALUE_IN_MICRO_DOLLAR", "value of checkouts on the web", money=True, scope="WEB_"),
        _ratio("CHECKOUT_ROAS", "value of checkouts per spend", ("TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",), _SPEND,
               source="doc", conversion=True),
        _ratio("WEB_CHECKOUT_ROAS", "value of web checkouts per spend", ("TOTAL_WEB_CHECKOUT_VALUE_IN_MICRO_DOLLAR",), _SPEND,
               source="inferred", conversion=True),
    )),
    ("conversion", (
        _ratio("CUSTOM_ROAS", "value of custom events per spend", ("TOTAL_CUSTOM_VALUE_IN_MICRO_DOLLAR",), _SPEND,
               since="5.10", source="inferred", conversion=True),
    )),
    ("page_visit", (
        (Column("PAGE_VISIT_ROAS", "ratio", _FRACTION, "5.0", "value of page visits per spend", conversion=True),),
        _cost("PAGE_VISIT_COST_PER_ACTION", "spend per page visit", ("TOTAL_PAGE_VISIT",), source="inferred", conversion=True),
    )),
    ("checkout", (
        _cost("WEB_CHECKOUT_COST_PER_ACTION", "spend per web checkout", ("TOTAL_WEB_CHECKOUT",), source="inferred",
              conversion=True),
        (Column("INAPP_CHECKOUT_COST_PER_ACTION", "cost", _DOLLAR, "5.0", "spend per checkout in an app", conversion=True),),
    )),
    ("app", (
        (Column("INAPP_SKAN_APP_INSTALL_COST_PER_ACTION", "cost", _DOLLAR, "5.28",
                "spend per app install that SKAdNetwork reports", conversion=True),),
    )),
    ("lead", (
        _converted("LEADS", "leads from lead ads", "5.9"),
        _cost("COST_PER_LEAD", "spend per lead from lead ads", ("LEADS",), since="5.9", source="name", conversion=True),
    )),
    ("app", (
        _converted("INAPP_SKAN_APP_INSTALL", "app installs that SKAdNetwork reports", "5.28"),
        _converted("INAPP_SKAN_ASSISTED_APP_INSTALL", "app installs that SKAdNetwork reports as assisted", "5.28"),
    )),
    ("checkout", (_conversion_rate("CHECKOUT", "checkouts"),)),
    ("signup", (_conversion_rate("SIGNUP", "sign-ups"),)),
    ("page_visit", (_conversion_rate("PAGE_VISIT", "page visits"),)),
    ("lead", (_conversion_rate("LEAD", "leads"),)),
    ("conversion", (
        _conversion_rate("CUSTOM", "custom events"),
        _stated_rate("TOTAL_ADD_TO_CART", "additions to a cart", "5.10"),
        _stated_rate("TOTAL_VIEW_CATEGORY", "views of a category page", "5.10"),
        _stated_rate("TOTAL_SEARCH", "searches on the merchant's site", "5.10"),
        _stated_rate("TOTAL_WATCH_VIDEO", "videos watched on the merchant's site", "5.10"),
        _stated_rate("TOTAL_UNKNOWN", "conversions of unknown type", "5.10"),
    )),
    ("app", (
        _stated_rate("TOTAL_APP_INSTALL", "app installs", "5.22"),
        _stated_rate("TOTAL_INAPP_APP_INSTALL", "app installs reported in the app", "5.22"),
        _stated_rate("INAPP_SKAN_APP_INSTALL", "app installs that SKAdNetwork reports", "5.28"),
    )),
    ("video", (
        (Column("VIDEO_SPEND_IN_DOLLAR", "money", _DOLLAR, "5.15", "spend on video"),),
        _three("VIDEO_3SEC_VIEWS", "video views of 3 seconds", ("5.20", "5.0", "5.0")),
        _three("VIDEO_MRC_VIEWS", "video views as the MRC defines them: half the player, 2 seconds", ("5.12", "5.0", "5.0")),
        _three("VIDEO_P0_COMBINED", "video starts", ("", "5.0", "5.0")),
        _three("VIDEO_P25_COMBINED", "video views to 25 %", ("", "5.0", "5.0")),
        _three("VIDEO_P50_COMBINED", "video views to 50 %", ("", "5.0", "5.0")),
        _three("VIDEO_P75_COMBINED", "video views to 75 %", ("", "5.0", "5.0")),
        _three("VIDEO_P95_COMBINED", "video views to 95 %", ("", "5.0", "5.0")),
        _three("VIDEO_P100_COMPLETE", "complete video views", ("", "5.0", "5.0")),
        (Column("VIDEO_15SEC_UNIQUE_VIEWS_1", "users", "users", "5.20", "people who watched 15 seconds, paid"),),
        (Column("VIDEO_15SEC_UNIQUE_VIEWS_2", "users", "users", "5.20", "people who watched 15 seconds, earned"),),
        (Column("TOTAL_VIDEO_15SEC_UNIQUE_VIEWS", "users", "users", "5.20", "people who watched 15 seconds"),),
        (Column("TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND", "duration", "seconds", "5.0", "mean time a video was watched"),),
        _ratio("PAID_VIDEO_VIEWABLE_RATE", "paid MRC views per paid impression", ("VIDEO_MRC_VIEWS_1",), _IMPRESSIONS,
               since="5.14", source="inferred"),
        _cost("ECPV_IN_DOLLAR", "spend per MRC view", ("TOTAL_VIDEO_MRC_VIEWS",)),
        _cost("ECPCV_IN_DOLLAR", "spend per complete view", ("TOTAL_VIDEO_P100_COMPLETE",), source="inferred"),
        _cost("ECPCV_P95_IN_DOLLAR", "spend per view to 95 %", ("TOTAL_VIDEO_P95_COMBINED",), source="inferred"),
    )),
    ("collection", (
        _three("COLLECTION_PIN_ITEM_IMPRESSION", "impressions of a collection's items", ("5.28", "5.28", "5.28")),
        _three("COLLECTION_PIN_ITEM_CLICKTHROUGH", "Pin clicks on a collection's items", ("5.28", "5.28", "5.28")),
    )),
    ("idea_pin", (_three("IDEA_PIN_PRODUCT_TAG_VISIT", "visits through a product tag of an Idea Pin"),)),
    ("quiz", (
        _count("QUIZ_COMPLETED", "quizzes completed", "5.9"),
        _count("QUIZ_PIN_RESULT_OPEN", "quiz results opened", "5.14"),
        (Column("QUIZ_COMPLETION_RATE", "ratio", _FRACTION, "5.9", "quizzes completed per quiz begun"),),
    )),
    ("showcase", (
        _count("SHOWCASE_PIN_CLICKTHROUGH", "clicks on a Showcase Pin", "5.9"),
        _showcase("SUBPAGE"),
        _showcase("SUBPIN"),
        _count("SHOWCASE_SUBPAGE_CLOSEUP", "close-ups of a Showcase subpage", "5.9"),
        _count("SHOWCASE_CARD_THUMBNAIL_SWIPE_FORWARD", "forward swipes over Showcase cards", "5.9"),
        _count("SHOWCASE_CARD_THUMBNAIL_SWIPE_BACKWARD", "backward swipes over Showcase cards", "5.9"),
        (Column("SHOWCASE_AVERAGE_SUBPAGE_CLOSEUP_PER_SESSION", "average", "close-ups per session", "5.10",
                "mean close-ups of a Showcase subpage per session"),),
    )),
)  # fmt: skip


def _named(family: Family, groups: tuple[_Columns, ...]) -> dict[str, Column]:
    return {column.name: structs.replace(column, family=family) for columns in groups for column in columns}


#: Every column by its name.
COLUMNS: dict[str, Column] = {name: column for family, groups in _TABLE for name, column in _named(family, groups).items()}

#: What rows also hold, without being asked for: whose they are, and of when.
KEYS: dict[str, Column] = {
    "DATE": Column("DATE", "date", "", "5.0", "day (or the first day of a week or month); absent with granularity TOTAL"),
    "PRODUCT_GROUP_ID": Column("PRODUCT_GROUP_ID", "id", "", "5.0", "product group promotion"),
    "PRODUCT_ITEM_ID": Column("PRODUCT_ITEM_ID", "id", "", "5.0", "item of the feed, in reports of level PRODUCT_ITEM"),
}

#: The columns of each family.
FAMILIES: dict[Family, tuple[str, ...]] = {
    family: tuple(column.name for column in COLUMNS.values() if column.family == family) for family in get_args(Family)
}


@lru_cache(maxsize=64)
def available(api_version: str, family: Family | None = None) -> tuple[str, ...]:
    """The columns that a version of the API knows, e.g. ``"5.6"`` or ``"5.23.0"`` (its patch number is ignored)."""
    asked = minor(api_version)
    return tuple(column.name for column in COLUMNS.values() if minor(column.since) <= asked and family in (None, column.family))


def minor(version: str) -> tuple[int, ...]:
    """``"5.23.0"`` and ``"5.23"`` -> ``(5, 23)``, so that versions compare without their patch number."""
    return tuple(int(part) for part in version.split(".")[:2])
