"""Spans, as OpenTelemetry's own exporter receives them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from pinshop import AsyncClient, Client
from pinshop.api.http import Reply, Request
from pinshop.credentials.vaults import MemoryStore
from pinshop.emulator import Emulator
from pinshop.errors import APIError, Disconnected
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import App, Token
from pinshop.integrations.opentelemetry import Tracing

ORIGIN = "http://127.0.0.1:9"


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


class Script:
    """A transport that gives these answers in turn."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def send(self, _: Request, /):
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self):
        pass


def client(provider, *answers, token="emulated_secret_token", **options):
    return Client(
        token, base_url=f"{ORIGIN}/v5", transport=Script(*answers), on_event=Tracing(provider), sleep=lambda _: None, **options
    )


ME = Reply(200, {"x-pinterest-rid": "77"}, b'{"username": "shop"}')


def test_a_span_for_a_call(provider, exporter):
    client(provider, ME).user_account.get()
    [span] = exporter.get_finished_spans()
    assert (span.name, span.kind, span.status.status_code) == ("GET /user_account", SpanKind.CLIENT, StatusCode.UNSET)
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "url.full": f"{ORIGIN}/v5/user_account",
        "url.template": "/user_account",
        "server.address": "127.0.0.1",
        "server.port": 9,
        "pinshop.operation": "user_account/get",
        "http.response.status_code": 200,
        "pinshop.request_id": "77",
    }
    assert span.instrumentation_scope.name == "pinshop"


def test_the_name_of_a_span_holds_no_ids(provider, exporter):
    client(provider, Reply(200, {}, b'{"id": "2"}')).promotions.get("549755885175", "2680059592705")
    [span] = exporter.get_finished_spans()
    assert span.name == "GET /ad_accounts/{ad_account_id}/product_group_promotions/{product_group_promotion_id}"
    assert span.attributes["url.full"].endswith("/v5/ad_accounts/549755885175/product_group_promotions/2680059592705")


def test_a_retry_is_a_span_of_its_own_and_counted(provider, exporter):
    tracer = provider.get_tracer("mine")
    with tracer.start_as_current_span("my job"):
        client(provider, Disconnected("reset", sent=True), Reply(503, {}, b"{}"), ME).user_account.get()
    first, second, third, job = exporter.get_finished_spans()
    assert [span.attributes.get("http.request.resend_count") for span in (first, second, third)] == [None, 1, 2]
    assert [span.attributes.get("error.type") for span in (first, second, third)] == ["Disconnected", "503", None]
    assert [span.status.status_code for span in (first, second, third)] == [
        StatusCode.ERROR,
        StatusCode.ERROR,
        StatusCode.UNSET,
    ]
    assert first.attributes["pinshop.sent"] is True
    assert {span.parent.span_id for span in (first, second, third)} == {job.context.span_id}
    notes = [event.attributes["message"] for event in job.events]
    assert len(notes) == 2
    assert all("retrying because" in note for note in notes)


def test_giving_up_is_an_event_of_the_callers_span(provider, exporter):
    with provider.get_tracer("mine").start_as_current_span("my job"), pytest.raises(APIError):
        client(provider, Reply(400, {}, b'{"code": 1, "message": "no"}')).user_account.get()
    call, job = exporter.get_finished_spans()
    assert call.attributes["error.type"] == "400"
    assert [event.name for event in job.events] == ["pinshop.gaveup"]


