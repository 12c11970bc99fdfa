"""Any command with any words, and in any surroundings: streams that are closed or full, no home, another encoding."""

from __future__ import annotations

import json
import os
import random
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from pinshop.cli.commands import walk
from pinshop.cli.tree import main
from pinshop.credentials import environment, vaults
from pinshop.emulator import Emulator

LEAVES = {row["command"]: row for row in walk(main, click.Context(main, info_name="pinshop"))}
#: These serve, play or open a browser.
NOT_DRAWN = {"pinshop emulator", "pinshop demo data", "pinshop demo plans", "pinshop login"}
SECRET = f"{'pina'}_{'0123456789' * 2}"
#: None is a path that leads out of the directory of the test, or to a device: commands write to files.
WORDS = (
    "", "0", "-1", "x", "1" * 19, "549707368872", "ü", "a\nb", "null", "[]", "{}", "{", "NaN", "1e400", "-",
    "--", "=", "a=b", "=b", "2026-13-01", "9999-12-31", "0001-01-01", "SPEND_IN_DOLLAR", "all", "2680007368798",
    "x" * 5000, "http://[::1", "ftp://x", "http://127.0.0.1:1/v5", "*", "(", "ad_group:*", "account:",
    "folder", "bytes.yaml", "empty.yaml", "cut.json", "cut.csv", "latin.csv", "deep.json", "nan.json", "absent.yaml", SECRET,
)  # fmt: skip
FILES = {
    "bytes.yaml": b"\xff\xfe\x00\x01", "empty.yaml": b"", "cut.json": b"{", "cut.csv": b'a,"b\n', "nan.json": b'[{"id":NaN}]',
    "latin.csv": "id,name\n1,Küche\n".encode("latin1"), "deep.json": b"[" * 100_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def served():
    with Emulator(now="2026-03-02T12:00:00Z") as emulator:
        emulator.start()
        yield emulator


@pytest.fixture
def folder(tmp_path, monkeypatch, served) -> Path:
    for names in environment.NAMES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PINSHOP_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", served.access_token)
    monkeypatch.setenv("PINTEREST_API_URI", served.base_url)
    monkeypatch.setattr(vaults, "keychain", lambda: None)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return Path(tmp_path)


def drawn(draw: random.Random) -> list[str]:
    """A command line that somebody may have typed: an example with a word changed, or a command with words of any kind."""
    name = draw.choice(sorted(LEAVES.keys() - NOT_DRAWN))
    row = LEAVES[name]
    words = name.split()[1:]
    if draw.random() < 0.5:
        words = shlex.split(draw.choice(row["examples"]).partition("|")[0].partition(">")[0])[1:]
        at = draw.randrange(len(words))
        words[at : at + 1] = draw.choice([[], [draw.choice(WORDS)], [words[at]], [words[at], words[at]]])
    else:
        words += [draw.choice(WORDS) for _ in row["arguments"] for _ in range(draw.choice([0, 1, 1, 1, 2]))]
    for option in draw.sample(row["options"], min(len(row["options"]), draw.randint(0, 3))):
        option_name = draw.choice(option["names"])
        value = draw.choice([*WORDS, *map(str, option["choices"] or ())])
        if option["flag"] or draw.random() < 0.05:
            words.append(option_name)
        elif option_name == "--emulator":
            words.append(draw.choice(["--emulator", f"--emulator={value}"]))
        else:
            words += [option_name, value]
    return words


def test_any_words_end_with_a_known_code_a_sentence_and_no_secret(folder, served, rounds):
    for seed in range(rounds(250, 10_000)):
        draw = random.Random(seed)
        words = drawn(draw)
        served.reset()
        result = CliRunner().invoke(main, words, input=draw.choice([None, "", "y\n", "{}\n", "x"]), prog_name="pinshop")
        shown = (seed, words, result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit), (shown, result.exception)
        assert result.exit_code in (*range(8), 130), shown
        assert served.access_token not in result.output, shown
        if result.exit_code not in (0, 7):
            assert result.stderr.strip(), shown
            assert SECRET not in result.stderr, shown
        plainly = (
            words[-1:] == ["--json"]
            and not "".join(words[-2:-1]).startswith("-")
            and "--" not in words
            and "--format" not in words
        )
        if plainly and result.exit_code in (1, 2, 3, 4, 5):
            assert json.loads(result.stderr.strip().splitlines()[-1])["error"]["exit_code"] == result.exit_code, shown


@pytest.mark.parametrize(
    "line",
    [
        "promotions list --json --no-such-option",
        "promotions --json no-such-command",
        "no-such-command --format json",
        "promotions get --format=jsonl",
        "promotions list one too many --json",
        "plan absent.yaml --format json",
        "accounts get x --output '' --json",
        f"analytics --columns spend --output {'x' * 300} --emulator --json",
    ],
)
def test_errors_of_usage_are_json_too_where_json_is_asked_for(line, folder):
    result = CliRunner().invoke(main, shlex.split(line), prog_name="pinshop")
    told = json.loads(result.stderr)["error"]
    assert told["exit_code"] == result.exit_code == 2
    assert set(told) == {"type", "message", "operation", "status", "code", "advice", "request_id", "sent", "exit_code"}


@pytest.mark.parametrize(
    "line",
    [
        f"login --with-token {SECRET}",
        f"columns spend --fields {SECRET}",
        f"promotions list --account {SECRET}",
        f"whoami --profile {SECRET}",
        f"{SECRET}",
    ],
)
def test_a_token_at_a_wrong_place_of_the_command_line_is_not_shown_again(line, folder):
    for more in ([], ["--json"]):
        result = CliRunner().invoke(main, [*line.format(SECRET).split(), *more], prog_name="pinshop")
        assert SECRET not in result.stderr
        assert "…" in result.stderr


def test_ctrl_c_at_a_question_is_an_interruption(folder, monkeypatch):
    def stopped(*_args: Any, **_options: Any) -> None:
        raise click.Abort

    monkeypatch.setattr(click, "confirm", stopped)
    monkeypatch.setattr("pinshop.cli.connection._terminal", lambda: True)
    result = CliRunner().invoke(main, ["product-groups", "delete", "2680307368947"], prog_name="pinshop")
    assert (result.exit_code, result.stderr.strip()) == (130, "Interrupted.")


# ---------------------------------------------------------------------------------------------- processes


def shell(line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell; ``pinshop`` is the command of this environment."""
    command = f'pinshop() {{ "{sys.executable}" -m pinshop "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", command], env={**os.environ, **more}, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("pinshop columns >&-", 0, ""),
        ("pinshop columns >&- 2>&-", 0, ""),
        ("pinshop --help 2>&- >&- <&-", 0, ""),
        ("pinshop columns >/dev/full", 1, "Error: standard output: No space left on device"),
        ("pinshop columns --json >/dev/full", 1, '{"error": {"type": "OSError", "message": "standard output: No space'),
        ("pinshop --help >/dev/full", 1, "Error: standard output: No space left on device"),
        ("pinshop columns | head -1 >/dev/null; exit ${PIPESTATUS[0]}", 0, ""),
        ("pinshop whoami --profile x | true; exit ${PIPESTATUS[0]}", 2, "Error: no profile 'x'"),
        ("pinshop login --with-token <&-", 2, "Error: standard input: expected a non-empty string"),
        ("printf '\\377' | PYTHONIOENCODING=utf-8 pinshop login --with-token", 2, "standard input: expected a line of text"),
        ("pinshop promotions create --emulator --ad-group 2680007368798 -f - <&-", 0, "Nothing to write"),
        ("pinshop promotions activate --emulator 1 <&-", 2, "add --yes"),
        ("env -u HOME -u PINSHOP_CONFIG_DIR -u PINTEREST_ACCESS_TOKEN {} -m pinshop whoami", 2, "Error: no credentials"),
        ("HOME=/dev/null PINSHOP_CONFIG_DIR= PINTEREST_ACCESS_TOKEN= pinshop accounts use 5", 2, "Error: "),
        ("echo x | PINSHOP_CONFIG_DIR=/dev/null pinshop login --with-token", 2, "Error: /dev/null"),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 pinshop validate ü.yaml", 2, "Error: "),
        ("pinshop validate $'\\377.yaml'", 2, "Error: "),
        ("COLUMNS=20 TERM=dumb NO_COLOR=1 pinshop product-groups list --emulator --format table", 0, ""),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="closes streams as a POSIX shell does")
def test_a_process_in_any_surroundings_says_a_sentence_and_never_a_traceback(line, code, words, folder):
    done = shell(line.replace("{}", sys.executable), PYTHONIOENCODING="")
    assert "Traceback" not in done.stderr + done.stdout
    assert "Exception ignored" not in done.stderr
    assert words in done.stderr, done.stderr
    assert done.returncode == code, done.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends signals as POSIX does")
def test_a_file_opened_where_standard_output_was_closed_does_not_get_what_is_printed(folder):
    done = shell("pinshop promotions create --emulator=shop.db --ad-group 2680007368798 2680307368831 >&- 2>&-")
    assert done.returncode == 0
    assert shell("pinshop promotions list --emulator=shop.db --fields status").stdout == '{"status":"PAUSED"}\n'


STOPPED_IMPORT = """
class Stop:
    def find_spec(self, name, *_):
        if name == "pinshop.cli.tree":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stop())
"""


@pytest.mark.skipif(os.name != "posix", reason="sends signals as POSIX does")
@pytest.mark.parametrize(
    "loaded",
    [
        STOPPED_IMPORT,
        "import pinshop.cli.tree as tree; tree.LazyGroup.get_command = lambda *_: os.kill(os.getpid(), signal.SIGINT)",
    ],
)
def test_ctrl_c_while_pinshop_is_loaded_is_quiet(loaded, folder):
    code = f"import os, signal, sys; sys.argv = ['pinshop', 'columns']\n{loaded}\nimport pinshop.cli; pinshop.cli.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (130, "Interrupted."), done.stderr


def test_a_defect_of_pinshop_is_a_sentence_and_a_traceback_when_asked_for(folder):
    code = "import sys; sys.argv = ['pinshop', 'columns']; import pinshop.cli.tree as tree\n"
    code += (
        "tree.LazyGroup.get_command = lambda *_: {}['emulated_0123456789abcdef0123']\nimport pinshop.cli; pinshop.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (
        done.stderr == "Error: pinshop itself failed, which is a defect of it: KeyError: '…' — PINTEREST_DEBUG=1 shows where\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, "PINTEREST_DEBUG": "1"}
    )
    assert "Traceback" in shown.stderr
