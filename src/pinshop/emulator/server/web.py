"""What is served beside the API, as a Starlette application: reports' links, the consent page, control routes, the console."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from pinshop.emulator.control import console, routes
from pinshop.emulator.handlers import reports
from pinshop.emulator.server import consent, origin
from pinshop.emulator.server.origin import WebAccess
from pinshop.emulator.storage.data_file import DataFileFailed
from pinshop.emulator.world import World

_LOG = logging.getLogger("pinshop.emulator")

#: On every answer here. Nothing from elsewhere is loaded, and no page elsewhere shows these in a frame.
HEADERS = {
    "x-emulated": "true",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}

_PAGES = Path(__file__).parent.parent / "control" / "pages"


def application(world: World, access: WebAccess) -> Starlette:
    """The routes of one world, behind the check of host and origin."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield  # the state is opened and closed by the emulator, which may outlive a server

    def bound(answer: Callable[[World, Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await answer(world, request)
            except HTTPException:
                raise
            except DataFileFailed as error:
                return JSONResponse({"error": str(error)}, 507)
            except Exception:  # noqa: BLE001
                # A defect of the emulator: loud in the log, and no traceback in the answer.
                _LOG.exception("the emulator failed on %s %s", request.method, request.url.path)
                return JSONResponse({"error": "the emulator failed; see its log"}, 500)

        return endpoint

    return Starlette(
        routes=[
            Route("/", _to_the_console),
            Route("/oauth", bound(consent.answer), methods=["GET", "POST"]),
            Route("/oauth/", bound(consent.answer), methods=["GET", "POST"]),
            Route("/_emulator/reports/{token}", bound(_report)),
            Mount("/_emulator/console/static", StaticFiles(directory=_PAGES / "static")),
            *console.routes(bound),
            *routes.routes(bound),
        ],
        middleware=[Middleware(_Guard, access=access)],
        exception_handlers={HTTPException: _nothing_there(world)},
        lifespan=lifespan,
    )


class _Guard:
    """Refuses what other web pages send, and puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp, access: WebAccess) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                more = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in given]
                if b"cache-control" not in given:
                    more.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *more]
            await send(message)

        scope["pinshop.root"] = scope.get("root_path", "")  # mounted applications change the other one
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        if why := origin.refusal(scope["method"], scope.get("scheme", "http"), headers, self._access):
            await JSONResponse({"error": why}, 403)(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


async def _to_the_console(request: Request) -> Response:
    return RedirectResponse(f"{request.scope['pinshop.root']}/_emulator/", 307)


async def _report(world: World, request: Request) -> Response:
    with world.lock:
        status, kind, body = reports.fetch(world, request.path_params["token"], request.url.query)
    return Response(body, status, media_type=kind)


def _nothing_there(world: World) -> Any:
    """Paths and methods that nothing answers: a page where a person looks, JSON elsewhere."""

    async def answer(request: Request, error: HTTPException) -> Response:
        status = error.status_code
        if console.is_page(request):
            return console.refused(world, request, status)
        return routes.refused(request, status)

    return answer
