"""The commands around credentials: login, whoami, doctor, profiles; against the emulator over real sockets."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
import webbrowser
from pathlib import Path

import pytest
from click.testing import CliRunner

from pinshop.cli import exit_codes
from pinshop.cli.tree import COMMANDS, main
from pinshop.credentials import environment, profiles, vaults
from pinshop.credentials.profiles import Profile
from pinshop.credentials.vaults import FileVault, KeptToken
from pinshop.emulator import Emulator
from pinshop.emulator.oauth import APP_ID, APP_SECRET
from pinshop.errors import (
    BadReply,
    ConfigurationError,
    Conflict,
    Disconnected,
    InvalidInput,
    PartialFailure,
    PinshopError,
    RateLimited,
    ServerError,
    Unauthorized,
)
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import Token
from servers import Peer, http


@pytest.fixture
def emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command with an environment of its own."""
    for names in environment.NAMES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PINSHOP_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setattr(vaults, "keychain", lambda: None)

    def run(*args, env=None, **options):
        return CliRunner().invoke(main, [str(arg) for arg in args], env=env, **options)

    run.directory = tmp_path / "config"
    return run


@pytest.fixture
def env(emulator):
    return {"PINTEREST_ACCESS_TOKEN": emulator.access_token, "PINTEREST_API_URI": emulator.base_url}


@pytest.fixture
def browser(monkeypatch):
    """A browser whose user decides at once: ``allow`` or ``deny`` on the emulator's consent page."""
    threads = []

    def user(decision):
        def visit(url):
            with urllib.request.urlopen(url, data=f"decision={decision}".encode(), timeout=20):
                pass

        def open_browser(url):
            threads.append(threading.Thread(target=_quietly, args=(visit, url)))
            threads[-1].start()

        monkeypatch.setattr(webbrowser, "open", open_browser)

    yield user
    for thread in threads:
        thread.join()


def _quietly(visit, url):
    try:
        visit(url)
    except urllib.error.HTTPError as error:
        error.close()


def kept(run, name="default"):
    return KeptToken(FileVault(run.directory / "tokens"), name)


# ---------------------------------------------------------------------------------------------- whoami


def test_whoami_says_source_user_accounts_and_role(run, env, emulator):
    done = run("whoami", "--ad-account-id", emulator.ad_account_id, env=env)
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "source       environment variable PINTEREST_ACCESS_TOKEN"
    assert lines[1] == f"base URL     {emulator.base_url}  (an emulator, not Pinterest)"
    assert lines[2].startswith("user         emulated_shop")
    assert lines[3].startswith(f"ad accounts  {emulator.ad_account_id}  ")
    assert lines[-1].startswith(f"Writing to ad account {emulator.ad_account_id} (")
    assert lines[-1].endswith("role OWNER.")
    assert emulator.access_token not in done.output


def test_whoami_as_json(run, env, emulator):
    done = run("whoami", "--json", env={**env, "PINTEREST_AD_ACCOUNT_ID": emulator.ad_account_id})
    value = json.loads(done.stdout)
    assert value["emulated"] is True
    assert value["ad_account"] == value["ad_accounts"][0]
    assert value["ad_account"]["roles"] == ["OWNER"]
    assert (value["more"], done.stderr) == (False, "")


@pytest.mark.parametrize(
    ("env_more", "args", "code", "words"),
    [
        ({"PINTEREST_ACCESS_TOKEN": "emulated_wrong"}, (), exit_codes.TOKEN, "Authentication failed"),
        ({"PINTEREST_ACCESS_TOKEN": ""}, (), exit_codes.USAGE, "no credentials"),
        ({}, ("--ad-account-id", "12"), exit_codes.REFUSED, "not found"),
        ({}, ("--ad-account-id", "x"), exit_codes.USAGE, "digits"),
        ({}, ("--profile", "none"), exit_codes.USAGE, "no profile 'none'"),
        ({"PINTEREST_API_URI": "http://127.0.0.1:9/v5"}, (), exit_codes.FAILED, "refused"),
        ({}, ("--no-such-option",), exit_codes.USAGE, "No such option"),
    ],
)
def test_how_whoami_fails(run, env, env_more, args, code, words, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    done = run("whoami", *args, env={**env, **env_more})
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) <= 4


