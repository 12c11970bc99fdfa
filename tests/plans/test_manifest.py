"""Manifest files: every format, every way to be wrong, and where the message points."""

from __future__ import annotations

import copy
import json
import random
import tomllib
from collections import Counter
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pinshop import plans
from pinshop.errors import InvalidInput, ManifestError
from pinshop.plans.yaml_text import block, quoted, scalar

YAML = """\
# yaml-language-server: $schema=./pinshop.schema.json
pinshop: 1
account: "549755885175"
protect: false
ad_group_defaults: {placement_group: ALL}
promotion_defaults: {tracking_url: "https://shop.example/?c={campaignid}"}
campaigns:
  - name: Spring
    objective_type: SALES
    intended_promotion_type: CATALOG
    is_campaign_budget_optimization: true
    daily_spend_cap: 50 USD
    start_time: 2026-03-01T00:00:00+01:00
    tracking_urls: {click: ["https://t.example/"]}
ad_groups:
  - id: "2680059592705"
    exclusive: true
    promotions:
      - {catalog_product_group_id: "1234", status: ACTIVE}
  - name: Spring, everyone
    campaign: Spring
    billable_event: CLICKTHROUGH
    bid_in_micro_currency: 800000
    bid_multiplier: 1.25
    targeting_spec: {GENDER: [female], MINIMUM_AGE: 25, MAXIMUM_AGE: 65+}
    promotion_defaults: {status: ACTIVE}
    promotions:
      - {catalog_product_group_name: Kitchen, tracking_url: null, is_mdl: true}
      - {catalog_product_group_pattern: "Spring *", creative_type: COLLECTION, collections_hero_pin_id: "0123"}
      - {id: "4260608094066", status: PAUSED}
"""

TOML = """\
pinshop = 1
account = "549755885175"
protect = false

[ad_group_defaults]
placement_group = "ALL"

[promotion_defaults]
tracking_url = "https://shop.example/?c={campaignid}"

[[campaigns]]
name = "Spring"
objective_type = "SALES"
intended_promotion_type = "CATALOG"
is_campaign_budget_optimization = true
daily_spend_cap = "50 USD"
start_time = 2026-03-01T00:00:00+01:00
tracking_urls = {click = ["https://t.example/"]}

[[ad_groups]]
id = 2680059592705
exclusive = true
promotions = [{catalog_product_group_id = "1234", status = "ACTIVE"}]

[[ad_groups]]
name = "Spring, everyone"
campaign = "Spring"
billable_event = "CLICKTHROUGH"
bid_in_micro_currency = 800000
bid_multiplier = 1.25
targeting_spec = {GENDER = ["female"], MINIMUM_AGE = 25, MAXIMUM_AGE = "65+"}
promotion_defaults = {status = "ACTIVE"}

[[ad_groups.promotions]]
catalog_product_group_name = "Kitchen"
is_mdl = true

[[ad_groups.promotions]]
catalog_product_group_pattern = "Spring *"
creative_type = "COLLECTION"
collections_hero_pin_id = "0123"

[[ad_groups.promotions]]
id = "4260608094066"
status = "PAUSED"
"""


def plain(manifest: plans.Manifest) -> list[object]:
    """What a manifest declares, without its places."""
    return [
        (
            section.id,
            section.protect,
            [(one.id, one.name, one.fields) for one in section.campaigns],
            [
                (
                    one.id,
                    one.name,
                    one.campaign,
                    one.exclusive,
                    one.fields,
                    [(p.id, p.group_id, p.group_name, p.pattern, p.creative_type, p.fields) for p in one.promotions],
                )
                for one in section.ad_groups
            ],
        )
        for section in manifest.accounts
    ]


