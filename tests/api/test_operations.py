"""Arguments are checked and encoded before anything is sent."""

from __future__ import annotations

import datetime
import decimal
import enum
from urllib.parse import parse_qs, parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop.api import checks, endpoints, operations
from pinshop.errors import InvalidInput

ACCOUNT = {"ad_account_id": "549755885175"}
ANALYTICS = {
    "start_date": "2026-01-01",
    "end_date": datetime.date(2026, 1, 31),
    "product_group_ids": ["1", 2],
    "columns": ["SPEND_IN_MICRO_DOLLAR", "TOTAL_CLICKTHROUGH"],
    "granularity": "DAY",
}


def refused(call, *args, **kwargs) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        call(*args, **kwargs)
    return caught.value


# --------------------------------------------------------------------------------------------------- ids


@pytest.mark.parametrize("value", ["4", 4, "0", "549755885175", 10**18 - 1])
def test_an_id_is_text_or_a_number(value):
    assert checks.check_id("ad_account_id", value) == str(value)


@pytest.mark.parametrize(
    ("text", "most", "is_one"),
    [("0", None, True), ("12", 2, True), ("12", 1, False), ("", None, False), ("²", None, False), ("٤", None, False)],
)
def test_digits_are_those_of_ascii(text, most, is_one):
    assert checks.is_digits(text, most) is is_one


@pytest.mark.parametrize(
    "value",
    [
        "",
        " 4",
        "4 ",
        "4\n",
        "\n4",
        "4/5",
        "../4",
        "4?x=1",
        "AG4",
        "-4",
        "4.0",
        "1e3",
        "0x4",
        "٤",
        "４",
        "４２",
        "²",
        "1" * 19,
        10**18,
        -1,
        4.0,
        True,
        None,
        b"4",
        ["4"],
        object,
    ],
    ids=repr,
)
def test_nothing_else_is_an_id(value):
    error = refused(checks.check_id, "ad_account_id", value, "ad_accounts/get")
    assert (error.field, error.given, error.sent) == ("ad_account_id", value, False)
    assert "1 to 18 digits" in str(error)


@pytest.mark.parametrize("value", ["AG4", "4", 4])
def test_an_ad_group_id_may_carry_its_prefix(value):
    assert checks.check_ad_group_id("ad_group_id", value) == str(value)


@pytest.mark.parametrize("value", ["AG", "AG4\n", "ag4", "AGAG4", "AG٤", "XG4", True, None])
def test_nothing_else_is_an_ad_group_id(value):
    assert refused(checks.check_ad_group_id, "ad_group_id", value).field == "ad_group_id"


@given(st.text())
def test_only_ascii_digits_reach_the_path(text):
    try:
        call = operations.build(endpoints.AD_ACCOUNTS_GET, {"ad_account_id": text})
    except InvalidInput:
        return
    assert text.isascii()
    assert text.isdigit()
    assert call.target == f"/ad_accounts/{text}"


# ------------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize("value", [datetime.date(2026, 2, 28), "2026-02-28"])
def test_a_day_is_a_date_or_its_text(value):
    assert checks.check_date("start_date", value) == "2026-02-28"


@pytest.mark.parametrize(
    "value",
    [
        datetime.datetime(2026, 2, 28, tzinfo=datetime.UTC),
        "2026-02-30",
        "2026-2-28",
        "20260228",
        "2026-02-28T00:00",
        "2026-02-28\n",
        "28.02.2026",
        "٢٠٢٦-٠٢-٢٨",
        "2026-W09-6",
        "",
        None,
        0,
        True,
    ],
    ids=repr,
)
def test_nothing_else_is_a_day(value):
    assert "YYYY-MM-DD" in str(refused(checks.check_date, "start_date", value))


@given(st.dates())
def test_every_date_is_written_with_four_digits_of_year(day):
    assert checks.check_date("d", checks.check_date("d", day)) == day.isoformat()


# ----------------------------------------------------------------------------------------------- choices


class Colour(enum.Enum):
    RED = "RED"


@pytest.mark.parametrize("value", ["RED", Colour.RED])
def test_a_choice_is_text_or_an_enum_member(value):
    assert checks.check_choice("colour", value, ("RED", "BLUE")) == "RED"


