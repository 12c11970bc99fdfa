"""Events: what a log shows of them, and that it shows no more."""

from __future__ import annotations

import logging
from typing import get_args

import pytest

from pinshop.flow import events

EXAMPLES: list[tuple[events.Event, int, str]] = [
    (events.Sent("campaigns/list", "GET", "/v5/x?bookmark=y", 2), logging.DEBUG, "GET /v5/x?bookmark=y (attempt 2)"),
    (events.Replied("campaigns/list", 200, 1, "77"), logging.DEBUG, "HTTP 200 (request id 77)"),
    (events.Failed("campaigns/list", "TimedOut", "no answer", 1, sent=True), logging.DEBUG, "TimedOut: no answer (attempt 1)"),
    (events.Paused("campaigns/list", 1.5, "the quota of ads_read"), logging.INFO, "waiting 1.50 s: the quota of ads_read"),
    (events.Refreshed("it was about to expire"), logging.INFO, "access token refreshed: it was about to expire"),
    (events.GaveUp("campaigns/list", "HTTP 404", 1, sent=True), logging.WARNING, "not retrying after 1 attempt(s): HTTP 404"),
    (events.Noticed("campaigns/list", "a bookmark came twice"), logging.INFO, "a bookmark came twice"),
]  # fmt: skip


def test_every_event_has_an_example():
    assert {type(event) for event, _, _ in EXAMPLES} == set(get_args(events.Event))


@pytest.mark.parametrize(("event", "level", "words"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_an_event_is_one_line_of_its_level(event, level, words, caplog):
    caplog.set_level(logging.DEBUG, logger="pinshop")
    events.log(event)
    [record] = caplog.records
    assert (record.name, record.levelno) == ("pinshop", level)
    assert record.getMessage().endswith(words)
    assert "\n" not in record.getMessage()
    caplog.clear()
    caplog.set_level(level + 1, logger="pinshop")
    events.log(event)
    assert not caplog.records


def test_nothing_logs_by_itself():
    assert events.logger.level == logging.NOTSET
    assert [type(handler) for handler in events.logger.handlers] == [logging.NullHandler]