def test_a_manifest_says_what_it_says():
    manifest = plans.parse_manifest(YAML)
    (section,) = manifest.accounts
    assert (section.id, len(manifest)) == ("549755885175", 4)
    (campaign,) = section.campaigns
    assert campaign.fields["daily_spend_cap"] == 50_000_000
    assert campaign.fields["start_time"] == 1_772_319_600
    first, second = section.ad_groups
    assert (first.exclusive, first.promotions[0].fields) == (
        True,
        {"tracking_url": "https://shop.example/?c={campaignid}", "status": "ACTIVE"},
    )
    assert second.fields["targeting_spec"] == {"GENDER": ["female"], "MINIMUM_AGE": "25", "MAXIMUM_AGE": "65+"}
    assert second.fields["placement_group"] == "ALL"
    kitchen, spring, pinned = second.promotions
    assert kitchen.fields == {"tracking_url": None, "status": "ACTIVE", "is_mdl": True}
    assert (spring.creative_type, spring.fields["collections_hero_pin_id"]) == ("COLLECTION", "0123")
    assert (pinned.id, pinned.fields["status"]) == ("4260608094066", "PAUSED")


def test_toml_and_yaml_say_the_same():
    without_null = YAML.replace("tracking_url: null, ", "")
    assert plain(plans.parse_manifest(TOML, file="a.toml")) == plain(plans.parse_manifest(without_null))


def test_both_fit_the_schema():
    validator = jsonschema.Draft202012Validator(plans.schema())
    validator.check_schema(plans.schema())
    validator.validate(yaml.safe_load(YAML.replace("2026-03-01T00:00:00+01:00", '"2026-03-01T00:00:00+01:00"')))
    validator.validate(json.loads(json.dumps(tomllib.loads(TOML), default=str)))
    for wrong in (
        {"acount": "1"},
        {"ad_groups": [{"id": "x"}]},
        {"ad_groups": [{"id": "1", "promotions": [{"status": "ACTIVE"}]}]},
    ):
        assert list(validator.iter_errors(wrong)), wrong


def test_csv_is_rows_with_an_action():
    rows = """\
action,ad_account_id,ad_group_id,ad_group_name,catalog_product_group_id,id,status,tracking_url
create,5497,2680,,11,,ACTIVE,https://a.example/
,5497,2680,,12,,,null
pause,5497,2680,,,4260,,
skip,5497,2680,,13,,ACTIVE,
activate,5497,,Other,14,,,
archive,5497,,Other,15,,,
"""
    manifest = plans.parse_manifest(rows, file="rows.csv")
    (section,) = manifest.accounts
    first, other = section.ad_groups
    assert [(p.id, p.group_id, p.fields, p.existing) for p in first.promotions] == [
        (None, "11", {"status": "ACTIVE", "tracking_url": "https://a.example/"}, False),
        (None, "12", {"tracking_url": None}, False),
        ("4260", None, {"status": "PAUSED"}, True),
    ]
    assert [(p.group_id, p.fields["status"], p.existing) for p in other.promotions] == [
        ("14", "ACTIVE", True),
        ("15", "ARCHIVED", True),
    ]