@pytest.mark.parametrize("value", ["red", "", "RED ", None, 1, True, ["RED"], {"RED"}], ids=repr)
def test_a_wrong_choice_is_told_the_right_ones(value):
    assert "one of RED, BLUE" in str(refused(checks.check_choice, "colour", value, iter(("RED", "BLUE"))))


def test_true_is_not_the_number_one():
    assert checks.check_choice("click_window_days", 1, (0, 1, 7)) == 1
    assert refused(checks.check_choice, "click_window_days", True, (0, 1, 7))


# ------------------------------------------------------------------------------------------------- build


def test_a_query_is_encoded_as_the_generated_clients_do():
    call = operations.build(
        endpoints.PROMOTIONS_ANALYTICS, ACCOUNT, ANALYTICS | {"click_window_days": 7, "view_window_days": None}
    )
    assert call.target == (
        "/ad_accounts/549755885175/product_groups/analytics?start_date=2026-01-01&end_date=2026-01-31"
        "&product_group_ids=1&product_group_ids=2&columns=SPEND_IN_MICRO_DOLLAR%2CTOTAL_CLICKTHROUGH&granularity=DAY"
        "&click_window_days=7"
    )


def test_nothing_is_left_of_an_empty_query():
    assert (
        operations.build(endpoints.PROMOTIONS_LIST, ACCOUNT, {"order": None}).target
        == "/ad_accounts/549755885175/product_group_promotions"
    )


def test_booleans_are_written_as_json_writes_them():
    assert (
        operations.build(endpoints.AD_ACCOUNTS_LIST, None, {"include_shared_accounts": False}).query
        == "include_shared_accounts=false"
    )


def test_a_bookmark_is_escaped():
    query = operations.build(endpoints.PROMOTIONS_LIST, ACCOUNT, {"bookmark": "a&b=c d%/ü\n"}).query
    assert parse_qs(query) == {"bookmark": ["a&b=c d%/ü\n"]}


def test_a_body_is_encoded_and_bytes_are_left_alone():
    assert operations.build(endpoints.PROMOTIONS_CREATE, ACCOUNT, body={"ad_group_id": "1"}).body == b'{"ad_group_id":"1"}'
    assert operations.build(endpoints.PROMOTIONS_CREATE, ACCOUNT, body=b"{ }").body == b"{ }"
    assert operations.build(endpoints.PROMOTIONS_CREATE, ACCOUNT).body is None


def test_a_form_is_a_form():
    call = operations.build(endpoints.OAUTH_TOKEN, body={"grant_type": "refresh_token", "refresh_token": "a b&c"})
    assert (call.content_type, call.body) == (
        "application/x-www-form-urlencoded",
        b"grant_type=refresh_token&refresh_token=a+b%26c",
    )


@pytest.mark.parametrize("name", [o.id for o in endpoints.OPERATIONS if o.path_names])
def test_a_missing_path_argument_is_named(name):
    operation = endpoints.BY_ID[name]
    for path in (None, {}, dict.fromkeys(operation.path_names)):
        error = refused(operations.build, operation, path)
        assert (error.field, error.operation) == (operation.path_names[0], operation.id)


def test_the_second_path_argument_may_be_the_missing_one():
    assert refused(operations.build, endpoints.PROMOTIONS_GET, ACCOUNT).field == "product_group_promotion_id"


@pytest.mark.parametrize("name", ["start_date", "end_date", "product_group_ids", "columns", "granularity"])
def test_a_missing_argument_is_named(name):
    error = refused(
        operations.build, endpoints.PROMOTIONS_ANALYTICS, ACCOUNT, {k: v for k, v in ANALYTICS.items() if k != name}
    )
    assert (error.field, error.operation) == (name, "product_groups/analytics")