def test_errors_are_json_where_json_is_asked(run, env):
    done = run("whoami", "--json", env={**env, "PINTEREST_ACCESS_TOKEN": "emulated_wrong"})
    assert done.stdout == ""
    error = json.loads(done.stderr)["error"]
    assert (error["type"], error["status"], error["code"], error["exit_code"]) == ("Unauthorized", 401, 2, exit_codes.TOKEN)
    assert error["request_id"]


def test_debug_shows_requests_and_no_token(run, env, emulator):
    """In a process of its own: logging is set up once for a process."""
    import os
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", "from pinshop.cli.tree import main; main()", "whoami"],
        env={**os.environ, **env, "PINTEREST_DEBUG": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "DEBUG pinshop: user_account/get: GET /v5/user_account (attempt 1)" in done.stderr
    assert emulator.access_token not in done.stderr + done.stdout


# ------------------------------------------------------------------------------------ login, and a month later


def login(run, emulator, *args, **env):
    return run(
        "login",
        "--redirect-uri",
        "http://localhost:0/",
        *args,
        env={"PINTEREST_APP_ID": APP_ID, "PINTEREST_APP_SECRET": APP_SECRET, "PINTEREST_API_URI": emulator.base_url, **env},
    )


def test_a_login_a_month_and_a_refresh(run, emulator, browser):
    browser("allow")
    done = login(run, emulator, "--profile", "acme", "--ad-account-id", emulator.ad_account_id)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("Signed in. Profile acme, secrets in ")
    assert "/oauth/?client_id=" in done.stderr
    first = kept(run, "acme").load()
    assert first.refresh_token is not None
    assert profiles.read_profiles(run.directory / "profiles.toml")["acme"] == Profile(
        name="acme",
        base_url=emulator.base_url,
        ad_account_id=emulator.ad_account_id,
        app_id=APP_ID,
        scopes=("ads:read", "ads:write", "catalogs:read", "catalogs:write", "user_accounts:read"),
    )
    assert APP_SECRET not in (run.directory / "profiles.toml").read_text()

    # Nothing of the environment is needed any more; the token ends by the emulator's clock, and is replaced on its 401.
    for _ in range(2):
        emulator.clock.advance(days=31)
        done = run("whoami", "--profile", "acme")
        assert done.exit_code == 0, done.stderr
        assert "role OWNER." in done.stdout
    second = kept(run, "acme").load()
    assert second.access_token != first.access_token
    assert second.refresh_token != first.refresh_token

    emulator.clock.advance(days=100)  # longer than a refresh token lives
    done = run("whoami", "--profile", "acme")
    assert done.exit_code == exit_codes.TOKEN
    assert "283" in done.stderr
    assert "pinshop login" in done.stderr
    for secret in (first, second):
        assert secret.access_token.reveal() not in done.output
        assert secret.refresh_token.reveal() not in done.output


def test_a_refused_login(run, emulator, browser):
    browser("deny")
    done = login(run, emulator)
    assert done.exit_code == exit_codes.TOKEN
    assert "access_denied" in done.stderr
    assert not (run.directory / "profiles.toml").exists()


def test_a_login_with_a_wrong_secret(run, emulator, browser):
    browser("allow")
    done = login(run, emulator, PINTEREST_APP_SECRET="wrong-secret")
    assert done.exit_code == exit_codes.TOKEN
    assert "wrong-secret" not in done.output


def test_a_login_nobody_answers(run, emulator, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda _: None)
    done = login(run, emulator, "--wait-seconds", "1")
    assert done.exit_code == exit_codes.FAILED
    assert "within 1 s" in done.stderr


def test_the_app_as_itself(run, emulator):
    done = login(
        run, emulator, "--profile", "robot", "--client-credentials", "--scope", "ads:read", "--scope", "user_accounts:read"
    )
    assert done.exit_code == 0, done.stderr
    done = run("whoami", "--profile", "robot")
    assert done.exit_code == 0, done.stderr
    assert run("profiles").stdout.strip().endswith("the app's own token is fetched when it is needed")


def test_a_token_from_standard_input(run, emulator):
    done = run("login", "--with-token", "--base-url", emulator.base_url, input=emulator.access_token + "\n")
    assert done.exit_code == 0, done.stderr
    assert run("whoami").stdout.startswith("source       profile default (")
    assert run("login", "--with-token", input="\n").exit_code == exit_codes.USAGE


def test_a_pasted_address_must_answer_this_login(run, emulator):
    done = run(
        "login",
        "--paste",
        input="http://localhost:8085/?code=stolen&state=other\n",
        env={"PINTEREST_APP_ID": APP_ID, "PINTEREST_APP_SECRET": APP_SECRET},
    )
    assert done.exit_code == exit_codes.USAGE
    assert "https://www.pinterest.com/oauth/?client_id=" in done.stderr
    assert "stolen" not in done.output


def test_what_login_needs(run):
    assert "--app-id" in run("login").stderr
    done = run("login", "--app-id", "1")
    assert (done.exit_code, "PINTEREST_APP_SECRET" in done.stderr) == (exit_codes.USAGE, True)
    assert run("login", "--paste", "--with-token").exit_code == exit_codes.USAGE
    assert run("login", "--profile", "../x").exit_code == exit_codes.USAGE
    assert "none" in run("login", "--app-id", "1", "--secrets", "keyring").stderr


# ------------------------------------------------------------------------------------------- profiles


def make(run, name, token, **facts):
    profile = Profile(name=name, **facts)
    vaults.keep(profile, token, Secret("shhh"), {"PINSHOP_CONFIG_DIR": str(run.directory)})
    return profile


def test_profiles_say_until_when_they_work(run):
    far, past = 4_000_000_000.0, 1_000_000.0
    make(
        run,
        "fine",
        Token(access_token=Secret("a"), refresh_token=Secret("r"), expires_at=far, refresh_expires_at=far),
        app_id="1",
    )
    make(run, "ended", Token(access_token=Secret("a"), expires_at=past))
    make(
        run,
        "locked-out",
        Token(access_token=Secret("a"), refresh_token=Secret("r"), expires_at=past, refresh_expires_at=past),
        app_id="1",
    )
    make(run, "cut-off", Token(access_token=Secret("a"), refresh_token=Secret("r"), refreshing_since=past), app_id="1")
    make(run, "plain", Token(access_token=Secret("a")))
    profiles.write_profile(run.directory / "profiles.toml", Profile(name="empty"))
    done = run("profiles", "--json")
    states = {row["profile"]: row["state"] for row in json.loads(done.stdout)["profiles"]}
    assert states == {
        "fine": "token until 2096-10-02 07:06 UTC, refreshed by itself until 2096-10-02 07:06 UTC",
        "ended": "the token has expired; run pinshop login --profile ended",
        "locked-out": "the refresh token has expired; run pinshop login --profile locked-out",
        "cut-off": "a refresh at 1970-01-12 13:46 UTC did not end; if the next one is refused, "
        "run pinshop login --profile cut-off",
        "plain": "token without a known expiry",
        "empty": "no token",
    }
    assert len(run("profiles").stdout.splitlines()) == 6


def test_no_profiles(run):
    done = run("profiles")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "pinshop login makes one" in done.stderr


def test_a_profile_can_be_forgotten(run):
    make(run, "acme", Token(access_token=Secret("pina_secret")))
    done = run("profiles", "--forget", "acme")
    assert done.exit_code == 0
    assert "stay valid until they expire" in done.stderr
    assert kept(run, "acme").load() is None
    assert run("profiles", "--forget", "nobody").exit_code == exit_codes.USAGE


def test_secrets_that_move_leave_nothing_behind(run, monkeypatch):
    where: dict[tuple[str, str], str] = {}

    class Keychain:
        kept = where

        def get_password(self, *key):
            return self.kept.get(key)

        def set_password(self, service, name, text):
            self.kept[service, name] = text

    make(run, "acme", Token(access_token=Secret("a")))
    monkeypatch.setattr(vaults, "keychain", Keychain)
    make(run, "acme", Token(access_token=Secret("b")), secrets="keyring")
    assert list(Keychain.kept) == [("pinshop", "acme")]
    assert not list(run.directory.rglob("*.json"))


# --------------------------------------------------------------------------------------------- doctor


def test_a_doctor_without_findings(run, env, emulator):
    done = run("doctor", "--api", env=env)
    assert done.exit_code == 0, done.output
    assert "problem" not in done.stdout
    assert "by an emulator, not Pinterest" in done.stdout
    assert emulator.access_token not in done.output


def test_a_doctor_sends_nothing_unless_asked(run, env, emulator):
    before = len(emulator.calls)
    assert run("doctor", env=env).exit_code == 0
    assert len(emulator.calls) == before


def test_what_a_doctor_finds(run, tmp_path):
    path = run.directory / "profiles.toml"
    path.parent.mkdir()
    path.write_text('[default]\napp_secret = "shhh"\n')
    done = run("doctor", "--json", env={"HTTPS_PROXY": "http://proxy", "PINTEREST_REDIRECT_URI": "x"})
    assert done.exit_code == exit_codes.FINDINGS
    value = json.loads(done.stdout)
    problems = [finding["text"] for finding in value["findings"] if finding["state"] == "problem"]
    assert any("do not belong in this file" in text for text in problems)
    notes = [finding["text"] for finding in value["findings"] if finding["state"] == "note"]
    assert any("--redirect-uri" in text for text in notes)
    assert "shhh" not in done.output
    Path(tmp_path / "file").write_text("")
    done = run("doctor", env={"PINSHOP_CONFIG_DIR": str(tmp_path / "file" / "x"), "PINTEREST_ACCESS_TOKEN": "a"})
    assert done.exit_code == exit_codes.FINDINGS
    assert "cannot be" in done.stdout


def test_a_doctor_takes_the_proxy_that_the_client_takes(run):
    with Peer(http(b'{"username": "behind the proxy"}')) as proxy:
        where = {"PINTEREST_BASE_URL": "http://api.pinterest.invalid/v5", "PINTEREST_ACCESS_TOKEN": "emulated_x"}
        given = {"http_proxy": proxy.origin.replace("://", "://user:hunter2@"), "no_proxy": ""}
        done = run("doctor", "--api", env={**where, **given})
    assert done.exit_code == exit_codes.OK, done.output
    assert f"{proxy.origin}, from the environment" in done.stdout
    assert "user behind the proxy answered" in done.stdout
    assert "hunter2" not in done.output
    assert proxy.requests[0].startswith(b"GET http://api.pinterest.invalid/v5/user_account ")


def test_a_doctor_finds_a_proxy_that_cannot_work(run):
    where = {"PINTEREST_ACCESS_TOKEN": "x", "https_proxy": "socks5://user:hunter2@127.0.0.1:1080", "no_proxy": ""}
    done = run("doctor", env=where)
    assert done.exit_code == exit_codes.FINDINGS
    assert "HTTPS_PROXY: proxy: got a socks5:// proxy" in done.stdout
    assert "hunter2" not in done.output


def test_a_doctor_whose_call_fails_ends_with_its_code(run, env):
    done = run("doctor", "--api", env={**env, "PINTEREST_ACCESS_TOKEN": "emulated_wrong"})
    assert done.exit_code == exit_codes.TOKEN
    assert "Authentication failed" in done.stdout


# ------------------------------------------------------------------------------------------ exit codes


def test_every_error_has_a_code_and_they_are_documented():
    errors: dict[PinshopError, int] = {
        PinshopError("x"): 1,
        Disconnected("x", sent=True): 1,
        BadReply("x"): 1,
        ServerError("x", status=500): 1,
        InvalidInput("f", 1, "2"): 2,
        ConfigurationError("x"): 2,
        Unauthorized("x", status=401): 3,
        Conflict("x", status=409): 4,
        RateLimited("x", status=429): 5,
        PartialFailure("x", None): 6,
    }
    for error, code in errors.items():
        assert exit_codes.code_of(error) == code, error
    numbers = [line.split()[0] for line in exit_codes.__doc__.splitlines() if line.startswith("    ")]
    assert numbers == [
        str(n)
        for n in (
            exit_codes.OK,
            exit_codes.FAILED,
            exit_codes.USAGE,
            exit_codes.TOKEN,
            exit_codes.REFUSED,
            exit_codes.RATE_LIMITED,
            exit_codes.PARTIAL,
            exit_codes.FINDINGS,
        )
    ]
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text("utf-8")
    for code, meaning in re.findall(r"^    (\d)  (.+)$", exit_codes.__doc__, re.MULTILINE):
        assert f"| {code} | {meaning} |" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_a_bad_option_is_usage(run, name):
    assert run(name, "--help").exit_code == 0
    assert run(name, "--no-such-option").exit_code == exit_codes.USAGE