CLEARED = {"tracking_url": None, "is_mdl": None, "status": "PAUSED"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.yaml", "ad_groups: [{id: 1, promotions: [{id: 2, status: PAUSED, clear: [tracking_url, is_mdl]}]}]"),
        ("a.yaml", "ad_groups: [{id: 1, promotions: [{id: 2, status: PAUSED, tracking_url: null, is_mdl: null}]}]"),
        (
            "a.yaml",
            "ad_groups: [{id: 1, promotion_defaults: {clear: [is_mdl], status: PAUSED},\n promotions: [{id: 2, clear: [tracking_url]}]}]",  # noqa: E501
        ),
        (
            "a.toml",
            '[[ad_groups]]\nid = 1\n[[ad_groups.promotions]]\nid = 2\nstatus = "PAUSED"\nclear = ["tracking_url", "is_mdl"]\n',
        ),
        ("a.csv", "ad_group_id,id,status,clear\n1,2,PAUSED,tracking_url;is_mdl\n"),
        ("a.csv", 'ad_group_id,id,status,clear\n1,2,PAUSED,"tracking_url, is_mdl"\n'),
        ("a.csv", "ad_group_id,id,status,tracking_url,is_mdl\n1,2,PAUSED,null,null\n"),
    ],
)
def test_every_format_can_clear_a_field(file, text):
    manifest = plans.parse_manifest(text, file=file)
    assert [one.fields for section in manifest.accounts for group in section.ad_groups for one in group.promotions] == [CLEARED]
    if file != "a.csv":
        jsonschema.validate(yaml.safe_load(text) if file == "a.yaml" else tomllib.loads(text), plans.schema())


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("a.toml", "[[campaigns]]\nid = 1\nclear = ['daily_spend_cup']", "a.toml:3"),
        ("a.toml", "[[campaigns]]\nid = 1\nclear = ['daily_spend_cup']", "did you mean daily_spend_cap"),
        ("a.toml", "[[campaigns]]\nid = 1\nclear = [1]", "clear[0]: got 1"),
        ("a.toml", "[[campaigns]]\nid = 1\nclear = 'end_time'", "a list"),
        ("a.yaml", "campaigns: [{id: 1, clear: [name]}]", "a field of this entry"),
        ("a.yaml", "campaigns: [{id: 1, end_time: 5, clear: [end_time]}]", "no value beside it (line 1)"),
        ("a.yaml", "campaigns: [{id: 1, clear: [status]}]", "status: got None"),
        ("a.csv", "ad_group_id,id,status,clear\n1,2,PAUSED,nope\n", "clear: got 'nope'"),
    ],
)
def test_what_cannot_be_cleared_is_refused(file, text, said):
    with pytest.raises(ManifestError) as caught:
        plans.parse_manifest(text, file=file)
    assert said in str(caught.value)


