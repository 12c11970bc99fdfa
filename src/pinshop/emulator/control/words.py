"""Numbers, times, calls and faults in words, as pages show them."""

from __future__ import annotations

import datetime
import shlex

import msgspec
from msgspec import UNSET

from pinshop.emulator.faults import Fault
from pinshop.emulator.journal import Journal, JournalEntry


def time_of(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def pretty(body: bytes) -> str:
    try:
        return msgspec.json.format(body, indent=2).decode() if body else ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode("utf-8", "replace")
        return text + (f"\n… (cut after {Journal.CUT:,} bytes)" if len(body) >= Journal.CUT else "")


def what(fault: Fault) -> str:
    """A fault in words."""
    words = []
    if fault.latency_seconds:
        words.append(f"answers {fault.latency_seconds:g} s late")
    if fault.items:
        words.append(f"item {', '.join(map(str, fault.items))} fails with code {fault.code}")
    elif fault.item_like is not None and not fault.replaces_answer:
        words.append(f"such items fail with code {fault.code}")
    if fault.drop:
        words.append("drops the connection")
    elif fault.hang:
        words.append("never answers")
    elif fault.replaces_answer:
        own = fault.body is not None or fault.json is not UNSET
        words.append(f"answers {fault.status or 200}{' with its own body' if own else f', code {fault.code}'}")
    if fault.truncate is not None:
        words.append(f"cuts the answer after {fault.truncate} bytes")
    if fault.replaces_answer and not fault.stub:
        words.append("after the write was done" if fault.after_commit else "before anything is done")
    return ", ".join(words)


def aim(fault: Fault) -> str:
    """Beside its operation, what calls it is aimed at."""
    words = []
    if fault.token is not None:
        words.append(f"the token {fault.token}")
    if fault.ad_account_id is not None:
        words.append(f"ad account {fault.ad_account_id}")
    if fault.body_like is not UNSET:
        words.append(f"a body like {as_json(fault.body_like)}")
    if fault.item_like is not None:
        words.append(f"an item like {as_json(fault.item_like)}")
    return "with " + ", ".join(words) if words else ""


def often(fault: Fault) -> str:
    if fault.times is None:
        often = "always"
    else:
        often = "the next call" if fault.times == 1 else f"the next {fault.times} calls"
    return often if fault.probability is None else f"{often}, with probability {fault.probability:g}"


def curl(entry: JournalEntry, base_url: str) -> str:
    """The call as a command; what was struck out is left for the reader to fill in.

    The body goes as it is: ``--data`` would send a file where it begins with ``@``.
    """
    origin = base_url.removesuffix("/v5")
    parts = [
        "curl",
        "--request",
        shlex.quote(entry.method),
        shlex.quote(origin + entry.target),
        "--header",
        "'Authorization: Bearer TOKEN'",
    ]
    if entry.body:
        text = entry.body.decode("utf-8", "replace")
        parts += ["--header", "'Content-Type: application/json'", "--data-raw", shlex.quote(text)]
    return " ".join(parts)