def test_an_unknown_argument_is_told_the_known_ones():
    error = refused(operations.build, endpoints.PROMOTIONS_LIST, ACCOUNT, {"adgroup_id": "1"})
    assert error.field == "adgroup_id"
    assert "ad_group_id" in error.allowed


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("product_group_ids", [], "1 to 250 items"),
        ("product_group_ids", ["1"] * 251, "251 items"),
        ("product_group_ids", "123", "a list"),
        ("product_group_ids", 123, "a list"),
        ("product_group_ids", ["1", "2\n"], "product_group_ids[1]"),
        ("columns", [], "columns"),
        ("columns", "SPEND_IN_DOLLAR", "a list"),
        ("columns", ["SPEND_IN_DOLLAR", 3], "columns[1]"),
        ("granularity", "WEEKLY", "TOTAL, DAY, HOUR, WEEK, MONTH"),
        ("click_window_days", 2, "0, 1, 7, 14, 30, 60"),
        ("click_window_days", "7", "0, 1, 7, 14, 30, 60"),
        ("conversion_report_time", "NOW", "TIME_OF_AD_ACTION"),
    ],
)
def test_a_wrong_analytics_argument_is_named(name, value, words):
    assert words in str(refused(operations.build, endpoints.PROMOTIONS_ANALYTICS, ACCOUNT, ANALYTICS | {name: value}))


@pytest.mark.parametrize("value", [0, 251, "25", 25.0, True])
def test_a_page_holds_1_to_250(value):
    assert refused(operations.build, endpoints.PROMOTIONS_LIST, ACCOUNT, {"page_size": value}).field == "page_size"
    for fine in (1, 250):
        assert operations.build(endpoints.PROMOTIONS_LIST, ACCOUNT, {"page_size": fine}).query == f"page_size={fine}"


def test_a_list_may_be_any_iterable():
    query = operations.build(
        endpoints.PROMOTIONS_LIST, ACCOUNT, {"product_group_promotion_ids": (str(n) for n in range(3))}
    ).query
    assert parse_qsl(query) == [("product_group_promotion_ids", str(n)) for n in range(3)]


def test_a_comma_cannot_smuggle_a_second_column_in():
    assert (
        refused(operations.build, endpoints.PROMOTIONS_ANALYTICS, ACCOUNT, ANALYTICS | {"columns": ["A,B"]}).field
        == "columns[0]"
    )


# ---------------------------------------------------------------------------------------- params by api_version


def test_limits_are_those_of_the_api_version():
    ids = endpoints.PROMOTIONS_ANALYTICS.params["product_group_ids"]
    assert [ids.at(api_version).maximum for api_version in operations.API_VERSIONS] == [100, 100, 250, 250]
    window = endpoints.PROMOTIONS_ANALYTICS.params["click_window_days"]
    assert [window.at(api_version).choices for api_version in ("5.6", "5.14")] == [(1, 7, 30, 60), (0, 1, 7, 14, 30, 60)]
    zone = endpoints.PROMOTIONS_ANALYTICS.params["reporting_timezone"]
    assert [zone.at(api_version) is None for api_version in operations.API_VERSIONS] == [True, True, False, False]


def test_versions_compare_as_numbers():
    assert operations.version("5.9") < operations.version("5.14") < operations.version("5.14.1") < operations.version("5.28")


# --------------------------------------------------------------------------------------------------- raw


def test_raw_reaches_what_has_no_method():
    call = operations.raw("GET", "/boards", query={"page_size": "5", "ids": ["1", "2"]})
    assert (call.target, call.operation.idempotent, call.operation.category) == (
        "/boards?page_size=5&ids=1&ids=2",
        True,
        "org_read",
    )
    assert operations.raw("POST", "/boards", body={"name": "x"}).operation.idempotent is False
    assert operations.raw("DELETE", "/boards/1", idempotent=True).operation.idempotent is True


@pytest.mark.parametrize(
    "path",
    ["boards", "", "/a b", "/a?b", "/a#b", "/a\r\nHost: x", "/ü", "/../v", "/a/../b", "/a\\b", "/a/..", "https://x/y", "//x/y"],
)
def test_raw_stays_below_the_base_url(path):
    assert refused(operations.raw, "GET", path).field == "path"


def test_ids_of_operations_are_unique():
    assert len(endpoints.BY_ID) == len(endpoints.OPERATIONS)
    assert len({(o.verb, o.path) for o in endpoints.OPERATIONS}) == len(endpoints.OPERATIONS)


# --------------------------------------------------------------------------------- values of other libraries


class Label(str):
    """A text that shows itself otherwise."""

    __slots__ = ()

    def __str__(self):
        return "shown otherwise"

    def __len__(self):
        return 0