def promotion(line: str) -> str:
    return f'account: "1"\nad_groups:\n  - id: "2"\n    promotions:\n      - {line}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # YAML itself
        ("account: 1\naccount: 2\n", "m.yaml:2:1: account: .*each key once; it stands on line 1 and on line 2"),
        ("a: [", r"m.yaml:2:1: file: .*YAML \("),
        ("a: 'x\n", r"m.yaml:.*YAML \("),
        ("- a\n", "file: got .* allowed: a mapping"),
        ("account: &a {id: *a}\n", r"an alias of something that does not contain it|YAML"),
        ("? [a]\n: 1\n", "keys that are text"),
        ("\x00", r"YAML \("),
        (promotion("<<: {status: ACTIVE}"), r"m.yaml:5:9: .*<<.*no merge keys; promotion_defaults"),
        # what it declares
        ("", "at least one campaign or ad group"),
        ("account: 1\n", "at least one campaign or ad group"),
        ("Account: 1\n", r"m.yaml:1:10: Account: got '1', allowed: not this field; did you mean account"),
        ("AD_GROUPS: []\n", r"not this field; did you mean ad_groups"),
        ("acount: 1\n", "m.yaml:1:9: acount: got '1', allowed: not this field; did you mean account?"),
        ("pinshop: 2\n", "pinshop: got '2', allowed: 1"),
        ("accounts: [{id: 1}]\nad_groups: []\n", "no ad_groups beside accounts"),
        ("protect: yes\n", "protect: got 'yes', allowed: true or false"),
        ("ad_groups: {}\n", "ad_groups: got {}, allowed: a list"),
        ("ad_groups: [x]\n", r"ad_groups\[0\]: got 'x', allowed: a mapping"),
        ("ad_groups: [{exclusive: true}]\n", "an id or a name"),
        ("ad_groups: [{id: 1}, {id: 1}]\n", "each ad group once; m.yaml:1 has it too"),
        ("campaigns: [{name: a}, {name: a}]\n", "each campaign once"),
        ("ad_groups: [{id: 1, campaign: a, campaign_id: 2}]\n", "a campaign or a campaign_id, not both"),
        # promotions
        (promotion("{status: ACTIVE}"), r"m.yaml:5:9: ad_groups\[0\].promotions\[0\]: got None, allowed: an id, or one of"),
        (promotion("{catalog_product_group_id: on}"), "m.yaml:5:36: .*got 'on', allowed: 1 to 18 digits"),
        (promotion("{catalog_product_group_id: 1234567890123456789}"), "1 to 18 digits"),
        (promotion("{catalog_product_group_id: 1.5}"), "1 to 18 digits"),
        (promotion("{catalog_product_group_id: 1:30}"), "1 to 18 digits"),
        (promotion("{catalog_product_group_id: ~}"), "got None, allowed: 1 to 18 digits"),
        (promotion("{id: 1, catalog_product_group_pattern: a*}"), "a pattern alone"),
        (promotion("{id: 1, status: ACTVE}"), "m.yaml:5:25: .*status: got 'ACTVE', allowed: one of .*; nearest: ACTIVE"),
        (promotion("{id: 1, status: DELETED_DRAFT}"), "one of ACTIVE, PAUSED, ARCHIVED, DRAFT"),
        (promotion("{id: 1, status: null}"), "status: got None"),
        (promotion("{id: 1, is_mdl: no}"), "is_mdl: got 'no', allowed: true or false"),
        (promotion('{id: 1, is_mdl: "true"}'), "is_mdl: got 'true', allowed: true or false"),
        (promotion("{id: 1, creative_typ: VIDEO}"), "did you mean creative_type?"),
        (promotion("{id: 1, bid_in_micro_currency: 5}"), "bid_in_micro_currency: got '5', allowed: the fields|not this field"),
        (promotion("{id: 1, tracking_url: [a]}"), r"tracking_url: got \['a'\], allowed: text"),
        (promotion('{id: 1, tracking_url: "https://x/?c={campagnid}"}'), r"not {campagnid}; did you mean {campaignid}"),
        (promotion('{id: 1, tracking_url: "https://x/?c={campaignid"}'), "braces in pairs"),
        (promotion('{id: 1, tracking_url: "https://x/?' + "a" * 4000 + '"}'), r"a string of 0 to 4000 characters"),
        # money and moments
        ("campaigns: [{id: 1, daily_spend_cap: 0}]\n", "more than 0, which Pinterest takes as no limit"),
        ("campaigns: [{id: 1, daily_spend_cap: 0.00 USD}]\n", "more than 0"),
        ("campaigns: [{id: 1, daily_spend_cap: 50}]\n", "50 micro is less than a hundredth of a unit"),
        ("campaigns: [{id: 1, daily_spend_cap: 50.00}]\n", r"an amount with its currency \(20.00 USD\)"),
        ("campaigns: [{id: 1, daily_spend_cap: -5 USD}]\n", "an amount with its currency"),
        ("campaigns: [{id: 1, daily_spend_cap: 50 usd}]\n", "an amount with its currency"),
        ("campaigns: [{id: 1, daily_spend_cap: 500.5 JPY}]\n", "a whole amount, as JPY has no smaller unit"),
        ("campaigns: [{id: 1, daily_spend_cap: 5 USD, lifetime_spend_cap: 5 USD}]\n", "no lifetime_spend_cap beside"),
        ("campaign_defaults: {daily_spend_cap: 5 USD}\ncampaigns: [{id: 1}]\n", "defaults serve accounts of any currency"),
        ("campaigns: [{id: 1, start_time: 2026-03-01}]\n", "a moment with its time zone"),
        ("campaigns: [{id: 1, start_time: 2026-03-01T00:00:00}]\n", "a moment with its time zone"),
        ("ad_groups: [{id: 1, bid_multiplier: 11}]\n", "a number from 0 to 10"),
        ("ad_groups: [{id: 1, targeting_spec: {GENDR: [female]}}]\n", "did you mean GENDER?"),
        ("ad_groups: [{id: 1, targeting_spec: {GENDER: [woman]}}]\n", r"m.yaml:1:.*GENDER\[0\]: got 'woman'"),
    ],
)
def test_bad_input_is_refused_with_file_line_field_given_and_allowed(text, said):
    with pytest.raises(ManifestError, match=said) as caught:
        plans.parse_manifest(text, file="m.yaml")
    assert all(problem.line >= 1 and problem.file == "m.yaml" for problem in caught.value.problems)


