"""Where credentials are found and kept: the environment, profiles, the keychain, files, and several processes at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
import pytest

from pinshop.api.http import Reply
from pinshop.api.operations import raw
from pinshop.async_client import AsyncClient
from pinshop.client import Client
from pinshop.credentials import environment, find, vaults
from pinshop.credentials import profiles as profile_file
from pinshop.credentials.profiles import Profile
from pinshop.credentials.vaults import FileVault, KeptToken, MemoryStore
from pinshop.errors import ConfigurationError, InvalidInput, PinshopError, Unauthorized
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import StaticToken, Token

ME = raw("GET", "/user_account")


@pytest.fixture
def environ(tmp_path):
    """An environment with a config directory of its own and nothing else."""
    return {"PINSHOP_CONFIG_DIR": str(tmp_path / "config")}


@pytest.fixture
def profiles(environ):
    return profile_file.profiles_path(environ)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), "utf-8")
    return path


# ------------------------------------------------------------------------------------ the environment


@pytest.mark.parametrize("name", environment.NAMES["access_token"])
def test_an_access_token_of_the_environment(environ, name):
    found = find.find(environ={**environ, name: " pina_env \n"})
    assert found.tokens.header(0.0) == "Bearer pina_env"
    assert found.source == f"environment variable {name}"
    assert found.base_url == "https://api.pinterest.com/v5"
    assert "pina" not in repr(found)


def test_names_that_disagree_are_refused_and_names_that_agree_are_not(environ):
    same = {**environ, "PINTEREST_ACCESS_TOKEN": "pina_a", "PINTEREST_ADS_ACCESS_TOKEN": "pina_a"}
    assert find.find(environ=same).source == "environment variable PINTEREST_ACCESS_TOKEN"
    with pytest.raises(ConfigurationError, match="PINTEREST_ACCESS_TOKEN and PINTEREST_ADS_ACCESS_TOKEN") as caught:
        find.find(environ={**same, "PINTEREST_ADS_ACCESS_TOKEN": "pina_b"})
    assert "pina_" not in str(caught.value)


@pytest.mark.parametrize("refresh", environment.NAMES["refresh_token"])
@pytest.mark.parametrize(("app", "secret"), list(zip(*(environment.NAMES[k] for k in ("app_id", "app_secret")), strict=True)))
def test_a_refresh_token_of_the_environment_needs_the_app(environ, refresh, app, secret):
    found = find.find(environ={**environ, refresh: "pinr_0", app: "123", secret: "shhh"})
    assert isinstance(found.tokens, RefreshingToken)
    assert found.source.startswith(f"environment variable {refresh}, continued in ")
    assert found.tokens.header(0.0) is None  # there is no access token yet
    with pytest.raises(ConfigurationError, match="PINTEREST_APP_SECRET is not"):
        find.find(environ={**environ, refresh: "pinr_0", app: "123"})
    with pytest.raises(ConfigurationError, match="PINTEREST_APP_ID and PINTEREST_APP_SECRET are not"):
        find.find(environ={**environ, refresh: "pinr_0"})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("https://api.pinterest.com", "https://api.pinterest.com/v5"),
        ("https://api.pinterest.com/", "https://api.pinterest.com/v5"),
        ("https://api.pinterest.com/v5", "https://api.pinterest.com/v5"),
        ("https://api.pinterest.com/v5/", "https://api.pinterest.com/v5"),
        ("http://127.0.0.1:4010/v5", "http://127.0.0.1:4010/v5"),
        ("http://[::1]:4010", "http://[::1]:4010/v5"),
    ],
)
@pytest.mark.parametrize("name", environment.NAMES["base_url"])
def test_the_base_url_with_or_without_its_version(environ, name, text, meant):
    found = find.find(environ={**environ, "PINTEREST_ACCESS_TOKEN": "pina_a", name: text})
    assert found.base_url == meant


@pytest.mark.parametrize(
    "text", ["api.pinterest.com", "ftp://x/v5", "https://u:p@x/v5", "https://x/v5?a=1", "https://x/#a", "https://"]
)
def test_what_is_no_base_url_is_refused_by_the_name_it_came_from(environ, text):
    with pytest.raises(InvalidInput, match="PINTEREST_API_URI") as caught:
        find.find(environ={**environ, "PINTEREST_ACCESS_TOKEN": "pina_a", "PINTEREST_API_URI": text})
    assert "u:p" not in str(caught.value)


def test_a_real_token_does_not_travel_unencrypted():
    for base_url in ("http://emulator:4010/v5", "http://10.0.0.7/v5", "http://127.0.0.1.evil.example/v5"):
        with pytest.raises(ConfigurationError, match="unencrypted"):
            Client("pina_real", base_url=base_url)
        Client("emulated_token", base_url=base_url).close()
    for base_url in ("http://localhost:4010/v5", "http://127.0.0.1:1/v5", "http://[::1]:1/v5", "https://emulator/v5"):
        Client("pina_real", base_url=base_url).close()


def test_nothing_found_says_where_it_was_looked_for(environ, profiles):
    with pytest.raises(ConfigurationError) as caught:
        find.find(environ=environ)
    for words in ("argument", "PINTEREST_ACCESS_TOKEN", "'default'", str(profiles), "pinshop login"):
        assert words in str(caught.value)


def test_the_order_of_the_sources(environ, profiles):
    written(profiles, '[default]\n[acme]\nad_account_id = "549755885175"\n')
    for name in ("default", "acme"):
        kept(environ, name).save(Token(access_token=Secret(f"pina_{name}")))
    env = {**environ, "PINTEREST_ACCESS_TOKEN": "pina_env"}

    def header(**more):
        return find.find(**more).tokens.header(0.0)

    assert header(environ=env, access_token="pina_arg") == "Bearer pina_arg"
    assert header(environ=env, profile="acme") == "Bearer pina_acme"
    assert header(environ=env) == "Bearer pina_env"
    assert header(environ=environ) == "Bearer pina_default"
    assert header(environ={**environ, "PINSHOP_PROFILE": "acme"}) == "Bearer pina_acme"
    with pytest.raises(ConfigurationError, match="not both"):
        header(environ=env, access_token="pina_arg", profile="acme")
    with pytest.raises(ConfigurationError, match=r"PINTEREST_ACCESS_TOKEN and PINSHOP_PROFILE=acme.*different accounts"):
        header(environ={**env, "PINSHOP_PROFILE": "acme"})
    assert find.find(environ=env, profile="acme").ad_account_id == "549755885175"
    assert find.find(environ={**env, "PINTEREST_AD_ACCOUNT_ID": "1"}, profile="acme").ad_account_id == "1"


def test_importing_reads_neither_the_environment_nor_files():
    program = """
        import os, sys
        asked, opened = [], []
        class Watched(type(os.environ)):
            def __getitem__(self, key):
                asked.append(key)
                return super().__getitem__(key)
        watched = os.environ
        watched.__class__ = Watched
        sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
        import pinshop, pinshop.client, pinshop.async_client, pinshop.credentials.find, pinshop.flow.tokens
        assert not [key for key in asked if key.startswith("PIN")], asked
        assert not [path for path in opened if path.endswith((".env", ".toml", ".json"))], opened
        print("clean", len(opened) > 0)
    """
    env = {**os.environ, "PINTEREST_ACCESS_TOKEN": "pina_env", "PINSHOP_PROFILE": "x"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=env, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("clean True", "")


# ------------------------------------------------------------------------------------------ profiles


def kept(environ, name) -> KeptToken:
    return KeptToken(FileVault(environment.config_dir(environ) / "tokens"), name)


def test_a_profile_is_written_and_read_back_and_comments_stay(profiles):
    written(
        profiles,
        """\
        # who is who: ask Kim
        [acme]  # the big one
        # do not touch
        ad_account_id = "549755885175"
        app_id = "1"

        [other]
        scopes = [
          "ads:read",
        ]
        """,
    )
    acme = Profile(
        name="acme", ad_account_id="549755885176", app_id='quo"te\\é', scopes=("ads:read", "ads:write"), secrets="keyring"
    )
    profile_file.write_profile(profiles, acme)
    new = Profile(name="new-1", base_url="http://127.0.0.1:1/v5", grant="client_credentials")
    profile_file.write_profile(profiles, new)
    assert profile_file.read_profiles(profiles) == {
        "acme": acme,
        "other": Profile(name="other", scopes=("ads:read",)),
        "new-1": new,
    }
    text = profiles.read_text("utf-8")
    assert "# who is who: ask Kim" in text
    assert "# do not touch" in text
    assert stat.S_IMODE(profiles.stat().st_mode) == 0o600
    profile_file.write_profile(profiles, acme)
    assert profiles.read_text("utf-8") == text


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
@pytest.mark.parametrize(
    "before",
    [
        '[acme]\nscopes = [\n  "ads:read", # why\n]\n',
        "acme.app_id = '1'\n[other]\n",
        'acme = {app_id = "1"}\n',
        "[ 'acme' ]\n",
        '[other]\r\napp_id = "1"\r\n\r\n[acme]\r\n',
    ],
)
def test_a_profile_is_changed_in_whatever_layout_it_has(profiles, before, mark):
    written(profiles, mark + before)
    others = {name: one for name, one in profile_file.read_profiles(profiles).items() if name != "acme"}
    changed = Profile(name="acme", scopes=("ads:write",))
    profile_file.write_profile(profiles, changed)
    assert profile_file.read_profiles(profiles) == {**others, "acme": changed}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[acme", "not TOML"),
        ('base_url = "https://x/v5"', "stands outside"),
        ('[acme]\naccess_token = "pina_x"', "do not belong in this file"),
        ('[acme]\nrefresh_token = "pinr_x"', "do not belong in this file"),
        ('[acme]\napp_secret = "shhh"', "do not belong in this file"),
        ('[acme]\nad_acount_id = "1"', "ad_acount_id is unknown; known are base_url, ad_account_id"),
        ("[acme]\nad_account_id = 1", "must be text in quotes"),
        ('[acme]\nad_account_id = "12a"', "1 to 18 digits"),
        ('[acme]\nscopes = "ads:read"', "must be a list"),
        ("[acme]\nscopes = [1]", "a list of texts"),
        ('[acme]\nsecrets = "cloud"', "keyring or file"),
        ('[acme]\ngrant = "password"', "refresh_token or client_credentials"),
        ('[acme]\nbase_url = "nope"', "http"),
        ('["../../etc"]\n', "letters, digits"),
    ],
)
def test_a_mistake_in_a_profile_is_named(environ, profiles, text, words):
    written(profiles, text)
    with pytest.raises(PinshopError, match=words) as caught:
        find.find(environ=environ)
    assert "pina_x" not in str(caught.value)
    assert "shhh" not in str(caught.value)


def test_a_profile_that_is_not_there(environ, profiles):
    with pytest.raises(ConfigurationError, match=r"there are none.*pinshop login --profile acme"):
        find.from_profile("acme", environ=environ)
    written(profiles, "[one]\n[two]\n")
    with pytest.raises(ConfigurationError, match="there are one, two"):
        find.from_profile("acme", environ=environ)
    with pytest.raises(ConfigurationError, match="no token"):
        find.from_profile("one", environ=environ)
    for name in ("../x", "", "a b", "x" * 65):
        with pytest.raises(InvalidInput):
            find.from_profile(name, environ=environ)


def test_a_profile_refuses_another_base_url(environ, profiles):
    """A real refresh token must not go to an emulator because a variable was left set."""
    written(profiles, "[acme]\n")
    kept(environ, "acme").save(Token(access_token=Secret("pina_x")))
    with pytest.raises(ConfigurationError, match=r"is for https://api.pinterest.com/v5, but PINTEREST_API_URI says http://127"):
        find.from_profile("acme", environ={**environ, "PINTEREST_API_URI": "http://127.0.0.1:4010"})
    with pytest.raises(ConfigurationError, match="but base_url says"):
        Client.from_profile("acme", environ=environ, base_url="http://127.0.0.1:4010/v5")
    Client.from_profile("acme", environ={**environ, "PINTEREST_API_URI": "https://api.pinterest.com"}).close()


def test_a_refresh_and_its_calls_go_to_one_place():
    source = RefreshingToken(app(), MemoryStore(Token(access_token=Secret("a"))), base_url="https://api.pinterest.com/v5")
    with pytest.raises(ConfigurationError, match=r"refreshed at https://api.pinterest.com/v5"):
        Client(source, base_url="http://127.0.0.1:4010/v5")
    with Client(source) as client:
        assert client.credentials.base_url == "https://api.pinterest.com/v5"


def app():
    from pinshop.flow.tokens import App

    return App("123", Secret("shhh"))


# ----------------------------------------------------------------------------------------------- files


@pytest.mark.skipif(os.name != "posix", reason="file modes mean nothing here")
def test_tokens_are_for_their_owner_alone(environ):
    store = kept(environ, "acme")
    store.save(Token(access_token=Secret("pina_x")), app_secret=Secret("shhh"))
    path = Path(store.where)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match=r"can be read by others.*0640.*chmod 600"):
        store.load()


def test_everything_about_a_token_is_kept(environ):
    token = Token(
        access_token=Secret("a"),
        refresh_token=Secret("r"),
        expires_at=1.5,
        refresh_expires_at=2.0,
        scopes=("x", "y"),
        obtained_at=0.25,
        refreshing_since=0.5,
    )
    store = kept(environ, "acme")
    store.save(token, app_secret=Secret("shhh"))
    assert store.load() == token
    store.save(msgspec.structs.replace(token, refreshing_since=None))
    assert store.app_secret() == Secret("shhh")
    store.delete()
    assert store.load() is None
    store.delete()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"'])
def test_a_damaged_file_is_named_and_not_shown(environ, text):
    store = kept(environ, "acme")
    store.save(Token(access_token=Secret("a")))
    Path(store.where).write_text(text)
    with pytest.raises(ConfigurationError, match="does not hold a token"):
        store.load()


@pytest.mark.parametrize("step", ["fdopen", "fsync", "replace"])
def test_a_crash_while_storing_leaves_the_old_token_whole(environ, monkeypatch, step):
    store = kept(environ, "acme")
    old = Token(access_token=Secret("old"), refresh_token=Secret("old-r"))
    store.save(old)

    def dies(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path if step == "replace" else os, step, dies)
    with pytest.raises(KeyboardInterrupt):
        store.save(Token(access_token=Secret("new")))
    monkeypatch.undo()
    assert store.load() == old
    assert [path.name for path in Path(store.where).parent.iterdir()] == ["acme.json"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_directory_that_cannot_be_written_is_an_error_with_advice(environ):  # pragma: no cover
    store = kept(environ, "acme")
    store.save(Token(access_token=Secret("a")))
    Path(store.where).parent.chmod(0o500)
    with pytest.raises(ConfigurationError, match="PINSHOP_CONFIG_DIR"):
        store.save(Token(access_token=Secret("b")))


def test_a_file_where_the_directory_should_be_is_an_error_with_advice(environ):
    written(environment.config_dir(environ) / "tokens", "")
    with pytest.raises(ConfigurationError, match="Not a directory"):
        kept(environ, "acme").save(Token(access_token=Secret("b")))
    with pytest.raises(ConfigurationError, match="PINSHOP_CONFIG_DIR"):
        kept(environ, "acme").try_lock()


def test_a_full_disk_is_an_error_with_advice(environ, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match=r"No space left.*has to be stored"):
        kept(environ, "acme").save(Token(access_token=Secret("b")))


HOLDER = """
import sys
from pathlib import Path
from pinshop.files.locks import lock_file