def test_a_refresh_is_seen_and_its_secrets_are_not(provider, exporter):
    store = MemoryStore(Token(access_token=Secret("emulated_old_token"), refresh_token=Secret("emulated_refresh")))
    source = RefreshingToken(App("1", Secret("app_secret")), store, base_url=f"{ORIGIN}/v5")
    answers = (
        Reply(401, {}, b'{"code": 2, "message": "Authentication failed."}'),
        Reply(200, {}, b'{"access_token": "emulated_new_token", "refresh_token": "emulated_next", "expires_in": 60}'),
        ME,
    )
    with provider.get_tracer("mine").start_as_current_span("my job"):
        client(provider, *answers, token=source).user_account.get()
    refused, accepted, job = exporter.get_finished_spans()
    assert (refused.attributes["error.type"], accepted.attributes["http.request.resend_count"]) == ("401", 1)
    assert [event.name for event in job.events] == ["pinshop.refreshed"]
    shown = "".join(span.to_json() for span in exporter.get_finished_spans())
    for secret in (
        "emulated_old_token",
        "emulated_new_token",
        "emulated_refresh",
        "emulated_next",
        "app_secret",
        "Bearer",
        "Basic",
    ):
        assert secret not in shown


def test_an_interrupted_call_ends_its_span(provider, exporter):
    with pytest.raises(KeyboardInterrupt):
        client(provider, KeyboardInterrupt()).user_account.get()
    [span] = exporter.get_finished_spans()
    assert span.attributes["error.type"] == "KeyboardInterrupt"


def test_calls_of_threads_and_tasks_do_not_mix(provider, exporter):
    """Each span has the account of its own call, and each is a child of its own caller's span."""
    tracer = provider.get_tracer("mine")
    tracing = Tracing(provider, then=lambda _: None)

    def check(count):
        spans = exporter.get_finished_spans()
        callers = {span.context.span_id: span.name for span in spans if span.name.startswith("caller")}
        calls = [span for span in spans if not span.name.startswith("caller")]
        assert len(calls) == len(callers) == count
        for span in calls:
            number = callers[span.parent.span_id].removeprefix("caller ")
            assert span.attributes["url.full"].endswith(f"/v5/ad_accounts/{number}")
        exporter.clear()

    with Emulator() as emulator:

        def call(number):
            with tracer.start_as_current_span(f"caller {number}"), pytest.raises(APIError):
                sync.ad_accounts.get(number)

        with Client(emulator.access_token, base_url=emulator.base_url, on_event=tracing) as sync, ThreadPoolExecutor(8) as pool:
            list(pool.map(call, range(1, 41)))
        check(40)

        async def main():
            async with AsyncClient(emulator.access_token, base_url=emulator.base_url, on_event=tracing) as client:

                async def call(number):
                    with tracer.start_as_current_span(f"caller {number}"):
                        try:
                            await client.ad_accounts.get(number)
                        except APIError:
                            return
                        raise AssertionError

                await asyncio.gather(*(call(number) for number in range(1, 41)))

        asyncio.run(main())
        check(40)


def test_requests_of_one_job_are_children_of_its_caller(provider, exporter):
    """A batch of several requests runs them in threads."""
    with (
        Emulator() as emulator,
        Client(emulator.access_token, base_url=emulator.base_url, on_event=Tracing(provider)) as client,
    ):
        items = [{"catalog_product_group_id": group} for group in emulator.catalog_product_group_ids * 20]
        with provider.get_tracer("mine").start_as_current_span("my job"):
            client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items)
    *calls, job = exporter.get_finished_spans()
    assert len([span for span in calls if span.name.startswith("POST")]) > 1
    assert {span.parent.span_id for span in calls} == {job.context.span_id}


def test_events_go_on_to_the_next_hook(provider):
    seen = []
    tracing = Tracing(provider, then=seen.append)
    Client("emulated_x", base_url=f"{ORIGIN}/v5", transport=Script(ME), on_event=tracing).user_account.get()
    assert [type(event).__name__ for event in seen] == ["Sent", "Replied"]


def test_without_a_provider_nothing_happens():
    assert isinstance(trace.get_current_span(), trace.NonRecordingSpan)
    Client("emulated_x", base_url=f"{ORIGIN}/v5", transport=Script(ME), on_event=Tracing()).user_account.get()


def test_without_opentelemetry_it_says_what_to_install():
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "try:\n    import pinshop.integrations.opentelemetry\n"
        "except Exception as error:\n    print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ConfigurationError")
    assert "pip install 'pinshop[otel]'" in done.stdout