def test_all_problems_are_told_at_once():
    text = promotion("{id: x}") + "      - {id: 1, status: A}\n      - {id: 2, foo: 1}\n"
    with pytest.raises(ManifestError) as caught:
        plans.parse_manifest(text)
    assert [(problem.line, problem.field.rpartition(".")[2]) for problem in caught.value.problems] == [
        (5, "id"),
        (6, "status"),
        (7, "foo"),
    ]
    many = "".join(f"      - {{id: x{n}}}\n" for n in range(40))
    with pytest.raises(ManifestError, match="and 20 more"):
        plans.parse_manifest(promotion("{id: x}")[: -len("      - {id: x}\n")] + many)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\na = 2\n", r"m.toml:2:.*TOML"),
        (
            'account = "1"\n[[ad_groups]]\nid = "2"\n' + '[[ad_groups.promotions]]\nid = "4"\n' * 2 + 'status = "X"\n',
            "m.toml:8: ad_groups.0..promotions.1..status",
        ),
        ('[[ad_groups]]\nid = "2"\npromotions = [\n  {id = "3"},\n  {id = "x"},\n]\n', "m.toml:3: .*promotions.1..id: got 'x'"),
        ('[[ad_groups]]\nname = """\na\nid = 4\n"""\nexclusive = 3\n', "m.toml:6: ad_groups.0..exclusive: got 3"),
        ("id = 01\n", "m.toml:1:.*TOML"),
    ],
)
def test_toml_problems_have_lines(text, said):
    with pytest.raises(ManifestError, match=said):
        plans.parse_manifest(text, file="m.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a first line with the names of the columns"),
        ("id,id\n1,2\n", "each column once"),
        ("ad_group_id,id\n1\n", "m.csv:2:1: row: got '1 cells', allowed: 2 cells"),
        ("action,ad_group_id,id\ndelete,1,2\n", "m.csv:2:1: action: got 'delete', allowed: one of create"),
        ("action,ad_group_id,id,status\npause,1,2,ACTIVE\n", "PAUSED, or an empty cell, as the action is pause"),
        (
            "ad_group_id,id,colour\n1,2,red\n",
            "m.csv:1:3: colour: got 'colour', .*not this column; the columns are action,",
        ),
        ("id,Ad_Group_ID\n1,2\n", r"m.csv:1:2: Ad_Group_ID: got .* not this column; did you mean ad_group_id\?$"),
        ("Id,ad group id\n", r"m.csv:1:1: Id: .* did you mean id\?\nm.csv:1:2: ad group id: .* did you mean ad_group_id\?$"),
        ("Action,id\npause,1\n", r"m.csv:1:1: Action: .* did you mean action\?$"),
        ("ad_group_id;id\n1;2\n", "m.csv:1:1: file: got 'ad_group_id;id', allowed: commas between the columns; .* semicolons$"),
        ('"ad_group_id"; "id"\n1;2\n', "commas between the columns; this line has semicolons$"),
        ("ad_group_id\tid\n1\t2\n", "commas between the columns; this line has tabs$"),
        ("ad_group_id | id\n1 | 2\n", "commas between the columns; this line has vertical bars$"),
        (
            "sep=;\nad_group_id;id\n1;2\n",
            "m.csv:1:1: file: got 'sep=;', allowed: .* commas between them, and no line sep=$",
        ),
        ("sep=,\nad_group_id,id\n1,2\n", "m.csv:1:1: file: got 'sep=,', allowed: the names of the columns in the first line"),
        (
            "ad_group_id,id\n1;2\n",
            "m.csv:2:1: row: .* allowed: 2 cells, .* commas between them; this one has semicolons$",
        ),
        ("ad_group_id,id,status\n1,2,on\n", "m.csv:2:3: status: got 'on'"),
        ('ad_group_id,id,tracking_url\n1,2,"a\nb"\n1,x,\n', "m.csv:4:2: id: got 'x'"),
        ('ad_group_id,id\n1,"2\n', r"CSV \("),
        ("ad_group_id,status\n1,ACTIVE\n", "row: got None, allowed: an id"),
    ],
)
def test_csv_problems_have_lines_and_columns(text, said):
    with pytest.raises(ManifestError, match=said):
        plans.parse_manifest(text, file="m.csv")


