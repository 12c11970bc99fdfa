"""The console: what its pages say and refuse, and how it works in a real browser, with and without JavaScript."""

from __future__ import annotations

import contextlib
import html
import html.parser
import json
import os
import re
import shutil
from urllib.parse import urlencode

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.oauth import APP_ID, APP_SECRET

NASTY = """<script>document.title="taken"</script>"><img src=x onerror=alert(1)>&{{7*7}}'"""
CREATE = "product_group_promotions/create"
FORM = {"host": "127.0.0.1:8080", "content-type": "application/x-www-form-urlencoded"}
HERE = {**FORM, "origin": "http://127.0.0.1:8080"}


def call(emulator, method, path, body=None):
    headers = {"authorization": f"Bearer {emulator.access_token}"}
    return emulator.handle(Request(method, "http://x", f"/v5{path}", headers, body and json.dumps(body).encode()))


def promote(emulator, **more):
    items = [{"catalog_product_group_id": group, **more} for group in emulator.catalog_product_group_ids]
    body = {"ad_group_id": emulator.ad_group_id, "product_group_promotion": items}
    reply = call(emulator, "POST", f"/ad_accounts/{emulator.ad_account_id}/product_group_promotions", body)
    return [item["data"]["id"] for item in json.loads(reply.body)["items"]] if reply.status < 300 else reply


def get(emulator, path="/"):
    reply = emulator.handle(Request("GET", "http://127.0.0.1:8080", f"/_emulator{path}", {"host": "127.0.0.1:8080"}))
    return reply.status, reply.body.decode()


def post(emulator, path, headers=HERE, /, **form):
    body = urlencode(form).encode()
    return emulator.handle(Request("POST", "http://127.0.0.1:8080", f"/_emulator/console/{path}", headers, body))


@pytest.fixture
def emulator():
    with contextlib.closing(Emulator(now="2026-03-02T12:00:00Z")) as emulator:
        yield emulator


@pytest.fixture
def busy(emulator):
    """An emulator with promotions of a month, one of them paused after ten days, and a few calls."""
    ids = promote(emulator)
    emulator.clock.advance(days=10)
    body = {"ad_group_id": emulator.ad_group_id, "product_group_promotion": [{"id": ids[1], "status": "PAUSED"}]}
    call(emulator, "PATCH", f"/ad_accounts/{emulator.ad_account_id}/product_group_promotions", body)
    emulator.clock.advance(days=15)
    call(emulator, "GET", f"/ad_accounts/{emulator.ad_account_id}/product_group_promotions/1")
    emulator.ids = ids
    return emulator


def pages(emulator):
    return [
        "/",
        f"/console/ad_accounts/{emulator.ad_account_id}",
        f"/console/campaigns/{emulator.campaign_id}",
        f"/console/ad_groups/{emulator.ad_group_id}",
        f"/console/promotions/{emulator.ids[0]}",
        "/console/calls",
        "/console/calls/1",
        "/console/faults",
        "/console/limits",
        "/console/rules",
        "/console/state",
        "/console/state/reset",
        "/console/catalogs",
        f"/console/catalogs/{emulator.catalog_product_group_ids[1]}",
        "/console/rules?q=status&changed=yes",
        f"/console/promotions/{emulator.ids[0]}?days=7&metric=clicks&sort=spend",
    ]


