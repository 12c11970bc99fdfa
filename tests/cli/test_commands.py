"""The tree of commands: every example of a help text runs, and what all commands have in common."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import click
import pyarrow.parquet
import pytest
from click.testing import CliRunner

from pinshop import Client
from pinshop.cli.commands import walk
from pinshop.cli.tree import COMMANDS, main
from pinshop.credentials import environment, vaults
from pinshop.emulator import Emulator

NOT_RUN = {
    "pinshop login": "needs a browser; tests/cli/test_access.py",
    "pinshop emulator": "serves until it is stopped; tests/cli/test_emulator.py",
    "pinshop demo plans": "takes its time; tests/plans/test_demo.py",
}
LEAVES = {row["command"]: row for row in walk(main, click.Context(main, info_name="pinshop"))}
ACCOUNT, AD_GROUP, CAMPAIGN = "549707368872", "2680007368798", "626707368860"


@pytest.fixture(scope="module")
def served():
    with Emulator(now="2026-03-02T12:00:00Z") as emulator:
        emulator.start()
        yield emulator


@pytest.fixture
def run(tmp_path, monkeypatch, served):
    """Run a command line against one emulator that begins anew, in a directory of its own."""
    for names in environment.NAMES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PINSHOP_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", served.access_token)
    monkeypatch.setenv("PINTEREST_API_URI", served.base_url)
    monkeypatch.setattr(vaults, "keychain", lambda: None)
    monkeypatch.setattr(time, "sleep", lambda _: None)  # reports are waited for; the emulator counts polls, not seconds
    monkeypatch.chdir(tmp_path)
    served.reset()

    def run(line: str, *, code: int = 0, given: str | None = None):
        words = shlex.split(line)
        result = CliRunner().invoke(main, words[1:] if words[0] == "pinshop" else words, input=given, prog_name="pinshop")
        assert result.exit_code == code, (line, result.output, result.stderr, result.exception)
        return result

    return run


def promoted(run, *more: str) -> list[str]:
    made = run(f"promotions create --ad-group {AD_GROUP} 2680307368804 2680307368831 {' '.join(more)}")
    return [json.loads(line)["id"] for line in made.stdout.splitlines()]


# ------------------------------------------------------------------------------------------ the tree


@pytest.mark.parametrize("name", sorted(set(LEAVES) - set(NOT_RUN)))
def test_the_examples_of_a_help_text_run(run, name):
    examples = LEAVES[name]["examples"]
    assert examples, f"{name} --help shows no example"
    if name.startswith("pinshop promotions") and "create" not in name:
        promoted(run)
    if name.split()[1] in ("plan", "apply", "drift", "rollback", "fmt", "validate"):
        promoted(run)
        run("import --output promotions.yaml")
        run("plan promotions.yaml --out spring.plan.json")
    if name == "pinshop rollback":
        Path("promotions.yaml").write_text(Path("promotions.yaml").read_text().replace("Shopping", "Spring"))
        run("apply promotions.yaml --yes")
    if "profile" in name or "logout" in name or name == "pinshop accounts use":
        run("login --profile shop --with-token", given=os.environ["PINTEREST_ACCESS_TOKEN"] + "\n")
    for example in examples:
        run(example)


def test_the_table_of_commands_is_the_help_of_each():
    for name, (_, _, line) in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None
        assert line.endswith("."), name
        assert f"  {name} " in CliRunner().invoke(main, ["--help"]).output


def test_completion_imports_no_command():
    listed = "[c.value for c in main.shell_complete(click.Context(main), 'pr')]"
    imported = "[m for m in sys.modules if m.startswith('pinshop.c')]"
    code = f"import sys, click; from pinshop.cli.tree import main; print({listed}, {imported})"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "['profiles', 'product-groups', 'promotions'] ['pinshop.cli', 'pinshop.cli.tree']"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("promo", "promotions"),
        ("promotions pau", "pause"),
        ("analytics --columns SPEND_IN_D", "SPEND_IN_DOLLAR"),
        ("sync --columns spend,chec", "spend,checkout"),
    ],
)
def test_a_shell_is_completed(shell, words, expected, run):
    """The variables are those that the script of each shell sets."""
    assert "_PINSHOP_COMPLETE" in run(f"completion {shell}").stdout
    line, last = f"pinshop {words}", words.split()[-1]
    place = last if shell == "fish" else str(len(words.split()))
    environ = {"COMP_WORDS": line, **({"COMP_WORD": last} if shell == "powershell" else {"COMP_CWORD": place})}
    command = [sys.executable, "-c", "from pinshop.cli import main; main()"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ, "_PINSHOP_COMPLETE": f"{shell}_complete"},
    )
    assert expected in re.split(r"[\s]|plain,", done.stdout)


def test_where_a_completion_script_goes_is_said_for_each_shell(run):
    said = run("completion --help").stdout
    assert [shell for shell in ("bash", "zsh", "fish", "powershell") if f"completion {shell}" not in said] == []


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("checkout", "TOTAL_OFFLINE_CHECKOUT"),
        ("revenue", "TOTAL_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR"),
        ("Sales", "TOTAL_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR"),
        ("orders", "ORDER_LINE_ID"),
        ("spend roas", "CHECKOUT_ROAS"),
        ("clickthrough_2", "CLICKTHROUGH_2"),
    ],
)
def test_columns_are_found_by_what_they_mean(words, first, run):
    assert json.loads(run(f"columns {words}").stdout.splitlines()[0])["name"] == first


def test_a_search_for_columns_that_finds_none_says_so(run):
    done = run("columns chekout")
    assert (done.stdout, "Did you mean checkout?" in done.stderr) == ("", True)


@pytest.mark.parametrize("line", ["promotions create --ad-group 2680007368798", "ad-groups update", "campaigns update"])
def test_an_empty_file_of_items_is_nothing_to_write(line, run, tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    assert "Nothing to write" in run(f"{line} --file none.jsonl").stderr


def test_a_field_that_nothing_has_is_said(run):
    promoted(run)
    assert "no row has statuss. Did you mean status?" in run("promotions list --fields id,statuss").stderr
    assert "no row has owner.nam" in run("accounts get --fields owner.nam").stderr
    assert "Warning" not in run("promotions list --fields id,is_mdl,tracking_url").stderr  # Pinterest may leave them out


def test_parquet_goes_into_a_pipe(tmp_path):
    code = f"{sys.executable} -m pinshop product-groups list --emulator --format parquet > rows.parquet"
    subprocess.run(["sh", "-c", code], check=True, cwd=tmp_path)
    assert pyarrow.parquet.read_table(tmp_path / "rows.parquet").column("id").to_pylist()


@pytest.mark.parametrize("form", ["", "--json"])
def test_who_and_how_well_can_be_asked_of_a_local_pinterest(form, run, monkeypatch):
    monkeypatch.delenv("PINTEREST_ACCESS_TOKEN")
    monkeypatch.delenv("PINTEREST_API_URI")
    assert "emulated_shop_1" in run(f"whoami --emulator {form}").stdout
    assert "by an emulator" in run(f"doctor --api --emulator {form}").stdout
    assert "--profile" in run("doctor --emulator --profile x", code=2).stderr


def test_python_m_pinshop_is_the_command():
    done = subprocess.run([sys.executable, "-m", "pinshop", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("pinshop, version ")


def test_without_click_one_sentence_says_what_to_install():
    code = "import sys; sys.modules['click'] = None; from pinshop.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr == "Error: the command pinshop needs click, which is not installed — pip install 'pinshop[cli]'\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("promotion list", "promotions"),
        ("promotions activat", "activate"),
        ("campain list", "campaigns"),
    ],
)
def test_an_unknown_command_is_answered_with_what_is_near(run, line, words):
    assert re.search(rf"Did you mean [^?]*\b{words}\b", run(line, code=2).stderr)


def test_commands_describes_the_tree(run):
    told = json.loads(run("commands --json").stdout)
    names = {row["command"] for row in told["commands"]}
    assert {"pinshop promotions create", "pinshop api", "pinshop doctor"} <= names
    assert told["exit_codes"]["6"].startswith("partly done")
    create = next(row for row in told["commands"] if row["command"] == "pinshop promotions create")
    assert "--dry-run" in {name for option in create["options"] for name in option["names"]}


# ------------------------------------------------------------------------------------------ output


def test_ids_are_text_and_money_is_whole_in_every_format(run):
    run(f"campaigns update {CAMPAIGN} -s daily_spend_cap=123456789012345")
    row = json.loads(run("campaigns list --json").stdout)[0]
    assert (row["id"], row["daily_spend_cap"]) == (CAMPAIGN, 123456789012345)
    assert run("campaigns list --format csv --fields id,daily_spend_cap").stdout == (
        f"id,daily_spend_cap\n{CAMPAIGN},123456789012345\n"
    )
    assert (
        run("campaigns list --fields id,daily_spend_cap").stdout == f'{{"id":"{CAMPAIGN}","daily_spend_cap":123456789012345}}\n'
    )
    table = run("campaigns list --format table --fields id,daily_spend_cap").stdout
    assert table.split() == ["id", "daily_spend_cap", CAMPAIGN, "123456789012345"]
    assert "\x1b" not in table


def test_parquet_keeps_ids_as_text(run):
    pq = pytest.importorskip("pyarrow.parquet")
    run("product-groups list -o groups.parquet")
    table = pq.read_table("groups.parquet")
    assert table.schema.field("id").type == "string"
    assert table.num_rows == 5


def test_a_file_is_replaced_whole_or_not_at_all(run, tmp_path):
    (tmp_path / "rows.jsonl").write_text("old")
    run("promotions list --ad-group 1 -o rows.jsonl", code=4)
    assert (tmp_path / "rows.jsonl").read_text() == "old"
    run("product-groups list -o rows.jsonl")
    assert len((tmp_path / "rows.jsonl").read_text().splitlines()) == 5
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_nested_fields(run):
    assert run("accounts get --fields owner.username").stdout == '{"owner.username":"emulated_shop_1"}\n'


def test_an_error_is_json_where_json_is_asked(run):
    told = json.loads(run("campaigns get 1 --json", code=4).stderr)
    assert told["error"]["status"] == 404
    assert told["error"]["exit_code"] == 4
    assert run("campaigns get 1", code=4).stderr.splitlines()[-1].startswith("Error: ")


def test_colors_only_where_they_are_wanted(run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in run("campaigns list --format table").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("campaigns list --format table").stdout


# ------------------------------------------------------------------------------------------ writing


def test_new_promotions_are_paused_unless_said_otherwise(run):
    promoted(run)
    rows = [json.loads(line) for line in run("promotions list").stdout.splitlines()]
    assert {row["status"] for row in rows} == {"PAUSED"}


def test_what_spends_money_needs_consent(run, served):
    ids = promoted(run)
    before = served.calls.count("product_group_promotions/update")
    for line in (f"promotions activate {ids[0]}", f"promotions update {ids[0]} -s status=ACTIVE"):
        assert "add --yes" in run(line, code=2).stderr
    assert "add --yes" in run(f"promotions create --ad-group {AD_GROUP} 2680307368891 --status ACTIVE", code=2).stderr
    assert served.calls.count("product_group_promotions/update") == before
    run(f"promotions activate {ids[0]} --yes")
    assert json.loads(run(f"promotions get {ids[0]}").stdout)["status"] == "ACTIVE"
    run(f"promotions pause {ids[0]}")
    assert json.loads(run(f"promotions get {ids[0]}").stdout)["status"] == "PAUSED"


@pytest.mark.parametrize(
    "line",
    [
        f"promotions create --ad-group {AD_GROUP} 2680307368804",
        f"campaigns update {CAMPAIGN} -s name=New",
        "product-groups delete 2680307368947 --yes",
        "api POST /ad_accounts/{ad_account_id}/campaigns --body []",
        "accounts create Shop --country US --owner 666744057007368882",
    ],
)
def test_a_dry_run_prints_the_write_and_sends_none(run, served, line):
    printed = run(f"{line} --dry-run").stdout
    assert {"method", "url", "body"} == set(json.loads(printed.splitlines()[0]))
    assert served.access_token not in printed
    assert [entry.method for entry in served.calls if entry.method != "GET"] == []


def test_items_come_from_files(run, tmp_path):
    (tmp_path / "items.csv").write_text(
        "catalog_product_group_id,status,tracking_url\n2680307368804,PAUSED,https://shop.example/1\n2680307368831,,\n"
    )
    run(f"promotions create --ad-group {AD_GROUP} -f items.csv")
    lines = '{"catalog_product_group_id": "2680307368891"}\n{"catalog_product_group_id": "2680307368895"}\n'
    run(f"promotions create --ad-group {AD_GROUP} -f -", given=lines)
    rows = [json.loads(line) for line in run("promotions list").stdout.splitlines()]
    assert len(rows) == 4
    assert sorted(row["tracking_url"] for row in rows if row.get("tracking_url")) == ["https://shop.example/1"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"promotions create --ad-group {AD_GROUP}", "at least one"),
        (f"promotions create --ad-group {AD_GROUP} 2680307368804 -s status", "FIELD=VALUE"),
        (f"promotions create --ad-group {AD_GROUP} 2680307368804 -s statu=PAUSED", "statu"),
        (f"promotions create --ad-group {AD_GROUP} -f nowhere.csv", "cannot be read"),
        ("promotions update 5 -s status=PAUSED", "ids of promotions"),
        ("campaigns list --account Nobody", "Nobody"),
        ("promotions list --fields ,", "--fields"),
        ("api GET user_account", "path"),
        ("api POST /x --body {", "JSON"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_written(run, served, line, words):
    assert words in run(line, code=2).stderr
    assert [entry.method for entry in served.calls if entry.method != "GET"] == []


def test_an_id_that_looks_like_a_number_stays_text(run):
    made = run(f"promotions create --ad-group {AD_GROUP} 2680307368804 -s collections_hero_pin_id=012345678901234567", code=0)
    assert json.loads(made.stdout)["sent"]["collections_hero_pin_id"] == "012345678901234567"


def test_the_account_is_found_by_name(run):
    assert json.loads(run("accounts get --account 'emulated shop'").stdout)["id"] == ACCOUNT
    assert "Ad account" in run("accounts get").stderr


def test_an_account_that_is_chosen_is_remembered(run, served):
    run("login --profile shop --with-token", given=served.access_token + "\n")
    run(f"accounts use {ACCOUNT} --profile shop")
    assert "Ad account" not in run("campaigns list --profile shop").stderr


def test_a_token_that_pinterest_does_not_know_is_not_kept(run, tmp_path):
    assert "401" in run("login --profile shop --with-token", given="garbage\n", code=3).stderr
    assert not list((tmp_path / "config").rglob("*.json"))


def test_forget_forgets(run, served):
    run("login --profile shop --with-token", given=served.access_token + "\n")
    run("login --profile other --with-token", given=served.access_token + "\n")
    run("profiles --forget shop")
    assert [row["profile"] for row in json.loads(run("profiles --json").stdout)["profiles"]] == ["other"]
    run("logout --profile other")
    assert json.loads(run("profiles --json").stdout)["profiles"][0]["state"].startswith("no token")


# ------------------------------------------------------------------------------------------ the emulator, pipes


def test_any_command_runs_against_a_local_pinterest(run, monkeypatch, tmp_path):
    monkeypatch.delenv("PINTEREST_ACCESS_TOKEN")
    monkeypatch.delenv("PINTEREST_API_URI")
    assert run("promotions list --emulator").stdout == ""
    promoted(run, f"--emulator={tmp_path / 'shop.db'}")
    assert len(run(f"promotions list --emulator={tmp_path / 'shop.db'}").stdout.splitlines()) == 2
    assert "--profile" in run("promotions list --emulator --profile x", code=2).stderr


def test_a_reader_that_has_enough_ends_it_quietly(tmp_path):
    code = f"{sys.executable} -m pinshop columns --format jsonl | head -n 1"
    done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_the_page_names_every_command():
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"pinshop {name}" not in page] == []


def test_what_the_page_prints_is_what_is_printed(run):
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text("utf-8")
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    assert blocks
    for block in blocks:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            assert run(line).output == shown, line


# ------------------------------------------------------------------------------------------ spreadsheets


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_spreadsheet_executes_nothing_keeps_ids_and_reads_every_letter(run, served, separator):
    client = Client(served.access_token, base_url=served.base_url)
    evil = ["=cmd|'/c calc'!A1", "+1", "-2+3", "@SUM(A1)", "\t=1", "Küche; und, 1"]
    for name in evil:
        client.catalog_product_groups.create(
            name=name, feed_id=served.feed_id, filters={"any_of": [{"BRAND": {"values": [f"B {name}"]}}]}
        )
    printed = run(f"product-groups list --fields id,name,is_featured --spreadsheet '{separator}'").stdout_bytes.decode()
    assert printed.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(printed.removeprefix("\ufeff"), newline=""), delimiter=separator))
    assert rows[0] == ["id", "name", "is_featured"]
    assert [row[1] for row in rows[6:]] == [f"'{name}" if name[0] in "=+-@\t" else name for name in evil]
    assert all(re.fullmatch(r'="\d+"', row[0]) for row in rows[1:])
    exact = run("product-groups list --fields name --format csv").stdout
    assert evil[0] in exact, "without being asked, what Pinterest sent is what is written"
    run("product-groups list --spreadsheet , --format json", code=2)
    run("product-groups list --spreadsheet , -o groups.csv")
    assert Path("groups.csv").read_bytes().startswith(b"\xef\xbb\xbf")


# ------------------------------------------------------------------------------------------ ids and names

#: Options that take an entity, on every command that has one: what it is called, and the words of a line that needs it.
NAMED = [
    ("promotions list", "--ad-group", "Shopping, everyone"),
    ("promotions create 2680307368804", "--ad-group", "Shopping, everyone"),
    ("analytics --cost", "--ad-group", "Shopping, everyone"),
    ("analytics --cost", "--campaign", "Shopping"),
    ("report", "--ad-group", "Shopping, everyone"),
    ("import", "--ad-group", "Shopping, everyone"),
    ("ad-groups list", "--campaign", "Shopping"),
    ("ad-groups create --name N --billable-event CLICKTHROUGH -s budget_type=CBO_ADGROUP", "--campaign", "Shopping"),
    ("feeds list", "--catalog", "Emulated Shop catalog"),
    ("product-groups list", "--catalog", "Emulated Shop catalog"),
    ("product-groups list", "--feed", "Emulated Shop feed"),
    (
        """product-groups create G --dry-run --filters '{"any_of":[{"BRAND":{"values":["x"]}}]}'""",
        "--feed",
        "Emulated Shop feed",
    ),
]


def test_no_option_that_takes_an_entity_is_forgotten():
    there = {
        (name, option)
        for name, row in LEAVES.items()
        for one in row["options"]
        for option in one["names"]
        if option in ("--ad-group", "--campaign", "--feed", "--catalog")
    }
    assert there == {
        (f"pinshop {' '.join(word for word in line.split()[:2] if word[0].isalpha())}", o) for line, o, _ in NAMED
    } - {("pinshop product-groups", "--feed")}


@pytest.mark.parametrize(("line", "option", "name"), NAMED)
def test_an_entity_is_found_by_its_name_and_what_has_none_or_several_is_refused(run, served, line, option, name):
    client, account = Client(served.access_token, base_url=served.base_url), served.ad_account_id
    promoted(run)
    run(f"{line} {option} {shlex.quote(name)}")
    run(f"{line} {option} {shlex.quote(name.upper())}")
    wrong = run(f"{line} {option} {shlex.quote(name[:-1])}", code=2).stderr
    assert f"the id or the name of a{'n' if option == '--ad-group' else ''}" in wrong
    assert f"Did you mean {name}?" in wrong
    if option == "--ad-group":
        settings = {"billable_event": "CLICKTHROUGH", "budget_type": "CBO_ADGROUP", "campaign_id": served.campaign_id}
        twin = client.ad_groups.create(account, [{**settings, "name": name}])[0].id
        assert (
            f"2 have this name: {AD_GROUP}" in (told := run(f"{line} {option} {shlex.quote(name)}", code=2).stderr)
            or twin in told
        )
        run(f"{line} {option} {twin}")