def test_spaces_and_tabs_beside_commas_are_only_spaces():
    spaced = plans.parse_manifest("ad_group_id,\tid , \tclear\n1,\t2,tracking_url;is_mdl\n", file="m.csv")
    assert plain(spaced) == plain(plans.parse_manifest("ad_group_id,id,clear\n1,2,tracking_url;is_mdl\n", file="m.csv"))


def test_line_ends_byte_order_mark_and_encoding():
    plain_text = plain(plans.parse_manifest(YAML))
    assert plain(plans.parse_manifest(YAML.replace("\n", "\r\n"))) == plain_text
    assert plain(plans.parse_manifest(b"\xef\xbb\xbf" + YAML.encode())) == plain_text
    with pytest.raises(ManifestError, match=r"m.yaml:2:1: file: got b'\\xff', allowed: text in UTF-8"):
        plans.parse_manifest(b"account: 1\n\xff", file="m.yaml")
    with pytest.raises(ManifestError, match=r"m.yaml:4:"):
        plans.parse_manifest("ad_groups:\r\n  - id: 1\r\n    promotions:\r\n      - id: x\r\n", file="m.yaml")


def test_ids_stay_ids():
    manifest = plans.parse_manifest(
        promotion("{catalog_product_group_id: 0123}") + "      - catalog_product_group_id: 123456789012345678\n"
    )
    assert [one.group_id for one in manifest.accounts[0].ad_groups[0].promotions] == ["0123", "123456789012345678"]
    prefixed = plans.parse_manifest("account: 1\nad_groups: [{id: AG12, campaign_id: C3}]\n").accounts[0].ad_groups[0]
    assert (prefixed.id, prefixed.campaign_id) == ("12", "3")


def test_anchors_stand_for_what_they_name_and_bombs_do_not_go_off():
    text = 'account: "1"\nad_groups:\n  - {id: "2", promotions: &p [{id: "3"}]}\n  - {id: "4", promotions: *p}\n'
    assert [len(one.promotions) for one in plans.parse_manifest(text).accounts[0].ad_groups] == [1, 1]
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    with pytest.raises(ManifestError, match="with aliases written out"):
        plans.parse_manifest(bomb)


@pytest.mark.parametrize("read", [plans.parse_manifest, plans.format_manifest])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            promotion("{id: !foo 12}"),
            r"m.yaml:5:14: ad_groups\[0\].promotions\[0\].id: got '!foo', allowed: no tags; plain text",
        ),
        ("account: !!binary NTQ5\n", "m.yaml:1:10: account: got '!!binary', allowed: no tags"),
        ("account: !!str 549\n", "m.yaml:1:10: account: got '!!str', allowed: no tags; .* quotes around what is text"),
        ("account: ! 549\n", "m.yaml:1:10: account: got '!', allowed: no tags"),
        ("ad_groups: !!python/tuple [1]\n", "m.yaml:1:12: ad_groups: got '!!python/tuple', allowed: no tags"),
        ("ad_groups: !!set {a}\n", "m.yaml:1:12: ad_groups: got '!!set', allowed: no tags"),
        ("!foo\naccount: 1\n", "m.yaml:1:1: file: got '!foo', allowed: no tags"),
        ("!key account: 1\n", "m.yaml:1:1: file: got '!key', allowed: no tags"),
        ("%TAG !e! tag:e.example,2026:\n---\naccount: !e!x 1\n", "m.yaml:3:10: account: got 'tag:e.example,2026:x', allowed"),
    ],
)
def test_a_tag_is_refused_where_it_stands(read, text, said):
    with pytest.raises(ManifestError, match=said):
        read(text, file="m.yaml")