held = lock_file(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_excludes_and_outlives_nobody(environ):
    store = kept(environ, "acme")
    release = store.try_lock()
    assert store.try_lock() is None
    assert kept(environ, "acme").try_lock() is None
    other = kept(environ, "other").try_lock()
    assert other is not None
    other()
    release()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(environment.config_dir(environ) / "tokens" / "acme.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        assert store.try_lock() is None
        holder.kill()
        holder.wait()
        release = store.try_lock()
        assert release is not None
        release()


# ----------------------------------------------------------------------------------------- the keychain


class Keychain:
    """What `keyring` calls a backend."""

    priority = 5.0

    def __init__(self):
        self.kept = {}
        self.locked = False

    def get_password(self, service, name):
        if self.locked:
            raise RuntimeError("cannot unlock pina_secret")
        return self.kept.get((service, name))

    def set_password(self, service, name, text):
        self.kept[service, name] = text

    def delete_password(self, service, name):
        del self.kept[service, name]


@pytest.fixture
def keychain(monkeypatch):
    keyring = pytest.importorskip("keyring")
    backend = Keychain()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return backend


def test_secrets_in_the_keychain(environ, profiles, keychain):
    profile = Profile(name="acme", app_id="123", secrets="keyring")
    profile_file.write_profile(profiles, profile)
    store = vaults.kept_token(profile, environ)
    store.save(Token(access_token=Secret("pina_x"), refresh_token=Secret("pinr_x")), app_secret=Secret("shhh"))
    assert list(keychain.kept) == [("pinshop", "acme")]
    assert not list(profiles.parent.rglob("*.json"))
    found = find.find(environ=environ, profile="acme")
    assert found.source == f"profile acme ({profiles}), secrets in the keychain (pinshop/acme)"
    assert isinstance(found.tokens, RefreshingToken)
    release = store.try_lock()
    assert vaults.kept_token(profile, environ).try_lock() is None
    release()
    keychain.locked = True
    with pytest.raises(ConfigurationError, match=r"keychain did not work.*RuntimeError") as caught:
        find.find(environ=environ, profile="acme")
    assert "pina_secret" not in str(caught.value)
    keychain.locked = False
    store.delete()
    assert keychain.kept == {}


def test_a_keychain_that_keeps_nothing_is_none(monkeypatch, environ):
    keyring = pytest.importorskip("keyring")
    from keyring.backends import fail, null

    for backend in (fail.Keyring(), null.Keyring()):
        monkeypatch.setattr(keyring, "get_keyring", lambda backend=backend: backend)
        assert vaults.keychain() is None
    with pytest.raises(ConfigurationError, match="there is none"):
        vaults.kept_token(Profile(name="acme", secrets="keyring"), environ)


def test_without_keyring_there_is_no_keychain(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert vaults.keychain() is None


def test_without_platformdirs_a_profile_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(ConfigurationError, match=r"pinshop\[cli\].*PINSHOP_CONFIG_DIR"):
        environment.config_dir({})


# ----------------------------------------------------------- a token server, and several who refresh at once


class TokenServer(ThreadingHTTPServer):
    """Rotates strictly: a refresh token works once, and only the newest access token is accepted."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.number = 0  # of the tokens that are good now
        self.refused: list[str] = []
        self.granted = 0
        self.unauthorized = 0
        self.lenient = False  # True: an old refresh token stays good
        self.guard = threading.Condition()
        #: A grant is answered only when this many calls have been refused: so that all of them want to refresh at once.
        self.hold_until_unauthorized = 0
        #: Set: a grant is executed, and its answer never sent.
        self.swallow = False
        self.swallowed = threading.Event()
        self.let_go = threading.Event()

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v5"

    def expire(self):
        """Make the access token of now useless."""
        with self.guard:
            self.number += 1

    def handle_error(self, request, client_address):
        """Clients that are killed hang up."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: TokenServer

    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        server = self.server
        with server.guard:
            good = self.headers["Authorization"] == f"Bearer pina_{server.number}"
            if not good:
                server.unauthorized += 1
                server.guard.notify_all()
        if good:
            self.answer(200, {"username": "shop"})
        else:
            self.answer(401, {"code": 2, "message": "Authentication failed."})

    def do_POST(self):
        server = self.server
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        token = form["refresh_token"][0]
        with server.guard:
            server.guard.wait_for(lambda: server.unauthorized >= server.hold_until_unauthorized, timeout=30)
            good = token == f"pinr_{server.granted}" or (server.lenient and token.startswith("pinr_"))
            if good:
                server.granted += 1
                server.number = 1000 * server.granted
            else:
                server.refused.append(token)
            value = {
                "access_token": f"pina_{server.number}",
                "refresh_token": f"pinr_{server.granted}",
                "expires_in": 2592000,
                "refresh_token_expires_in": 5184000,
                "token_type": "bearer",
                "scope": "ads:read",
            }
        if server.swallow and good:
            server.swallowed.set()
            server.let_go.wait(30)
        if server.swallow and good:
            self.close_connection = True
        elif good:
            self.answer(200, value)
        else:
            self.answer(401, {"code": 283, "message": "Invalid refresh token."})


@pytest.fixture
def server():
    with TokenServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.let_go.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def shared_profile(environ, profiles, server):
    profile_file.write_profile(profiles, Profile(name="acme", base_url=server.base_url, app_id="123"))
    store = kept(environ, "acme")
    # The server is at tokens number 0; this access token is one it does not take.
    first = Token(access_token=Secret("pina_old"), refresh_token=Secret("pinr_0"), expires_at=9e12, obtained_at=1.0)
    store.save(first, app_secret=Secret("shhh"))
    return store


WORKER = """
import sys
from pinshop.client import Client
from pinshop.api.operations import raw

with Client.from_profile("acme") as client:
    print("ready", flush=True)
    for line in sys.stdin:
        print(client.send(raw("GET", "/user_account"))["username"], flush=True)
"""


@contextlib.contextmanager
def workers(environ, count):
    env = {**os.environ, **environ}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    with contextlib.ExitStack() as stack:
        for process in started:
            stack.enter_context(process)
            stack.callback(process.kill)
        for process in started:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        yield started


def call_all(processes):
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.stdout.readline().strip() or process.stderr.read() for process in processes]


def test_processes_that_refresh_at_once_use_the_refresh_token_once(environ, server, shared_profile):
    with workers(environ, 3) as processes:
        for turn in range(1, 4):
            server.hold_until_unauthorized = server.unauthorized + 3
            assert call_all(processes) == ["shop"] * 3
            assert (server.granted, server.refused) == (turn, [])
            stored = shared_profile.load()
            assert stored.access_token == Secret(f"pina_{server.number}")
            assert stored.refresh_token == Secret(f"pinr_{turn}")
            assert stored.refreshing_since is None
            server.expire()


def test_threads_that_refresh_at_once_use_the_refresh_token_once(environ, server, shared_profile):
    with Client.from_profile("acme", environ=environ, pacing=False) as client, ThreadPoolExecutor(16) as pool:
        server.hold_until_unauthorized = 16
        answers = list(pool.map(lambda _: client.send(ME)["username"], range(16)))
    assert answers == ["shop"] * 16
    assert (server.granted, server.refused) == (1, [])


def test_tasks_that_refresh_at_once_use_the_refresh_token_once(environ, server, shared_profile):
    async def main():
        async with AsyncClient.from_profile("acme", environ=environ, pacing=False) as client:
            server.hold_until_unauthorized = 50
            return await asyncio.gather(*(client.send(ME) for _ in range(50)))

    assert asyncio.run(main()) == [{"username": "shop"}] * 50
    assert (server.granted, server.refused) == (1, [])


def test_a_refresh_token_of_the_environment_is_continued_by_the_next_process(environ, server):
    env = {
        **environ,
        "PINTEREST_REFRESH_ACCESS_TOKEN": "pinr_0",
        "PINTEREST_APP_ID": "123",
        "PINTEREST_APP_SECRET": "shhh",
        "PINTEREST_API_URI": server.base_url,
    }
    for turn in range(1, 3):
        with Client.from_env(environ=env) as client:
            assert client.send(ME) == {"username": "shop"}
        assert (server.granted, server.refused) == (turn, [])
        server.expire()
    with (
        pytest.raises(Unauthorized, match="283"),
        Client.from_env(environ={**env, "PINSHOP_CONFIG_DIR": env["PINSHOP_CONFIG_DIR"] + "2"}) as client,
    ):
        client.send(ME)  # elsewhere, nobody knows what became of pinr_0


def killed_in_between(environ, server):
    """kill -9 after Pinterest rotated and before the new token is stored."""
    server.swallow = True
    with workers(environ, 1) as [process]:
        process.stdin.write("go\n")
        process.stdin.flush()
        assert server.swallowed.wait(30)
        process.send_signal(signal.SIGKILL)
        process.wait()
    server.swallow = False
    server.let_go.set()


def answer_late(server):
    """Let the answer that is held back go out after all."""
    server.swallow = False
    server.let_go.set()


def test_a_task_cancelled_while_it_refreshes_keeps_the_new_token_first(environ, server, shared_profile):
    server.swallow = True

    async def main():
        async with AsyncClient.from_profile("acme", environ=environ) as client:
            task = asyncio.create_task(client.send(ME))
            await asyncio.to_thread(server.swallowed.wait, 30)
            task.cancel()
            for _ in range(5):
                await asyncio.sleep(0)
            assert not task.done()
            answer_late(server)
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert shared_profile.load().refresh_token == Secret("pinr_1")
    assert server.number == 1000
    assert shared_profile.try_lock() is not None


@pytest.mark.skipif(os.name != "posix", reason="SIGINT")
def test_ctrl_c_while_it_refreshes_keeps_the_new_token_first(environ, server, shared_profile):
    server.swallow = True
    with workers(environ, 1) as [process]:
        process.stdin.write("go\n")
        process.stdin.flush()
        assert server.swallowed.wait(30)
        process.send_signal(signal.SIGINT)
        answer_late(server)
        assert "KeyboardInterrupt" in process.communicate()[1]
    assert shared_profile.load().refresh_token == Secret("pinr_1")


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_killed_between_rotation_and_storing_it_is_known_what_happened(environ, server, shared_profile):
    """Nobody can save a token that only the server knows; what is promised is that the state is whole, free and explained."""
    killed_in_between(environ, server)
    stored = shared_profile.load()
    assert stored.refresh_token == Secret("pinr_0")
    assert stored.refreshing_since is not None
    release = shared_profile.try_lock()
    assert release is not None
    release()
    with (
        Client.from_profile("acme", environ=environ) as client,
        pytest.raises(Unauthorized, match=r"283.*the answer to a refresh at .* UTC was lost.*log in again"),
    ):
        client.send(ME)
    assert server.refused == ["pinr_0"]


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_killed_in_between_it_recovers_where_the_old_token_still_works(environ, server, shared_profile):
    killed_in_between(environ, server)
    server.lenient = True
    with Client.from_profile("acme", environ=environ) as client:
        assert client.send(ME) == {"username": "shop"}
    assert shared_profile.load().refreshing_since is None


# -------------------------------------------------------------------------------------- secrets nowhere


def test_a_client_shows_where_it_got_its_token_and_not_the_token(environ):
    with Client.from_env(environ={**environ, "PINTEREST_ACCESS_TOKEN": "pina_hunter2"}) as client:
        shown = repr(client) + repr(client.credentials) + repr(vars(client))
        assert client.credentials.source == "environment variable PINTEREST_ACCESS_TOKEN"
        assert client.with_options(max_attempts=1).credentials is client.credentials
    assert "hunter2" not in shown


def test_client_credentials_of_a_profile(environ, profiles):
    profile = Profile(name="robot", app_id="123", grant="client_credentials", scopes=("ads:read",))
    profile_file.write_profile(profiles, profile)
    vaults.kept_token(profile, environ).save_app_secret(Secret("shhh"))
    sent = []

    class Scripted:
        def send(self, request, /):
            sent.append(request)
            if request.target == "/v5/oauth/token":
                return Reply(200, {}, b'{"access_token": "pinc_1", "expires_in": 600}')
            return Reply(200, {}, b'{"username": "robot"}')

        def close(self):
            pass

    with Client.from_profile("robot", environ=environ, transport=Scripted()) as client:
        assert client.send(ME) == {"username": "robot"}
    assert [request.target for request in sent] == ["/v5/oauth/token", "/v5/user_account"]
    assert sent[1].headers["Authorization"] == "Bearer pinc_1"


def test_a_static_profile(environ, profiles):
    written(profiles, "[acme]\n")
    kept(environ, "acme").save(Token(access_token=Secret("pina_x")))
    assert isinstance(find.from_profile("acme", environ=environ).tokens, StaticToken)


# ------------------------------------------------------------------------------- who else can write it


@pytest.mark.skipif(os.name != "posix", reason="modes and owners")
@pytest.mark.parametrize("where", ["", "tokens"])
@pytest.mark.parametrize("mode", [0o770, 0o720, 0o702, 0o777])
def test_a_folder_that_others_can_write_is_refused(tmp_path, where, mode):
    vault = FileVault(tmp_path / "config" / "tokens")
    vault.put("acme", Secret("{}"))
    folder = tmp_path / "config" / where
    folder.chmod(mode)
    for act in (lambda: vault.get("acme"), lambda: vault.put("acme", Secret("{}"))):
        with pytest.raises(ConfigurationError, match=r"config.* can be written by others .*chmod go-w"):
            act()
    folder.chmod(0o755)  # others may look: the files are closed to them
    assert vault.get("acme") == "{}"


@pytest.mark.skipif(os.name != "posix", reason="modes and owners")
@pytest.mark.parametrize(
    ("mode", "word"), [(0o640, "read"), (0o604, "read"), (0o620, "written"), (0o602, "written"), (0o666, "written")]
)
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path, mode, word):
    vault = FileVault(tmp_path / "tokens")
    vault.put("acme", Secret("{}"))
    (tmp_path / "tokens" / "acme.json").chmod(mode)
    with pytest.raises(ConfigurationError, match=f"can be {word} by others .*chmod 600"):
        vault.get("acme")


@pytest.mark.skipif(os.name != "posix", reason="modes and owners")
@pytest.mark.parametrize("whose", ["acme.json", "tokens", "config"])
def test_what_belongs_to_another_user_is_refused(tmp_path, monkeypatch, whose):
    vault = FileVault(tmp_path / "config" / "tokens")
    vault.put("acme", Secret("{}"))
    real_stat, real_fstat = Path.stat, os.fstat

    def foreign(found: os.stat_result) -> os.stat_result:
        return os.stat_result((*found[:4], 4711, *found[5:]))

    def stat_of(self: Path, **options: object) -> os.stat_result:
        return foreign(real_stat(self, **options)) if self.name == whose else real_stat(self, **options)

    monkeypatch.setattr(Path, "stat", stat_of)
    if whose == "acme.json":
        monkeypatch.setattr(os, "fstat", lambda handle: foreign(real_fstat(handle)))
    with pytest.raises(ConfigurationError, match=r"belongs to another user \(uid 4711\)"):
        vault.get("acme")
