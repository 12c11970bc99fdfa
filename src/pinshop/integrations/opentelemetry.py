"""OpenTelemetry: one client span for each request that leaves, retries included.

    from pinshop import Client
    from pinshop.integrations.opentelemetry import Tracing

    client = Client.from_env(on_event=Tracing())

Names and attributes follow OpenTelemetry's conventions for HTTP client spans: ``http.request.method``, ``url.full``,
``url.template``, ``server.address``, ``server.port``, ``http.response.status_code``, ``http.request.resend_count``,
``error.type``; beside them ``pinshop.operation``, ``pinshop.request_id``, ``pinshop.sent``. Waits and decisions are events of
the span that is current: your own, around the call. Nothing here has seen a header or a body, so no secret can be in it.

Needs ``pip install 'pinshop[otel]'``; spans are exported by whatever provider the program has set up.
"""

from __future__ import annotations

import importlib.metadata
from contextvars import ContextVar
from typing import Any

from pinshop.api.endpoints import BY_ID
from pinshop.api.http import Url
from pinshop.extras import missing
from pinshop.flow import events

try:
    from opentelemetry import trace
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
except ImportError:
    raise missing("opentelemetry", "otel", "tracing") from None


class Tracing:
    """A hook for ``on_event=``. One may serve any number of clients, threads and tasks.

    Args:
        tracer_provider: where spans go; the default is the program's.
        then: receives every event afterwards; the default logs it, as a client without a hook does.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None, then: events.Hook = events.log) -> None:
        self._tracer = trace.get_tracer("pinshop", importlib.metadata.version("pinshop"), tracer_provider)
        self._then = then
        # Events of one call come in order within one thread or task; those of others do not mix in.
        self._open: ContextVar[Span | None] = ContextVar("pinshop_span", default=None)

    def __call__(self, event: events.Event) -> None:
        match event:
            case events.Sent():
                self._begin(event)
            case events.Replied(status=status):
                self._end(
                    None if status < 400 else str(status),
                    {"http.response.status_code": status, "pinshop.request_id": event.request_id},
                )
            case events.Failed():
                self._end(event.kind, {"pinshop.sent": event.sent}, event.why)
            case _:
                trace.get_current_span().add_event(f"pinshop.{type(event).__name__.lower()}", {"message": str(event)})
        self._then(event)

    def _begin(self, event: events.Sent) -> None:
        operation = BY_ID.get(event.operation)
        template = operation.path if operation else event.target.partition("?")[0]
        url = Url.parse(event.origin)
        attributes: dict[str, Any] = {
            "http.request.method": event.verb,
            "url.full": event.origin + event.target,
            "url.template": template,
            "server.address": url.host,
            "server.port": url.port,
            "pinshop.operation": event.operation,
        }
        if event.resends:
            attributes["http.request.resend_count"] = event.resends
        self._open.set(self._tracer.start_span(f"{event.verb} {template}", kind=SpanKind.CLIENT, attributes=attributes))

    def _end(self, error: str | None, attributes: dict[str, Any], words: str | None = None) -> None:
        if (span := self._open.get()) is None:
            return
        self._open.set(None)
        span.set_attributes({name: value for name, value in attributes.items() if value is not None})
        if error is not None:
            span.set_attribute("error.type", error)
            span.set_status(Status(StatusCode.ERROR, words))
        span.end()