def test_a_text_of_a_subclass_is_sent_as_its_text():
    call = operations.build(
        endpoints.PROMOTIONS_ANALYTICS,
        {"ad_account_id": Label("549755885175")},
        ANALYTICS | {"product_group_ids": [Label("7")], "columns": [Label("CTR")], "start_date": Label("2026-01-01")},
    )
    assert call.target.startswith("/ad_accounts/549755885175/product_groups/analytics?start_date=2026-01-01")
    assert "product_group_ids=7&columns=CTR" in call.target
    assert all(type(part) is str for part in (call.path, call.query))


def test_numbers_and_texts_of_numpy_and_pandas_are_taken():
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    ids = pandas.Series([7, 8])
    query = ANALYTICS | {
        "start_date": pandas.Timestamp("2026-01-01"),
        "product_group_ids": ids,
        "columns": numpy.array(["CTR"]),
        "click_window_days": numpy.int64(7),
    }
    target = operations.build(endpoints.PROMOTIONS_ANALYTICS, {"ad_account_id": numpy.int64(549755885175)}, query).target
    assert "start_date=2026-01-01" in target
    assert "product_group_ids=7&product_group_ids=8&columns=CTR" in target
    assert "click_window_days=7" in target
    body = {"s": numpy.str_("a"), "i": numpy.int64(2**62), "f": numpy.float64(0.5), numpy.str_("k"): [numpy.uint8(1)]}
    assert operations.raw("POST", "/x", body=body).body == b'{"s":"a","i":4611686018427387904,"f":0.5,"k":[1]}'


def test_what_pandas_says_otherwise_is_refused():
    pandas = pytest.importorskip("pandas")
    for day in (pandas.Timestamp("2026-01-01 01:00"), pandas.Timestamp("2026-01-01", tz="UTC"), pandas.NaT, pandas.NA):
        assert "YYYY-MM-DD" in str(refused(checks.check_date, "start_date", day))
    for number in (pandas.NA, float("nan"), pandas.Timedelta(1)):
        assert "an integer" in str(refused(checks.check_integer, "page_size", number))
        assert "digits" in str(refused(checks.check_id, "ad_account_id", number))


@pytest.mark.parametrize(
    "body",
    [
        {"a": float("nan")},
        {"a": [float("inf")]},
        {"a": decimal.Decimal("NaN")},
        {"a": decimal.Decimal("sNaN")},
        {"a": "\ud800"},
        {"a": object()},
        {(1, 2): 3},
        [decimal.Decimal("-Infinity")],
        {"a": 1j},
    ],
    ids=lambda body: str(type(body)),
)
def test_a_body_that_json_cannot_hold_is_refused_before_it_is_sent(body):
    for call in (
        lambda: operations.raw("POST", "/x", body=body),
        lambda: operations.build(endpoints.CAMPAIGNS_CREATE, ACCOUNT, body=body),
    ):
        assert refused(call).field.startswith("body")


def test_a_body_that_contains_itself_is_refused():
    body: list = []
    body.append(body)
    assert refused(operations.raw, "POST", "/x", body=body).field == "body"


def test_a_query_that_no_url_can_hold_is_refused():
    assert refused(operations.raw, "GET", "/x", query={"a": "\ud800"}).field == "query"
    assert refused(operations.build, endpoints.CAMPAIGNS_LIST, ACCOUNT, {"bookmark": "\ud800"}).field == "bookmark"


# ------------------------------------------------------------------------------------- how long an id may be


@pytest.mark.parametrize("name", sorted(checks.ID_DIGITS))
def test_an_id_is_as_long_as_pinterest_states(name):
    assert checks.check_id(name, "1" * 18)
    assert "1 to 18 digits" in str(refused(checks.check_id, name, "1" * 19))


@pytest.mark.parametrize("name", ["product_group_id", "feed_id", "catalog_id", "owner_user_id", "collections_hero_pin_id"])
def test_other_ids_may_be_longer(name):
    for text in ("9" * 19, "9" * 20, "9" * 40):
        assert checks.check_id(name, text) == checks.check_id(name, int(text)) == text
    assert "digits" in str(refused(checks.check_id, name, 10**5000))
