"""What a batch knows, and what a journal brings back of it."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pinshop.api import endpoints
from pinshop.api.models import ProductGroupPromotion
from pinshop.flow.batch_state import BatchState, recorded
from pinshop.flow.matching import BatchTarget, Job
from pinshop.flow.outcomes import Outcome

ITEMS = 6


def unsent(group: str, items: object) -> Any:
    raise AssertionError("a state sends nothing")


TARGET = BatchTarget(
    operation=endpoints.PROMOTIONS_CREATE,
    done="created",
    model=ProductGroupPromotion,
    write=unsent,
)


def jobs() -> list[Job]:
    """Two ad groups, of which one is written in two spellings."""
    return [Job(index=i, group=("7", "AG7", "8")[i % 3], item={"n": i}) for i in range(ITEMS)]


def outcome(index: int, state: Any) -> Outcome[ProductGroupPromotion]:
    entity = ProductGroupPromotion(id=str(1000 + index)) if state == "created" else None
    said = {} if state == "created" else {"code": 7, "message": "no", "advice": "change it"}
    return Outcome(index=index, given={"n": index}, state=state, entity=entity, **said)


def told(state: BatchState[Any]) -> list[tuple[str, str | None]]:
    return [(one.state, one.id) for one in state.result()]


steps = st.lists(
    st.tuples(
        st.sampled_from(["send", "unsend", "created", "failed", "unknown"]),
        st.sets(st.integers(0, ITEMS - 1), min_size=1),
        st.none() | st.integers(1, 50),
    ),
    max_size=12,
)


def live(program: Any) -> tuple[BatchState[Any], list[dict[str, Any]]]:
    """A state that went through this, and the journal it wrote: every step in the journal first."""
    state: BatchState[Any] = BatchState(TARGET, jobs())
    journal: list[dict[str, Any]] = []
    for what, members, watermark in program:
        indexes = sorted(members)
        if what == "send":
            by_group: dict[str, list[int]] = {}
            for index in indexes:
                by_group.setdefault(jobs()[index].group, []).append(index)
            for group, some in by_group.items():
                journal.append(state.about_to_send(group, some, watermark))
                state.send(some)
        elif what == "unsend":
            journal.append({"unsent": indexes})
            state.unsend(indexes)
        else:
            outcomes = [outcome(index, what) for index in indexes]
            journal.append({"outcomes": [recorded(one) for one in outcomes]})
            state.settle(outcomes)
    return state, [msgspec.json.decode(msgspec.json.encode(record)) for record in journal]


def again(journal: list[dict[str, Any]], *, damaged: bool = False) -> BatchState[Any]:
    state: BatchState[Any] = BatchState(TARGET, jobs())
    state.remember(journal, damaged=damaged)
    return state


@given(steps)
def test_a_journal_brings_back_what_was_known(program):
    state, journal = live(program)
    back = again(journal)
    assert told(back) == told(state)
    for job in jobs():
        # Nothing that may have been executed counts as never sent; what is unknown is looked into again.
        unclear = state.is_under_way(job) or state.result()[job.index].state == "unknown"
        assert back.is_under_way(job) == unclear, job
        assert back.is_untouched(job) == (state.is_untouched(job) and not unclear), job
    for group in ("7", "8"):
        assert back.ids_in(group) == state.ids_in(group)
        assert back.jobs_created_in(group) == state.jobs_created_in(group)


@given(steps, st.data())
def test_an_interruption_at_any_record_leaves_the_truth_or_unknown(program, data):
    """A journal that ends early knows less, and never calls failed what a later record may have had executed."""
    _, journal = live(program)
    kept = journal[: data.draw(st.integers(0, len(journal)))]
    state = again(kept)
    under_way: set[int] = set()
    for record in kept:
        under_way |= set(record.get("sending", ()))
        under_way -= set(record.get("unsent", ())) | {one["index"] for one in record.get("outcomes", ())}
    for job in jobs():
        if job.index in under_way:
            assert state.result()[job.index].state == "unknown"
            assert "before this one was interrupted" in str(state.result()[job.index].message)


@given(steps, st.data())
def test_what_a_damaged_journal_may_have_said_is_under_way(program, data):
    _, journal = live(program)
    lost = data.draw(st.sets(st.integers(0, len(journal))))
    state = again([record for number, record in enumerate(journal) if number not in lost], damaged=True)
    for job in jobs():
        assert not state.is_untouched(job), job
        assert state.result()[job.index].state != "failed" or not state.is_under_way(job)


@given(st.lists(st.none() | st.integers(1, 50), min_size=1, max_size=6))
def test_a_newest_id_that_was_noted_later_says_nothing_about_what_was_sent_before(watermarks):
    state: BatchState[Any] = BatchState(TARGET, jobs())
    journal = [state.about_to_send("7", [index], watermark) for index, watermark in enumerate(watermarks)]
    back = again(journal)
    known = [watermark for watermark in watermarks if watermark is not None]
    assert back.watermark("AG7") == (known[0] if known else None)
    for index, watermark in enumerate(watermarks):
        assert back.is_blind(jobs()[index]) == (watermark is None)
        assert journal[index].get("late", False) == (watermark is not None and None in watermarks[:index])
    # Where a record is missing, an item of which none tells may have been sent before there was a number.
    rest = again(journal[:-1], damaged=True)
    assert rest.is_blind(jobs()[len(watermarks) - 1]) == (
        (None in watermarks[:-1]) and jobs()[len(watermarks) - 1].group in ("7", "AG7")
    )


def test_what_nobody_asked_for_is_told_once():
    state: BatchState[Any] = BatchState(TARGET, jobs())
    row = ProductGroupPromotion(id="9")
    state.found_more([row, row])
    state.found_more([row])
    assert [one.id for one in state.result().extra] == ["9"]


def test_the_open_items_of_a_group_are_those_that_may_exist():
    state: BatchState[Any] = BatchState(TARGET, jobs())
    state.send([0, 1, 2])
    state.settle([outcome(3, "unknown"), outcome(4, "failed")])
    assert [job.index for job in state.jobs_open_in("AG7", [])] == [0, 1, 3]
    assert [job.index for job in state.jobs_open_in("7", jobs()[1:2])] == [0, 3]
    state.unsend([0])
    assert [job.index for job in state.jobs_open_in("7", [])] == [1, 3]
    assert [job.index for job in state.jobs_open_in("8", [])] == [2]


def test_what_was_taken_back_was_not_sent_blindly():
    state: BatchState[Any] = BatchState(TARGET, jobs())
    blind, later = state.about_to_send("7", [0], None), state.about_to_send("7", [0], 5)
    assert not again([blind, {"unsent": [0]}, later]).is_blind(jobs()[0])
    assert again([blind, later]).is_blind(jobs()[0])


def test_a_record_that_came_late_says_that_an_earlier_one_knew_no_newest_id():
    """The earlier one is lost: what it sent is not judged by the newest id that was noted later."""
    state: BatchState[Any] = BatchState(TARGET, jobs())
    state.about_to_send("7", [0], None)
    back = again([state.about_to_send("7", [1], 5)], damaged=True)
    assert back.is_blind(jobs()[0])
    assert not back.is_blind(jobs()[1])
    assert not back.is_blind(jobs()[2]), "another ad group"