class Outline(html.parser.HTMLParser):
    """The tags of a page, whether they are closed in order, and the text."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "wbr"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = [], [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        self.text.append(data)


# ---------------------------------------------------------------------------------------------- without a browser


def test_every_page_is_whole_and_needs_nothing_from_elsewhere(busy):
    for path in pages(busy):
        status, text = get(busy, path)
        outline = Outline(text)
        assert status == 200, path
        assert outline.tags.count("h1") == outline.tags.count("main") == 1, path
        used = [value for name, value in outline.attributes if name in ("href", "src", "action")]
        assert all(re.match(r"/_emulator/|#|\?|data:,$", value) for value in used), path
        assert not [name for name, _ in outline.attributes if name.startswith("on") or name == "style"], path
        ids = [value for name, value in outline.attributes if name == "id"]
        assert len(ids) == len(set(ids)), path


def test_names_are_text_whatever_they_hold(busy):
    store = busy.world.store
    named = {"ad_accounts": busy.ad_account_id, "campaigns": busy.campaign_id, "ad_groups": busy.ad_group_id}
    for kind, entity_id in {**named, "product_groups": busy.catalog_product_group_ids[0]}.items():
        entity = store.get(kind, int(entity_id))
        store.update(kind, {**entity, "name": NASTY})
    promote(busy, tracking_url=f"https://shop.example/{NASTY}")
    call(busy, "GET", "/ad_accounts/" + NASTY.replace(" ", "+"))
    for path in [*pages(busy), "/console/calls/4", "/console/calls/5"]:
        outline = Outline(get(busy, path)[1])
        assert "img" not in outline.tags, path
        assert outline.tags.count("script") == 1, path
    assert NASTY in "".join(Outline(get(busy, f"/console/ad_accounts/{busy.ad_account_id}")[1]).text)


def test_what_is_shown_is_what_the_api_answers(busy):
    query = urlencode(
        {
            "start_date": "2026-02-26",
            "end_date": "2026-03-27",
            "granularity": "TOTAL",
            "product_group_ids": busy.ids[0],
            "columns": "SPEND_IN_MICRO_DOLLAR,CLICKTHROUGH_1",
        }
    )
    (row,) = json.loads(call(busy, "GET", f"/ad_accounts/{busy.ad_account_id}/product_groups/analytics?{query}").body)
    text = "".join(Outline(get(busy, f"/console/promotions/{busy.ids[0]}")[1]).text)
    assert f"{(row['SPEND_IN_MICRO_DOLLAR'] + 5000) // 10000 / 100:,.2f}" in text
    assert f"Clicks{row['CLICKTHROUGH_1']:,}" in re.sub(r"\s", "", text)


def test_the_token_of_a_call_is_nowhere_in_the_journal(busy):
    call(busy, "POST", "/oauth/token?refresh_token=emulated_x")
    for path in ["/console/calls", *(f"/console/calls/{entry.number}" for entry in busy.calls)]:
        assert "emulated_" not in get(busy, path)[1], path


@pytest.mark.parametrize(
    "path",
    [
        "/console/ad_accounts/1",
        "/console/ad_groups/x",
        "/console/promotions/" + "9" * 40,
        "/console/calls/99",
        "/console/nothing",
        "/console/../../etc",
        "/console/promotions/\N{ARABIC-INDIC DIGIT ONE}",
        "/console/static/nothing.css",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(emulator, path):
    status, text = get(emulator, path)
    assert status == 404
    assert "There is no such page" in text


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 303),
        ({"origin": None, "sec-fetch-site": None}, 303),  # not a browser
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),  # another page of this machine
        ({"origin": "null"}, 403),
        ({"origin": None, "sec-fetch-site": "cross-site"}, 403),
        ({"origin": None, "sec-fetch-site": "same-site"}, 403),
        ({"host": "evil.example", "origin": "http://evil.example"}, 403),  # a name that was made to point here
        ({"host": "localhost:8080", "origin": "http://localhost:8080"}, 303),
        ({"host": "[::1]:8080", "origin": "http://[::1]:8080"}, 303),
        ({"content-type": "text/plain"}, 403),
        ({"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}, 303),
    ],
)
def test_forms_of_other_pages_move_nothing(emulator, changed, status):
    before = emulator.clock.seconds()
    headers = {name: value for name, value in {**HERE, **changed}.items() if value is not None}
    assert post(emulator, "clock", headers, do="day").status == status
    assert emulator.clock.seconds() - before == (86_400 if status == 303 else 0)


def test_a_form_leads_back_to_what_was_shown(busy):
    page = f"/_emulator/console/ad_groups/{busy.ad_group_id}"
    text = get(busy, page.removeprefix("/_emulator") + "?days=90&metric=clicks&said=clock")[1]
    (back,) = {html.unescape(one) for one in re.findall(r'name="back" value="([^"]*)"', text)}
    assert back == f"{page}?days=90&metric=clicks"
    assert post(busy, "clock", do="day", back=back).headers["location"] == f"{back}&said=clock"
    assert "2025-12-" in post(busy, "clock", do="fly", back=back).body.decode()
    back = "/_emulator/console/rules?q=status"
    reply = post(busy, "rules", name="forbidden_status", value="401", back=back)
    assert reply.headers["location"] == f"{back}&said=rule#forbidden_status"


def test_a_form_leads_back_to_a_page_of_the_console_only(emulator):
    for back in ("https://evil.example/", "//evil.example", "/_emulator/\r\nx: y", "/v5/ad_accounts", "", "/_emulator//evil?x"):
        assert post(emulator, "clock", do="hour", back=back).headers["location"] == "/_emulator/?said=clock"
    assert (
        post(emulator, "clock", do="hour", back="/_emulator/console/rules").headers["location"]
        == "/_emulator/console/rules?said=clock"
    )


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("clock", {"do": "fly"}, "allowed: hour, day, month"),
        ("clock", {"do": "set", "to": "<b>soon</b>"}, "instant: got"),
        ("clock", {"do": "set", "to": "1999-01-01"}, "the years 2000 to 2099"),
        ("faults", {"preset": "meteor"}, "allowed: create_500"),
        ("faults", {"what": "status", "status": "99"}, "allowed: 200 to 599"),
        ("faults", {"what": "status", "status": "5\N{ARABIC-INDIC DIGIT ONE}0"}, "a whole number"),
        ("faults", {"what": "status", "operation": "nothing"}, "no operation"),
        ("faults", {"remove": "7"}, "no longer active"),
        ("limits", {"profile": "fast"}, "allowed: none, trial, standard"),
        ("rules", {"name": "gravity", "value": "off"}, "no rule"),
        ("rules", {"name": "update_items_maximum", "value": "many"}, "an integer"),
        ("state", {"do": "restore", "name": "<i>"}, "no snapshot"),
        ("state", {"do": "snapshot", "name": "<i>"}, "letters, digits"),
        ("state", {"do": "explode"}, "allowed: snapshot, restore, forget, fork, close, reset"),
        ("state", {"do": "forget", "name": "<i>"}, "no snapshot"),
        ("state", {"do": "close", "name": "<i>"}, "no fork"),
        ("state", {"do": "fork", "name": "<i>"}, "letters, digits"),
        ("faults", {"what": "stub", "json": "{"}, "json: "),
        ("faults", {"what": "stub", "json": "[" * 20_000}, "json: "),
        ("faults", {"what": "drop", "body_like": "{"}, "body_like: "),
        ("faults", {"what": "drop", "probability": "often"}, "a number"),
        ("earn", {"id": "5", "day": "2026-03-01", "spend": "1"}, "no promotion of this one"),
        ("earn", {"id": "5", "day": "2026-03-01", "spend": "much"}, "a number"),
        ("calls", {"do": "explode"}, "allowed: clear"),
        ("access", {"do": "authorize", "redirect_uri": "javascript:x", "scopes": "ads:read"}, "redirect_uri"),
    ],
)
def test_a_form_that_cannot_be_done_says_why(emulator, path, form, words):
    reply = post(emulator, path, **form)
    text = "".join(Outline(reply.body.decode()).text)
    assert reply.status == 400
    assert words in text


def test_other_requests_are_refused(emulator):
    assert post(emulator, "nothing", do="day").status == 404
    assert post(emulator, "clock", do="x" * 70_000).status == 413
    for method in ("PUT", "DELETE", "PATCH"):
        assert emulator.handle(Request(method, "http://x", "/_emulator/", HERE)).status == 405


def test_every_one_click_fault_can_be_added_and_is_described(emulator):
    from pinshop.emulator.control.forms import PRESETS

    for preset in PRESETS:
        assert post(emulator, "faults", preset=preset).status == 303
    assert len(emulator.faults) == len(PRESETS)
    text = "".join(Outline(get(emulator, "/console/faults")[1]).text)
    for words in (
        "drops the connection, after the write was done",
        "item 1 fails with code 1",
        "answers 20 s late",
        "cuts the answer after 20 bytes",
        "always, with probability 0.1",
    ):
        assert words in text


@pytest.mark.parametrize("what", ["status", "item", "latency", "truncate", "drop", "hang"])
def test_every_kind_of_fault_can_be_set_by_hand(emulator, what):
    form = {
        "operation": CREATE,
        "what": what,
        "status": "502",
        "code": "7",
        "message": "No",
        "amount": "3",
        "item": "1",
        "times": "2",
        "after_commit": "yes",
    }
    assert post(emulator, "faults", **form).status == 303
    (fault,) = emulator.faults
    assert (fault.operation, fault.times, fault.after_commit) == (CREATE, 2, True)


def test_an_account_that_is_too_large_to_add_up_is_not_added_up(emulator):
    from pinshop.emulator.control.sums import MOST

    promotion = {
        "ad_account_id": int(emulator.ad_account_id),
        "ad_group_id": int(emulator.ad_group_id),
        "status": "ACTIVE",
        "catalog_product_group_id": int(emulator.catalog_product_group_ids[0]),
        "creative_type": "REGULAR",
    }
    store = emulator.world.store
    store.insert_many("promotions", [{**promotion, "id": store.next_id("promotions")} for _ in range(MOST + 1)])
    assert "too many to add up here" in get(emulator)[1]
    for above in (f"ad_accounts/{emulator.ad_account_id}", f"campaigns/{emulator.campaign_id}"):
        assert f"{MOST + 1} promotions here. Sums are shown for up to {MOST}" in get(emulator, f"/console/{above}")[1]
    assert len(shown_in_turn(emulator, f"/console/ad_groups/{emulator.ad_group_id}?sort=spend")) == MOST + 1


def shown_in_turn(emulator, path):
    """What the tables of a page and of those behind it show, by id."""
    place, found = path.partition("?")[0], []
    while path is not None:
        status, text = get(emulator, path)
        assert status == 200
        found += re.findall(r'<th scope="row"[^>]*><a href="[^"]*/(\d+)"', text)
        following = re.findall(r'<p class="pages"><a href="([^"]+)"', text)
        path = place + html.unescape(following[0]) if following else None
    assert len(found) == len(set(found))
    return found


def test_a_large_ad_group_is_sorted_whole_and_added_up_whole(emulator):
    store, rows = emulator.world.store, []
    for number in range(60):
        promotion = {"ad_account_id": int(emulator.ad_account_id), "ad_group_id": int(emulator.ad_group_id), "status": "PAUSED"}
        group = int(emulator.catalog_product_group_ids[number % 5])
        rows.append({**promotion, "id": store.next_id("promotions"), "catalog_product_group_id": group})
    store.insert_many("promotions", rows)
    ids = [str(row["id"]) for row in rows]
    spent = {promotion_id: 1 + n * 7 % 60 for n, promotion_id in enumerate(ids)}
    for promotion_id, amount in spent.items():
        emulator.earn(promotion_id, "2026-03-01", spend=amount)
    page = f"/console/ad_groups/{emulator.ad_group_id}"
    assert shown_in_turn(emulator, page) == ids
    highest = sorted(ids, key=lambda promotion_id: -spent[promotion_id])
    assert shown_in_turn(emulator, f"{page}?sort=spend") == highest
    assert 'aria-sort="descending">Spend' in get(emulator, f"{page}?sort=spend")[1]
    assert f"{sum(spent.values()):,}.00" in get(emulator, page)[1]
    for above in (f"ad_accounts/{emulator.ad_account_id}", f"campaigns/{emulator.campaign_id}"):
        assert shown_in_turn(emulator, f"/console/{above}?sort=spend") == highest[:10]
    group = emulator.catalog_product_group_ids[0]
    assert set(shown_in_turn(emulator, f"/console/catalogs/{group}")) >= set(ids[::5])
    assert "Shopping, everyone" in get(emulator, f"/console/catalogs/{group}")[1]


def test_the_first_page_says_how_clients_are_pointed_here(emulator):
    text = "".join(Outline(get(emulator)[1]).text)
    told = emulator.world.seeded
    for value in ("http://127.0.0.1:8080/v5", told.access_token, told.ad_account_id, told.ad_group_id, APP_ID, APP_SECRET):
        assert str(value) in text


def test_what_has_an_id_is_found_by_it(busy):
    ids = {
        "ad_accounts": busy.ad_account_id,
        "campaigns": busy.campaign_id,
        "ad_groups": busy.ad_group_id,
        "promotions": busy.ids[0],
        "catalogs": busy.catalog_product_group_ids[0],
    }
    for page, entity_id in ids.items():
        text = get(busy, f"/?id=+{entity_id}")[1]
        assert re.search(f'<li>[a-z ]+: <a href="/_emulator/console/{page}/{entity_id}">', text)
    for nothing in ("5", "9" * 30, "<img>"):
        assert "Nothing here has the id" in get(busy, f"/?{urlencode({'id': nothing})}")[1]


def test_every_ad_group_of_a_campaign_can_be_reached(emulator):
    store = emulator.world.store
    (first,) = store.find("ad_groups")
    more = [{**first, "id": store.next_id("ad_groups"), "name": f"Group {number}"} for number in range(60)]
    store.insert_many("ad_groups", more)
    assert "All 61 ad groups" in get(emulator, f"/console/ad_accounts/{emulator.ad_account_id}")[1]
    found, path = [], f"/console/campaigns/{emulator.campaign_id}"
    while path:
        text = get(emulator, path)[1]
        found += re.findall(r'id="g(\d+)"', text)
        following = re.findall(r'<p class="pages"><a href="([^"]+)"', text)
        path = following and path.partition("?")[0] + following[0]
    assert found == [str(group["id"]) for group in (first, *more)]


def test_a_group_is_promoted_by_its_id_where_there_are_too_many_to_choose_from(emulator):
    store = emulator.world.store
    first = store.find("product_groups")[0]
    store.insert_many("product_groups", [{**first, "id": store.next_id("product_groups")} for _ in range(300)])
    text = get(emulator, f"/console/ad_groups/{emulator.ad_group_id}")[1]
    assert '<input name="catalog_product_group_id"' in text
    assert '<select name="catalog_product_group_id"' not in text


def test_promotions_are_made_paused_and_activated_by_forms(emulator):
    group, ad_group = emulator.catalog_product_group_ids[0], emulator.ad_group_id
    assert post(emulator, "promotions", do="promote", ad_group_id=ad_group, catalog_product_group_id=group).status == 303
    (promotion,) = emulator.world.store.find("promotions")
    for status in ("PAUSED", "ACTIVE", "ARCHIVED"):
        assert post(emulator, "promotions", do=status, id=promotion["id"]).status == 303
        assert emulator.world.store.find("promotions")[0]["status"] == status
    assert post(emulator, "promotions", do="ACTIVE", id=promotion["id"]).status == 400  # archived is final
    assert post(emulator, "promotions", do="promote", ad_group_id=ad_group, catalog_product_group_id="5").status == 400
    assert post(emulator, "promotions", do="fly", id=promotion["id"]).status == 400
    assert emulator.calls.count("product_group_promotions/update") == 4


def test_what_a_promotion_earned_is_said_by_a_form(busy):
    back = f"/_emulator/console/promotions/{busy.ids[0]}?days=7"
    reply = post(busy, "earn", id=busy.ids[0], day="2026-03-25", spend="61.5", checkout_value="119", clicks="", back=back)
    assert reply.headers["location"] == f"{back}&said=earned"
    text = get(busy, back.removeprefix("/_emulator"))[1]
    assert "2026-03-25: 61.50 USD" in text
    assert "2026-03-25: 119.00 USD" in text


def test_a_fault_is_aimed_and_a_stub_answers_by_forms(emulator):
    aim = {"token": emulator.token(), "ad_account_id": "5", "body_like": '{"a": 1}', "item_like": '{"b": "<i>"}'}
    assert post(emulator, "faults", what="drop", probability="0.5", **aim).status == 303
    (fault,) = emulator.faults
    assert (fault.token, fault.body_like, fault.item_like) == (aim["token"], {"a": 1}, {"b": "<i>"})
    assert fault.probability == 0.5
    aimed = f'with the token {aim["token"]}, ad account 5, a body like {{"a":1}}, an item like {{"b":"<i>"}}'
    for page in ("/", "/console/faults"):
        assert aimed in "".join(Outline(get(emulator, page)[1]).text)
    assert post(emulator, "faults", remove="all").status == 303
    assert post(emulator, "faults", what="stub", operation="user_account/get", json='{"x": 1}', times="").status == 303
    assert call(emulator, "GET", "/user_account").body == b'{"x":1}'
    assert "stub" in "".join(Outline(get(emulator, "/console/faults")[1]).text)
    assert post(emulator, "faults", remove="all").status == 303
    assert b"emulated_shop" in call(emulator, "GET", "/user_account").body
    group = emulator.catalog_product_group_ids[1]
    like = json.dumps({"catalog_product_group_id": group})
    assert post(emulator, "faults", what="item", operation=CREATE, item_like=like).status == 303
    assert "such items fail with code 12" in get(emulator, "/console/faults")[1]
    account = f"/ad_accounts/{emulator.ad_account_id}/product_group_promotions"
    items = [{"catalog_product_group_id": one} for one in emulator.catalog_product_group_ids[:3]]
    made = call(emulator, "POST", account, {"ad_group_id": emulator.ad_group_id, "product_group_promotion": items})
    assert [bool(item["exceptions"]) for item in json.loads(made.body)["items"]] == [False, True, False]


def test_forks_and_snapshots_are_made_and_removed_by_forms(emulator):
    assert post(emulator, "state", do="fork", name="twin").status == 303
    text = get(emulator, "/console/state")[1]
    assert 'href="/forks/twin/_emulator/"' in text
    assert "http://127.0.0.1:8080/forks/twin/v5" in text
    here = Request("GET", "http://127.0.0.1:8080", "/forks/twin/_emulator/", {"host": "127.0.0.1:8080"})
    assert b"fork twin</span>" in emulator.handle(here).body
    assert "fork twin</span>" not in text
    assert post(emulator, "state", do="fork", name="twin").status == 400
    assert post(emulator, "state", do="close", name="twin").status == 303
    assert post(emulator, "state", do="snapshot", name="before").status == 303
    assert post(emulator, "state", do="forget", name="before").status == 303
    assert (emulator.world.forks, emulator.world.snapshots) == ({}, {})


def test_quotas_and_calls_are_forgotten_by_forms(emulator):
    emulator.limits.use("trial")
    call(emulator, "GET", "/user_account")
    assert "Forget what was spent" in get(emulator, "/console/limits")[1]
    assert post(emulator, "limits", do="clear").status == 303
    assert "Nothing spent" in get(emulator, "/console/limits")[1]
    assert emulator.limits.name == "trial"
    assert post(emulator, "calls", do="clear").headers["location"] == "/_emulator/console/calls?said=cleared"
    assert emulator.calls.count() == 0


def test_a_code_is_given_by_a_form(emulator):
    form = {"do": "authorize", "redirect_uri": "http://localhost:8085/", "scopes": "ads:read"}
    assert re.search(r"The authorization code: emulated_\w+", post(emulator, "access", **form).body.decode())


def test_tokens_and_users_are_made_and_revoked_by_forms(emulator):
    reply = post(emulator, "access", do="token", user_id=emulator.user_id, scopes="ads:read", expires_in="60")
    (token,) = re.findall(r"The new token: (emulated_\w+)", reply.body.decode())
    assert post(emulator, "access", do="revoke", token=token).status == 303
    assert post(emulator, "access", do="revoke", token=token).status == 400
    assert "The new user: " in post(emulator, "access", do="user", username="ann", role="ANALYST").body.decode()
    assert post(emulator, "access", do="user", username="", role="").status == 400


def upload(emulator, name, filename, content, *, encoding="utf-8", **form):
    parts = [f'--x\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in form.items()]
    parts.append(f'--x\r\ncontent-disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n{content}\r\n--x--\r\n')
    headers = {**HERE, "content-type": "multipart/form-data; boundary=x"}
    body = "".join(parts).encode(encoding)
    return emulator.handle(Request("POST", "http://127.0.0.1:8080", "/_emulator/console/files", headers, body))


def test_states_and_feeds_are_loaded_by_forms(emulator):
    text = emulator.export()
    promote(emulator)
    assert upload(emulator, "yaml", "s.yaml", text, do="yaml").status == 303
    assert emulator.export() == text
    assert emulator.world.store.count("promotions") == 0
    feed = "id,title,description,link,image_link,price,availability\n1,L,A,https://x/1,https://x/1.jpg,5 USD,in stock\n"
    assert upload(emulator, "feed", "f.csv", feed, do="feed", feed_id=emulator.feed_id).status == 303
    assert emulator.world.store.count("items") == 1
    assert upload(emulator, "feed", "f.doc", feed, do="feed").status == 400
    foreign = feed.replace("L,A", "Schüssel,A")
    assert b"not text in UTF-8" in upload(emulator, "feed", "f.csv", foreign, encoding="latin-1", do="feed").body
    assert emulator.world.store.find("items")[0]["title"] == "L"
    assert upload(emulator, "feed", "f.csv", "\ufeff" + foreign, do="feed").status == 303
    assert upload(emulator, "yaml", "s.yaml", "- 1", do="yaml").status == 400
    assert post(emulator, "files", do="scale", ad_accounts="2", promotions_each="3").status == 303


def test_a_large_file_is_loaded_where_nothing_can_be_written(emulator, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    text = emulator.export() + "#" * 2_000_000
    assert upload(emulator, "yaml", "s.yaml", text, do="yaml").status == 303


def test_a_form_in_pieces_that_fit_no_form_is_refused(emulator):
    headers = {**HERE, "content-type": "multipart/form-data"}
    for body in (b"", b"--x", b"--x\r\n\r\n"):
        reply = emulator.handle(Request("POST", "http://127.0.0.1:8080", "/_emulator/console/files", headers, body))
        assert (reply.status, b"cannot be read" in reply.body) == (400, True)


def test_an_active_promotion_that_earns_nothing_says_why(emulator):
    (promotion, *_) = promote(emulator)
    page = f"/console/promotions/{promotion}"
    assert "reports lag" in get(emulator, page)[1]
    emulator.clock.advance(days=3)
    assert "earns nothing" not in get(emulator, page)[1]
    body = [{"id": emulator.campaign_id, "ad_account_id": emulator.ad_account_id, "status": "PAUSED"}]
    assert call(emulator, "PATCH", f"/ad_accounts/{emulator.ad_account_id}/campaigns", body).status == 200
    assert "Its campaign is PAUSED." in get(emulator, page)[1]


REASONS = {
    "Its ad group is PAUSED.": {"ad_group": {"status": "PAUSED"}},
    "Its campaign is PAUSED.": {"campaign": {"status": "PAUSED"}},
    "Its ad group starts at 2026-04-01": {"ad_group": {"start_time": 1_775_001_600}},
    "Its campaign starts at 2026-04-01": {"campaign": {"start_time": 1_775_001_600}},
    "Its ad group ended at 2026-03-05": {"ad_group": {"end_time": 1_772_668_800}},
    "Its campaign ended at 2026-03-05": {"campaign": {"end_time": 1_772_668_800}},
    "Its campaign has spent its lifetime amount.": {
        "campaign": {"lifetime_spend_cap": 9_000_000, "daily_spend_cap": None, "end_time": 1_774_000_000},
    },
    "no end: it was spread over 3 days": {"campaign": {"lifetime_spend_cap": 9_000_000, "daily_spend_cap": None}},
    "Its ad group bids 0.0001 USD, which wins nothing.": {
        "ad_group": {"bid_in_micro_currency": 100, "bid_strategy_type": "MAX_BID"},
    },
    "Budgets: ": {
        "campaign": {"daily_spend_cap": 10_000}, "promotions": 20,
    },
}  # fmt: skip


@pytest.mark.parametrize("words", REASONS)
def test_each_reason_for_earning_nothing_is_said(words):
    changes = REASONS[words]
    rules = {"lifetime_cap_days": 3, "nested_schedules": "allow"}
    with contextlib.closing(Emulator("5.23", now="2026-03-02T12:00:00Z", rules=rules)) as emulator:
        account = f"/ad_accounts/{emulator.ad_account_id}"
        for kind, entity_id in (("campaign", emulator.campaign_id), ("ad_group", emulator.ad_group_id)):
            body = {"id": entity_id, "ad_account_id": emulator.ad_account_id, **changes.get(kind, {})}
            reply = call(emulator, "PATCH", f"{account}/{kind}s", [body])
            assert not json.loads(reply.body)["items"][0].get("exceptions"), reply.body
        ids = [i for _ in range(changes.get("promotions", 5) // 5) for i in promote(emulator)]
        emulator.clock.advance(days=6)
        if "has spent" in words:
            call(
                emulator,
                "PATCH",
                f"{account}/campaigns",
                [{**body, "id": emulator.campaign_id, "lifetime_spend_cap": 1_000_000}],
            )
        emulator.clock.advance(days=6)
        page = next(p for p in (f"/console/promotions/{i}" for i in ids) if "It is ACTIVE" in get(emulator, p)[1])
        said = re.findall(r"<li>(.*?)</li>", get(emulator, page)[1].partition("It is ACTIVE")[2])
        assert words in said[0], said
        if words == "Its campaign is PAUSED.":  # what was paused for long, and is active since an hour, is not out of budget
            call(emulator, "PATCH", f"{account}/campaigns", [{**body, "id": emulator.campaign_id, "status": "ACTIVE"}])
            emulator.clock.advance(hours=1)
            assert "It delivers since 2026-03-14 12:00:00, and reports lag 3 hours" in get(emulator, page)[1]


@pytest.mark.parametrize(
    ("name", "highest", "currency", "ticks"),
    [
        ("clicks", 0, "USD", ["0", "1", "2"]),
        ("clicks", 3, "USD", ["0", "2", "4"]),
        ("clicks", 1_100, "USD", ["0", "600", "1,200"]),
        ("spend", 0, "USD", ["0.00", "0.50", "1.00"]),
        ("spend", 4_700_000, "EUR", ["0.00", "2.50", "5.00"]),
        ("spend", 4_700_000, "JPY", ["0", "3", "6"]),
        ("spend", 38_000_000, "USD", ["0", "20", "40"]),
    ],
)
def test_a_scale_has_no_parts_of_what_has_none(name, highest, currency, ticks):
    from pinshop.emulator.control.charts import chart

    days = [{"date": "2026-03-01", name: highest}, {"date": "2026-03-02", name: 0}]
    drawn = str(chart(days, currency, name)).partition("</svg>")[0]
    assert re.findall(r'text-anchor="end">([^<]*)<', drawn) == ticks


def test_days_that_are_not_reported_and_days_before_are_told_apart(busy):
    text = get(busy, f"/console/promotions/{busy.ids[0]}?days=90&metric=impressions")[1]
    assert text.count('class="unreported"') == 4  # today, in both charts, each drawn wide and narrow
    assert "not there yet" in text
    assert text.count("<title>") > 180


def test_days_before_anything_was_promoted_are_not_there(emulator):
    text = get(emulator, f"/console/ad_accounts/{emulator.ad_account_id}")[1]
    assert text.count("not there yet</td>") == 29


def test_amounts_name_their_currency_and_a_nasty_one_stays_text(busy):
    account = busy.world.store.get("ad_accounts", int(busy.ad_account_id))
    busy.world.store.update("ad_accounts", {**account, "currency": NASTY})
    for path in pages(busy):
        assert "img" not in Outline(get(busy, path)[1]).tags, path


def test_the_journal_is_filtered_and_shown_as_curl(busy):
    text = get(busy, "/console/calls?status=4")[1]
    assert "product_group_promotions/get" in text
    assert "product_group_promotions/create</a>" not in text
    assert "--data-raw" in get(busy, "/console/calls/1")[1]
    assert "curl --request POST http://127.0.0.1:8080/v5/" in get(busy, "/console/calls/1")[1]
    assert "No calls" in get(busy, "/console/calls?ad_account_id=5")[1]


def test_rules_are_searched(busy):
    busy.rules.set("duplicate_promotion", "refuse")
    assert "update_items_maximum" not in get(busy, "/console/rules?q=duplicate")[1]
    assert get(busy, "/console/rules?changed=yes")[1].count("<tr id=") == 1


@pytest.mark.parametrize(
    ("micro", "currency", "shown"),
    [
        (0, "USD", "0.00"),
        (4_999, "USD", "0.00"),
        (5_000, "USD", "0.01"),
        (1_234_567_890_000, "EUR", "1,234,567.89"),
        (1_499_999, "JPY", "1"),
        (1_500_000, "JPY", "2"),
    ],
)
def test_money_is_rounded_on_the_integer(micro, currency, shown):
    from pinshop.emulator.control.charts import money

    assert money(micro, currency) == shown


# ------------------------------------------------------------------------------------------------- with a browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1280,900",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not (CHROMIUM and DRIVER):
        pytest.skip("no chromium with its chromedriver here (Debian: apt-get install chromium chromium-driver)")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    # The page that shows at the start would go on loading, and asking, while the first page of the console is tested.
    options.add_experimental_option("prefs", {"session.restore_on_startup": 4, "session.startup_urls": ["about:blank"]})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER, env={**os.environ, "NO_PROXY": "127.0.0.1,localhost"}))
    driver.implicitly_wait(0)
    yield driver
    driver.quit()


class Console:
    """The console in the browser."""

    def __init__(self, browser, emulator):
        self.browser, self.root = browser, emulator.base_url.removesuffix("/v5") + "/_emulator"

    def open(self, path="/"):
        self.browser.get(self.root + path)
        return self

    def find(self, xpath):
        return self.browser.find_element("xpath", xpath)

    def click(self, words):
        """Click the link or button with these words, and wait for the page that follows."""
        page = self.find("//html")
        self.find(f"//a[normalize-space()='{words}'] | //button[starts-with(normalize-space(), '{words}')]").click()
        self.wait(lambda: _is_gone(page))
        return self

    def wait(self, condition):
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.wait import WebDriverWait

        # The page may be replaced between finding an element and reading it: then look again.
        wait = WebDriverWait(self.browser, 10, poll_frequency=0.02, ignored_exceptions=[StaleElementReferenceException])
        return wait.until(lambda _: condition())

    @property
    def text(self):
        return self.find("//body").text


def _is_gone(element):
    from selenium.common.exceptions import StaleElementReferenceException, WebDriverException

    try:
        element.is_enabled()
    except (StaleElementReferenceException, WebDriverException):
        return True
    return False


@pytest.fixture
def console(browser, busy):
    busy.start()
    browser.get_log("browser"), browser.get_log("performance")  # what an earlier test left
    return Console(browser, busy)


def test_from_the_account_down_to_a_promotion(console, busy):
    console.open().click("Emulated Shop")
    assert "What this account earned" in console.text
    assert console.find("//div[dt='Spend']/dd").text != "0.00"
    console.click("Kitchen")
    assert "PAUSED" in console.find("//div[@class='head']").text
    assert console.find("//main//*[name()='svg' and @role='img']").size["width"] > 600
    console.find("//summary[.='The same as a table']").click()
    assert len(console.browser.find_elements("xpath", "//main//details//tbody/tr")) == 30
    console.click("Shopping, everyone")
    assert len(console.browser.find_elements("xpath", "//main//tbody/tr/th/a")) == len(busy.ids)


def test_the_clock_is_moved_by_buttons_and_earnings_follow(console, busy):
    console.open(f"/console/ad_accounts/{busy.ad_account_id}")
    before, started = console.find("//div[dt='Spend']/dd").text, busy.clock.now()
    console.click("+1 day").click("+1 hour")
    assert (busy.clock.now() - started).total_seconds() == 25 * 3600
    assert "The clock was moved." in console.text
    assert console.find("//div[dt='Spend']/dd").text != before
    console.click("Run")
    assert not busy.clock.frozen
    console.click("Freeze")
    assert busy.clock.frozen
    console.find("//summary[.='Set…']").click()
    field = console.find("//input[@name='to']")
    console.browser.execute_script("arguments[0].value = '2026-06-01T08:30:00'", field)
    console.click("Set")
    assert busy.clock.now().isoformat() == "2026-06-01T08:30:00+00:00"


def test_a_fault_is_injected_hits_once_and_is_seen(console, busy):
    console.open().click("Faults").click("Fail the next create")
    assert "answers 500, code 12" in console.text
    assert promote(busy).status == 500
    assert isinstance(promote(busy), list)
    assert "None: every call is answered" in console.open("/console/faults").text
    console.click("One call in ten fails").click("Remove")
    assert busy.faults == []
    console.open("/console/calls").find("//tbody/tr[2]//a").click()
    assert "Something went wrong on our end" in console.wait(lambda: console.text)


def test_the_journal_shows_request_and_response(console):
    console.open().click("Journal").click("product_group_promotions/update")
    assert '"status": "PAUSED"' in console.find("//pre[@aria-label='Request body']").text
    assert '"items"' in console.find("//pre[@aria-label='Response body']").text


def test_state_is_kept_returned_to_and_reset(console, busy):
    console.open("/console/state").click("Keep the present state")
    promote(busy)
    console.click("Return to it")
    count = busy.world.store.count("promotions")
    assert count == len(busy.ids)
    console.click("Reset everything…").click("No, go back").click("Reset everything…").click("Yes, reset everything")
    assert busy.world.store.count("promotions") == 0


def test_rules_and_limits_are_set_by_forms(console, busy):
    from selenium.webdriver.support.select import Select

    console.open("/console/rules")
    row = console.find("//tr[@id='duplicate_promotion']")
    Select(row.find_element("tag name", "select")).select_by_visible_text("refuse")
    row.find_element("tag name", "button").click()
    console.wait(lambda: busy.rules.duplicate_promotion == "refuse")
    console.open("/console/limits")
    Select(console.find("//select[@name='profile']")).select_by_visible_text("trial")
    console.click("Use")
    assert busy.limits.name == "trial"
    call(busy, "GET", "/user_account")
    assert "1,000" in console.open("/console/limits").find("//section[@aria-labelledby='quotas']").text


def test_the_keyboard_alone_is_enough(console, busy):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    console.open("/console/state")
    keys = ActionChains(console.browser)
    keys.send_keys(Keys.TAB).perform()
    skip = console.browser.switch_to.active_element
    assert skip.text == "Skip to the content"
    assert skip.rect["x"] >= 0
    keys.send_keys(Keys.ENTER).perform()
    assert console.browser.execute_script("return document.activeElement.id") == "content"
    started = busy.clock.seconds()
    for _ in range(40):
        keys.send_keys(Keys.SHIFT + Keys.TAB + Keys.NULL).perform()
        if console.browser.switch_to.active_element.text == "+1 hour":
            break
    outline = console.browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    keys.send_keys(Keys.ENTER).perform()
    console.wait(lambda: busy.clock.seconds() == started + 3600)


# Contrast as WCAG 2 counts it, of every text against the nearest background that is painted.
CONTRAST = """
const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
                     return .2126 * r + .7152 * g + .0722 * b; };