def test_files_that_are_no_manifests(tmp_path):
    with pytest.raises(InvalidInput, match=r"a file that ends in .yaml"):
        plans.parse_manifest("", file="plan.txt")
    with pytest.raises(InvalidInput, match="a file that can be read"):
        plans.load_manifest(tmp_path / "missing.yaml")
    with pytest.raises(InvalidInput, match="at least one file"):
        plans.load_manifest([])


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused_with_a_place(text):
    for file in ("m.yaml", "m.toml", "m.csv"):
        try:
            plans.parse_manifest(text, file=file)
        except ManifestError as error:
            assert all(problem.line >= 1 for problem in error.problems)
        except UnicodeEncodeError:
            assert not text.isprintable()


# ------------------------------------------------------------------------------------------------- writing


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=300, deadline=None)
def test_text_that_is_written_is_the_text_that_is_read(text):
    for loader in (yaml.SafeLoader, yaml.CBaseLoader):
        assert yaml.load(scalar(text), Loader=loader) == text
        assert yaml.load(quoted(text), Loader=loader) == text
        assert yaml.load("\n".join(block({"a": {"b": [text, {"c": text}]}})), Loader=loader) == {
            "a": {"b": [text, {"c": text}]}
        }


MESSY = """\
# first
account:   549755885175   # the shop

# defaults
promotion_defaults: {tracking_url: 'https://shop.example/?c={campaignid}'}
ad_groups:
# about the group
- id:   2680059592705
  exclusive:   true
  promotions:
     # kitchen
     - catalog_product_group_id: 0123   # Kitchen
       status:    ACTIVE
     - {catalog_product_group_name: "Light: all # of it", status: PAUSED}


# the end
"""

TIDY = """\
# first
account: "549755885175"  # the shop

# defaults
promotion_defaults: {tracking_url: "https://shop.example/?c={campaignid}"}
ad_groups:
  # about the group
  - id: "2680059592705"
    exclusive: true
    promotions:
      # kitchen
      - catalog_product_group_id: "0123"  # Kitchen
        status: ACTIVE
      - {catalog_product_group_name: "Light: all # of it", status: PAUSED}

# the end
"""


def test_fmt_keeps_comments_and_meaning():
    assert plans.format_manifest(MESSY) == TIDY
    assert plans.format_manifest(TIDY) == TIDY
    assert plain(plans.parse_manifest(MESSY)) == plain(plans.parse_manifest(TIDY))
    assert plans.format_manifest(MESSY.replace("\n", "\r\n").encode()) == TIDY
    assert plans.format_manifest(YAML.encode()).count("#") == YAML.count("#")
    assert plain(plans.parse_manifest(plans.format_manifest(YAML))) == plain(plans.parse_manifest(YAML))


def test_fmt_leaves_anchors_as_they_are_and_tidies_toml_and_csv():
    anchored = 'account: "1"  \nad_groups:\n  - {id: "2", promotions: &p [{id: "3"}]}\n  - {id: "4", promotions: *p}\n\n\n'
    assert plans.format_manifest(anchored) == anchored.replace("  \n", "\n").rstrip("\n") + "\n"
    assert plans.format_manifest("account = '1'   \r\n\r\n", file="a.toml") == "account = '1'\n"
    assert plans.format_manifest('id, status\r\n"1",ACTIVE\r\n\r\n', file="a.csv") == "id,status\n1,ACTIVE\n"
    with pytest.raises(ManifestError):
        plans.format_manifest("a: [")


_SCALARS = st.one_of(
    st.sampled_from(
        [
            "true",
            "null",
            "~",
            "ACTIVE",
            "0123",
            "on",
            "'a'",
            '"b c"',
            "2026-03-01T00:00:00Z",
            "a#b",
            '"# no"',
            "|\n    text\n    more",
        ]
    ),
    st.text(alphabet="abc XYZ0123:#-{}[]", min_size=1, max_size=8).map(quoted),
)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), _SCALARS, st.sampled_from(["", "  # note", "   #x"])),
        max_size=6,
        unique_by=lambda one: one[0],
    )
)
@settings(max_examples=200, deadline=None)
def test_fmt_never_changes_the_meaning_and_loses_no_comment(pairs):
    lines = []
    for key, value, comment in pairs:
        # a comment after a block of text stands before it
        lines.append(f"{key}:  {value.replace('|', '|' + comment, 1) if value.startswith('|') else value + comment}")
    text = "# top\n" + "\n".join(lines) + "\n"
    made = plans.format_manifest(text)
    assert yaml.load(made, Loader=yaml.CBaseLoader) == yaml.load(text, Loader=yaml.CBaseLoader)
    assert made.count("# note") == text.count("# note")
    assert made.count("#x") == text.count("#x")
    assert plans.format_manifest(made) == made


