"""The façade against pinterest-generated-client 0.1.2: the same calls, the same bytes, the same results, the same errors.

What differs on purpose is DIFFERENCES, each with its reason, and nothing else: a call that is listed and does not differ
fails as well.
"""

from __future__ import annotations

import datetime
import importlib.util
import re
import socketserver
import sys
import threading
from collections import defaultdict
from pathlib import Path

import pytest

from old_client_programs import Programs
from pinshop.emulator import Emulator

OLD = "pinterest-generated-client==0.1.2"
SCRIPT = Path(__file__).with_name("old_client_calls.py")
_spec = importlib.util.spec_from_file_location("old_client_calls", SCRIPT)
calls = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(calls)

_UNREADABLE = "a success that cannot be read is an ApiException too, with status, headers and body"
_SHAPES = "the shapes and values of today's API are taken"
_EXACT = "values go and come as they are"
_HASHED = "an enum has the hash of its string, so that of several columns that are no text another is named"
_DIGITS = "an id with a line end or with other scripts' digits is refused"
#: Call -> why it differs. What happens instead is said in tests/facade.
DIFFERENCES = {
    "get_bad_header": "an ApiValueError (a ValueError still) that does not show the value, which may be the token",
    "get_502_latin1": "an error page is text, whatever its bytes",
    "get_unknown_number": _EXACT,
    "get_unknown_enum": _SHAPES,
    "get_null_id": _SHAPES,
    "get_wrapped": _SHAPES,
    "get_no_content": "204 is a success: None, or no items",
    "get_empty": _UNREADABLE,
    "get_null": _UNREADABLE,
    "get_list": "an empty list is no promotion",
    "get_html": _UNREADABLE,
    "get_cut_json": _UNREADABLE,
    "get_bom": "a byte order mark is not lost over",
    "get_latin1": "one wrong byte loses one character, not the answer",
    "get_bogus_charset": "a charset that nobody knows loses nothing",
    "get_internal_key": "no key of an answer reaches into the client",
    "get_unset_field": "the path names the field, without the path of the answer in quotes within quotes",
    "get_id_newline": _DIGITS,
    "get_id_arabic": _DIGITS,
    "get_no_input_check": "_check_input_type=False works",
    "get_timeout_text": "the message says what is allowed",
    "create_dict_numbers": _EXACT,
    "create_items": _SHAPES,
    "create_exceptions_list": _SHAPES,
    "create_no_content": "204 is a success: None, or no items",
    "create_content_type": "the reason reaches the caller, not a failure in reporting it",
    "update_items": _SHAPES,
    "analytics_counts": _EXACT,
    "analytics_enum_and_dict": _HASHED,
    "analytics_weekly": "the page's own spelling is taken",
    "analytics_window_14": "values that the API has since 5.10 are taken",
    "raw_delete_body": "a JSON body says that it is one",
    "raw_both": "the intended error, not a KeyError",
    "raw_deserialize_wrong": "an empty list is no model",
    "offline_granularity_weekly": "the page's own spelling is taken",
    "offline_common_nested_dict": "an enum is its string everywhere",
    "offline_common_self": "a field may have any name",
    "offline_request_newline_id": _DIGITS,
    "offline_item_none": "the page's own example",
    "offline_configuration_server_index": "the host that was given is the host",
    "offline_client_defaults": "User-Agent also names who really sends",
}


_ENUM_HASH = r"unhashable type: '(EntityStatus|CreativeType|Granularity|ConversionReportTimeType)'"

#: Difference of random programs -> whether it explains (program, old result, new result).
NAMED = {
    "what 0.1.2 stumbled over itself (a KeyError, no hash, an unsupported type) is refused with a sentence": (
        lambda _, old, new: _stumbled(old) and _raised(new).startswith("Api")
    ),
    "the message about `_request_timeout` says what is allowed": lambda _, __, new: "`_request_timeout`" in _said(new),
    "windows of 0 and 14 days, which the API has since 5.10, are taken": (
        lambda _, old, __: bool(re.search(r"_window_days` \((0|14)\)", _said(old)))
    ),
    _HASHED: lambda _, old, new: bool(re.match(_ENUM_HASH, _said(old))) and _said(new).startswith("unhashable type"),
    "several wrong columns are listed in the order of a set": (
        lambda _, old, new: "must be a subset of" in _said(old) and sorted(_said(old)) == sorted(_said(new))
    ),
}


def _raised(result) -> str:
    return str(result.get("raised", "")) if isinstance(result, dict) else ""


def _stumbled(old) -> bool:
    said = _said(old)
    return _raised(old) == "KeyError" or said.startswith(("unhashable type", "Unsupported type"))


def _said(result) -> str:
    return str(result.get("message", "")) if isinstance(result, dict) else ""


