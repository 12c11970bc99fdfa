"""What Pinterest does in the background, reports and bulk downloads, as flows: ask how far it is, wait, fetch the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from pinshop.api.http import Pause, Reply, Request, Url
from pinshop.api.operations import Operation
from pinshop.errors import APIError, BadReply, InvalidInput, PinshopError, TransportError
from pinshop.flow import events
from pinshop.flow.refusals import backoff, explain, is_repeatable, ordered_wait
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow

S = TypeVar("S")

#: How a host says that a link has expired.
_EXPIRED = frozenset((401, 403, 404, 410))

_MOST_PACKING_ADDS = 256

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


class Job(Struct, Generic[S], frozen=True, kw_only=True):
    """One kind of job: how its state is read."""

    operation: Operation
    #: "report", "file".
    noun: str
    status: Callable[[S], Any]
    url: Callable[[S], Any]
    #: Bytes of the file; None where that is not said.
    size: Callable[[S], Any]
    running: str
    done: str
    #: The documented states that no longer change and give no file.
    final: frozenset[str]
    #: The error of a job that has no file to give, with these words.
    unavailable: Callable[[S, str], PinshopError]
    link_advice: str


def check_at_most(seconds: Any, operation: str) -> None:
    """How long to wait for a job: 0 to 86400 seconds."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 86400:
        raise InvalidInput("at_most_seconds", seconds, "0 to 86400", operation=operation)


def wait(
    session: Session,
    job: Job[S],
    ask: Callable[[], Flow[S]],
    at_most_seconds: float,
    progress: Callable[[S], object] | None = None,
) -> Flow[S]:
    """Ask again and again until it is done."""
    check_at_most(at_most_seconds, job.operation.id)
    until = session.monotonic() + at_most_seconds
    pause = _FIRST_PAUSE_SECONDS
    strange: set[str] = set()
    while True:
        state = yield from ask()
        if progress is not None:
            progress(state)
        status = job.status(state)
        if status == job.done:
            return state
        if status in job.final:
            raise job.unavailable(state, f"the {job.noun} is {status}")
        if status != job.running and (name := repr(status)) not in strange:
            # Nothing says that it is over: what is not documented is waited for.
            strange.add(name)
            what = f"the {job.noun}'s state is {name}, which Pinterest does not document"
            session.emit(events.Noticed(job.operation.id, what))
        left = until - session.monotonic()
        if left <= 0:
            raise job.unavailable(state, f"not finished after {at_most_seconds:.0f} s")
        why = f"the {job.noun} is in progress"
        session.emit(events.Paused(job.operation.id, min(pause, left), why))
        yield Pause(min(pause, left), why)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def download(session: Session, job: Job[S], ask: Callable[[], Flow[S]], now: S | None = None) -> Flow[bytes]:
    """The file of a job that is done, by a fresh link: that of ``now``, the state of this moment, if it is given."""
    attempts = 0
    operation = job.operation
    while True:
        state = (yield from ask()) if now is None else now
        now = None
        if job.status(state) != job.done:
            raise job.unavailable(state, f"the {job.noun} is {job.status(state)}")
        url, size = job.url(state), job.size(state)
        if not isinstance(url, str):
            raise BadReply(f"the {job.noun} is {job.done}, but comes without a link", operation=operation.id)
        attempts += 1
        failure: TransportError | APIError | BadReply
        try:
            reply: Reply = yield _link(session, job, url)
        except (TransportError, BadReply) as error:
            failure, again = error, is_repeatable(operation, error)
        else:
            if reply.status == 200 and not _is_cut(reply, size):
                return reply.body
            if reply.status == 200:
                failure, again = _cut(job, reply, size), True
            else:
                failure = explain(
                    operation, reply, session.clock(), who=f"the {job.noun}'s host answered ", advice=job.link_advice
                )
                # A link that has just expired is refused, in one of several ways; the next attempt asks for a new one.
                again = reply.status in _EXPIRED or is_repeatable(operation, failure)
            failure.operation = operation.id
        ordered = ordered_wait(failure, session.clock())
        if not again or attempts >= session.options.max_attempts or (ordered or 0.0) > session.options.max_wait_seconds:
            raise failure
        pause = ordered if ordered is not None else backoff(attempts, 1.0)
        why = f"retrying because {failure}"
        session.emit(events.Paused(operation.id, pause, why))
        yield Pause(pause, why)


def _is_cut(reply: Reply, size: object) -> bool:
    """Whether the file is not as long as the job's state said.

    Source: ``size`` of ``AdsAnalyticsGetAsyncResponse``, the bytes of the file. Where the host packs it for the way, it is not
    said which of both lengths is meant; a packed file that is cut is found by its checksum.
    """
    if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
        return False
    if reply.headers.get("content-encoding"):
        return len(reply.body) < size and size > _MOST_PACKING_ADDS
    return len(reply.body) != size


def _cut(job: Job[Any], reply: Reply, size: object) -> BadReply:
    text = f"the file of the {job.noun} has {len(reply.body):,} bytes, and should have {size:,}"
    return BadReply(text, status=reply.status, headers=reply.headers, advice="download again")


def _link(session: Session, job: Job[Any], url: str) -> Request:
    """The download, without the access token: whoever made the link has signed it, and this is not Pinterest's API."""
    try:
        link = Url.parse(url)
    except ValueError as error:
        raise BadReply(f"the link of the {job.noun} is not an https URL: {error}", operation=job.operation.id) from None
    # Plain HTTP only where the API itself is reached so: an emulator.
    if link.scheme not in ("https", Url.parse(session.origin).scheme):
        raise BadReply(f"the link of the {job.noun} is not an https URL", operation=job.operation.id)
    headers = {name: value for name, value in session.headers.items() if name in ("User-Agent", "Accept-Encoding")}
    options = session.options
    return Request("GET", link.origin, link.target, headers, None, options.connect_seconds, options.read_seconds)