# ------------------------------------------------------------------------------- anything where anything may stand

WHOLE: dict[str, Any] = {
    "pinshop": 1,
    "account": "549707368872",
    "promotion_defaults": {"tracking_url": "https://s.example/?c={campaignid}", "clear": ["is_mdl"]},
    "campaigns": [
        {"name": "Spring", "objective_type": "SALES", "daily_spend_cap": "50 USD", "start_time": "2026-03-01T00:00:00+01:00"},
        {"id": "626707368860", "name": "x", "tracking_urls": {"impression": ["https://a.example"]}},
    ],
    "ad_groups": [
        {"id": "2680007368798", "exclusive": True, "promotions": [{"catalog_product_group_pattern": "Spring *"}]},
        {
            "name": "N",
            "campaign": "Spring",
            "billable_event": "CLICKTHROUGH",
            "targeting_spec": {"AGE_BUCKET": ["25-34"]},
            "promotions": [{"catalog_product_group_name": "Kitchen"}, {"id": "4260007368873", "clear": ["tracking_url"]}],
        },
    ],
}
ODD: tuple[Any, ...] = (
    None, "", [], {}, True, False, 0, -1, "x", "0123", "~", "1e400", "NaN", [None], [[]], [{}], {"a": None}, {"id": None},
    {"a": 0}, {"a": "1.5"}, "1" * 30, "50 EUR", "50", "-5 USD", "1.0000001 USD", "2026-13-45T99:00:00Z", "{badmacro}", "*",
    "null", "ACTIVE", 10**30, "9" * 5000, "a\tb",
)  # fmt: skip


def mutated(draw: random.Random) -> dict[str, Any]:
    value = copy.deepcopy(WHOLE)
    for _ in range(draw.randint(1, 3)):
        holder: Any = value
        while True:
            key = draw.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
            if not isinstance(holder[key], dict | list) or not holder[key] or draw.random() < 0.3:
                break
            holder = holder[key]
        if draw.random() < 0.7:
            holder[key] = copy.deepcopy(draw.choice(ODD))
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            holder[draw.choice(["id", "name", "status", "clear", "promotions", "campaign_id", "zz", "tracking_urls"])] = (
                copy.deepcopy(draw.choice(ODD))
            )
    return value


def test_whatever_stands_in_a_manifest_it_is_read_or_refused_with_its_place(rounds):
    refused = 0
    for seed in range(rounds(300, 20_000)):
        text = "\n".join(block(mutated(random.Random(seed)))) + "\n"
        try:
            plans.parse_manifest(text)
        except ManifestError as error:
            refused += 1
            assert all(problem.line for problem in error.problems), (seed, text)
            twice = Counter((problem.line, problem.column, problem.field) for problem in error.problems)
            assert max(twice.values()) == 1, (seed, text, str(error))
    assert refused > 100


def test_an_id_that_is_wrong_is_one_mistake_and_entries_without_any_are_no_doubles():
    text = "account: x\ncampaigns:\n  - id: abc\n  - id: abd\n  - name: []\nad_groups:\n  - id: 12x\n  - id: 13x\n"
    with pytest.raises(ManifestError) as refused:
        plans.parse_manifest(text)
    assert [(one.line, one.field, one.allowed) for one in refused.value.problems] == [
        (3, "campaigns[0].id", "1 to 18 digits"),
        (4, "campaigns[1].id", "1 to 18 digits"),
        (5, "campaigns[2].name", "text"),
        (7, "ad_groups[0].id", "1 to 18 digits"),
        (8, "ad_groups[1].id", "1 to 18 digits"),
    ]