class Recorder(socketserver.ThreadingTCPServer):
    """Answers what the call's path asks for, and keeps every request as it came."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.requests: dict[str, list[bytes]] = defaultdict(list)
        super().__init__(("127.0.0.1", 0), Recording)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Recording(socketserver.StreamRequestHandler):
    server: Recorder

    def handle(self) -> None:
        while head := self._head():
            length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            name = head.split(b" ", 2)[1].split(b"/")[1].decode()
            self.server.requests[name].append(head + self.rfile.read(length))
            reply = calls.reply_to(name)
            lines = [f"HTTP/1.1 {reply['status']} {reply['reason'] or 'Whatever'}"]
            headers = dict(reply["headers"])
            if reply["status"] != 204:
                headers["Content-Length"] = str(len(reply["body"]))
            lines += [f"{key}: {value}" for key, value in headers.items()]
            self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + reply["body"])

    def _head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return b""
            head += line
        return head


@pytest.fixture(scope="module")
def recorder():
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def both(recorder, foreign_venv, run_foreign):
    """Call -> (results, requests) of the old client and of the façade."""
    found = []
    for python in (foreign_venv(OLD), Path(sys.executable)):
        recorder.requests.clear()
        results = run_foreign(python, SCRIPT, {"base_url": recorder.base_url}, seconds=120)
        found.append((results, dict(recorder.requests)))
    return found


def as_old(request: bytes) -> bytes:
    """Our User-Agent is the old one, followed by who really sends."""
    return re.sub(rb"(User-Agent: pins-generated-client/python/0\.1\.2) pinshop/[0-9.]+\r\n", rb"\1\r\n", request)


@pytest.mark.parametrize("name", calls.CALLS)
def test_call(name, both):
    (old_results, old_requests), (new_results, new_requests) = both
    old = (old_results[name], old_requests.get(name, []))
    new = (new_results[name], [as_old(request) for request in new_requests.get(name, [])])
    if name in DIFFERENCES:
        assert new != old, f"listed as different ({DIFFERENCES[name]}), but it is the same"
    else:
        assert new == old


def test_random_programs(recorder, foreign_venv, run_foreign, tmp_path, rounds):
    """Programs that nobody wrote: what both clients send and say is the same, but for the named differences."""
    count = rounds(400, 20_000)
    found = []
    programs = Programs(seed=20260301).take(count)
    for python in (foreign_venv(OLD), Path(sys.executable)):
        recorder.requests.clear()
        results: dict[str, object] = {}
        for start in range(0, count, 400):
            part = dict(list(programs.items())[start : start + 400])
            results |= run_foreign(python, SCRIPT, {"base_url": recorder.base_url, "programs": part}, seconds=300)
        found.append((results, dict(recorder.requests)))
    (old_results, old_requests), (new_results, new_requests) = found
    differ = {}
    for name, text in programs.items():
        old = (old_results[name], old_requests.get(name, []))
        new = (new_results[name], [as_old(request) for request in new_requests.get(name, [])])
        if new != old:
            differ[text] = (old[0], new[0])
    unnamed = {text: pair for text, pair in differ.items() if not any(fits(text, *pair) for fits in NAMED.values())}
    print(f"{count} random programs, {len(differ)} differ for a named reason")
    assert not unnamed, "\n\n".join(f"{text}\n  old {old}\n  new {new}" for text, (old, new) in list(unnamed.items())[:8])


def test_the_page_lists_the_same_differences_and_no_other():
    page = (Path(__file__).parents[2] / "docs" / "migration.md").read_text("utf-8")
    listed = re.findall(r"^- (.+)$", page.partition("### Call by call")[2].partition("\n## ")[0], re.MULTILINE)
    assert sorted(listed) == sorted({*DIFFERENCES.values(), *NAMED})


def live(python, run_foreign):
    """What a whole life of promotions in the emulator looks like from this client."""
    script = SCRIPT.with_name("old_client_life.py")
    with Emulator(api_version="5.6", seed=7, now="2026-03-01T12:00:00Z") as emulator:
        emulator.clock.freeze()
        given = {
            "base_url": emulator.base_url,
            "access_token": emulator.access_token,
            "ad_account_id": emulator.ad_account_id,
            "ad_group_id": emulator.ad_group_id,
            "catalog_product_group_ids": [*emulator.catalog_product_group_ids[:2], "999999999999"],
        }
        written = run_foreign(python, script, given | {"stage": "write"})
        start = emulator.clock.now().date()
        emulator.clock.advance(days=10)
        read = {"stage": "read", "one": written["one"], "start_date": str(start)}
        read["end_date"] = str(start + datetime.timedelta(days=8))
        return written, run_foreign(python, script, given | read)


@pytest.fixture(scope="module")
def lives(foreign_venv, run_foreign):
    return [live(python, run_foreign) for python in (foreign_venv(OLD), Path(sys.executable))]


def test_both_live_the_same_life_in_the_emulator(lives):
    old, new = lives
    assert new == old


def test_that_life_is_worth_comparing(lives):
    written, read = lives[1]
    *created, refused = written["created"]["ProductGroupPromotionArrayResponse"]
    assert [one["ProductGroupPromotionArrayElement"]["data"]["status"] for one in created] == ["ACTIVE", "ACTIVE"]
    assert refused["ProductGroupPromotionArrayElement"]["exceptions"]["message"]
    assert written["got"]["ProductGroupPromotion"]["id"] == written["one"]
    for name in ("too many", "none", "elsewhere", "unknown", "wrong token"):
        assert written[name]["raised"].endswith("Exception"), name
    rows = read["days"]["ProductGroupAnalyticsResponse"]
    assert len(rows) == 9
    assert all("date" in row["DATE"] for row in rows)
    assert any(one["TOTAL_CLICKTHROUGH"]["int"] != "0" for one in read["unchecked"]["ProductGroupAnalyticsResponse"])
    assert read["reversed"]["raised"] == "ApiException"