const parse = s => (s.match(/[\\d.]+/g) || []).map(Number);
const poor = [];
for (const element of document.body.querySelectorAll("*")) {
  if (element.closest("svg, .hidden, .skip, option") || !element.checkVisibility()) continue;
  if (![...element.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
  let behind = element;
  while (behind && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const ink = light(parse(getComputedStyle(element).color)), paper = light(parse(getComputedStyle(behind).backgroundColor));
  const ratio = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
  if (ratio < 4.5) poor.push(`${element.tagName} ${element.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
}
// What is no text but tells something: bars, the edge of days that are not reported, the edges of fields.
const numbers = s => { const found = parse(s); return s.startsWith("color(") ? found.map(v => v * 255) : found; };
const telling = {"svg .bar:not(.part)": "fill", "svg .unreported": "stroke", "main input, main select": "borderTopColor"};
for (const [those, property] of Object.entries(telling)) {
  for (const element of document.querySelectorAll(those)) {
    if (!element.checkVisibility() || element.type === "checkbox" || element.type === "hidden") continue;
    const drawn = light(numbers(getComputedStyle(element)[property]));
    const paper = light(parse(getComputedStyle(element.closest(".card")).backgroundColor));
    const ratio = (Math.max(drawn, paper) + .05) / (Math.min(drawn, paper) + .05);
    if (ratio < 3) poor.push(`${those} ${ratio.toFixed(2)}`);
  }
}
return poor;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(console, busy, scheme):
    busy.fail(status=500)
    console.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    try:
        for path in [*pages(busy), "/?said=reset", "/console/nothing"]:
            assert console.open(path).browser.execute_script(CONTRAST) == [], path
        paper = console.browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", paper))) > 380) == (scheme == "light")
    finally:
        console.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_every_control_has_a_name(console, busy):
    nameless = """
    const named = e => (!/SELECT|INPUT/.test(e.tagName) && e.textContent.trim()) || e.labels?.length || e.ariaLabel;
    const controls = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")];
    return controls.filter(e => !named(e)).map(e => e.outerHTML);
    """
    twice = """
    const does = e => e.href || e.form?.innerHTML || "";
    const named = [...document.querySelectorAll("button, a")].map(e => [e.textContent.trim(), does(e)]);
    return named.filter(([name, it]) => named.some(other => other[0] === name && other[1] !== it)).map(one => one[0]);
    """
    busy.snapshot("before"), busy.snapshot("after"), busy.world.fork_as("one"), busy.world.fork_as("two")
    for path in pages(busy):
        assert console.open(path).browser.execute_script(nameless) == [], path
        assert console.browser.execute_script(twice) == [], path


# Text of charts that is too small to read, charts that are cut off, and tables whose columns are out of sight.
CRAMPED = """
const seen = e => e.checkVisibility();
const small = [...document.querySelectorAll("main svg text")].filter(e => seen(e) && e.getBoundingClientRect().height < 10);
const tables = [...document.querySelectorAll("main .scroll")].filter(e => seen(e) && e.scrollWidth > e.clientWidth + 1);
return [...small.slice(0, 1), ...tables].map(e => e.outerHTML.slice(0, 120));
"""


#: Names in the first column of a table that are broken where there is room.
BROKEN = "return [...document.querySelectorAll('th code')].filter(e => e.getClientRects().length > 1).map(e => e.textContent)"


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_a_telephone_and_a_screen_whatever_names_are(console, busy, width):
    account = f"/ad_accounts/{busy.ad_account_id}"
    for kind, entity_id in (("campaigns", busy.campaign_id), ("ad_groups", busy.ad_group_id)):
        body = [{"id": entity_id, "ad_account_id": busy.ad_account_id, "name": "a_name_of_one_word_" * 12}]
        assert call(busy, "PATCH", f"{account}/{kind}", body).status == 200
    group = busy.world.store.get("product_groups", int(busy.catalog_product_group_ids[1]))
    busy.world.store.update("product_groups", {**group, "name": "A name of many words " * 12})
    busy.limits.use("standard")
    busy.snapshot("before-the-campaigns-of-spring")
    busy.world.fork_as("a-tenant-of-a-long-name")
    busy.fail(token=busy.token(), item_like={"a_name_of_one_word_" * 5: "x" * 90}, code=1, times=None)
    body = [{"id": busy.ids[0], "tracking_url": "https://shop.example/?" + "x" * 900}]
    call(
        busy, "PATCH", f"{account}/product_group_promotions", {"ad_group_id": busy.ad_group_id, "product_group_promotion": body}
    )
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    console.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for path in pages(busy):
            wide = console.open(path).browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width, path
            sorts = console.browser.find_elements("xpath", "//th/a[contains(@href, 'sort=')]")
            assert all(link.is_displayed() for link in sorts), path
            console.browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true; })")
            assert width > 360 or console.browser.execute_script(CRAMPED) == [], path
            assert width == 360 or console.browser.execute_script(BROKEN) == [], path
    finally:
        console.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_nothing_else_is_asked_and_nothing_goes_wrong(console, busy):
    for path in pages(busy):
        console.open(path)
    asks = {"client_id": APP_ID, "redirect_uri": "http://localhost:8085/", "response_type": "code", "scope": "ads:read"}
    console.browser.get(console.root.removesuffix("/_emulator") + "/oauth/?" + urlencode(asks))
    assert console.find("//h1").text == "Give access"
    assert console.browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in console.browser.get_log("performance")]
    asked = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
    assert len(asked) > len(pages(busy))
    assert {url for url in asked if not url.startswith((console.root.removesuffix("/_emulator"), "data:"))} == set()


def test_it_works_without_javascript(console, busy):
    console.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        started = busy.clock.seconds()
        console.open().click("+30 days").click("Faults").click("429 for the next call")
        assert busy.clock.seconds() - started == 30 * 86_400
        assert [fault.status for fault in busy.faults] == [429]
        assert not console.find("//input[@id='live']").is_displayed()
    finally:
        console.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_live_shows_what_happens_meanwhile(console, busy):
    console.open()
    console.find("//input[@id='live']").click()
    console.find("//h1").click()  # the page is not replaced under the focus
    console.browser.execute_script("document.activeElement.blur()")
    call(busy, "GET", "/user_account")
    busy.clock.set("2027-01-01T00:00:00Z")
    console.wait(lambda: "user_account/get" in console.find("//main").text and "2027" in console.find("//time").text)
    console.find("//input[@id='live']").click()
