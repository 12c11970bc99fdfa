"""The console under ``/_emulator/``: what is promoted and what it earns, the journal, and the levers, as web pages.

Rendered here, complete without JavaScript, with nothing from another host. Every value is escaped: names may hold HTML.
Markup that is not a template's comes from `charts`, which writes numbers and dates.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jinja2
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pinshop.emulator.control import charts, words
from pinshop.emulator.control.bodies import MAX_BODY, Unreadable, origin_of, read_whole, replayed
from pinshop.emulator.control.forms import FORMS
from pinshop.emulator.control.views import VIEWS
from pinshop.emulator.storage.data_file import DataFileFailed
from pinshop.emulator.world import World
from pinshop.errors import ConfigurationError

_MAX_FORM = 65_536

#: Where a form leads that names no page itself.
_BACK = {
    **{page: f"/_emulator/console/{page}" for page in ("calls", "faults", "limits", "rules", "state")},
    **dict.fromkeys(("access", "files"), "/_emulator/console/state"),
}

#: A page of the console, and what it is asked to show.
_HERE = re.compile(r"/_emulator/(console/\w+(/\w+)?)?(\?[\w.~=&%+-]*)?", re.ASCII)

_SAID = {
    "clock": "The clock was moved.",
    "fault": "The fault is active.",
    "removed": "Removed.",
    "limits": "The rate limit was changed.",
    "rule": "The rule was changed.",
    "snapshot": "The state was kept.",
    "restore": "The state is the snapshot's again.",
    "forget": "The snapshot is gone.",
    "fork": "The fork is served.",
    "close": "The fork is closed.",
    "cleared": "Forgotten.",
    "earned": "That is what it earned.",
    "reset": "Everything is as it was at the start.",
    "status": "The status was changed.",
    "promote": "It is promoted.",
    "revoke": "The token was revoked.",
    "yaml": "The state was loaded.",
    "feed": "The products were replaced.",
    "scale": "The ad accounts were added.",
}

Bind = Callable[[Callable[[World, Request], Awaitable[Response]]], Callable[[Request], Awaitable[Response]]]


def routes(bound: Bind) -> list[Route]:
    """Pages and forms as Starlette's routes; ``bound`` gives an endpoint its world."""
    return [
        Route("/_emulator", bound(_page), methods=["GET"]),
        Route("/_emulator/", bound(_page), methods=["GET"]),
        Route("/_emulator/console/{page}", bound(_page), methods=["GET"]),
        Route("/_emulator/console/{page}", bound(_form), methods=["POST"]),
        Route("/_emulator/console/{page}/{name}", bound(_page), methods=["GET"]),
    ]


def is_page(request: Request) -> bool:
    """Whether a person looks there: then what is said is a page, elsewhere it is JSON."""
    path = _path(request)
    return path.rstrip("/") == "/_emulator" or path.startswith("/_emulator/console")


def refused(world: World, request: Request, status: int) -> Response:
    """A page for what is not there."""
    if status == 404:
        return _say(world, request, 404, "There is no such page, or what it showed is gone.")
    return _say(world, request, status, "There is nothing to do here.")


def _path(request: Request) -> str:
    return request.url.path.removeprefix(request.scope["pinshop.root"])


async def _page(world: World, request: Request) -> Response:
    return _shown(world, request, _path(request), dict(request.query_params))


async def _form(world: World, request: Request) -> Response:
    step = FORMS.get(request.path_params["page"])
    if step is None:
        return refused(world, request, 404)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return _say(world, request, 403, "A form is sent as application/x-www-form-urlencoded or multipart/form-data.")
    try:
        content = await read_whole(request, MAX_BODY if kind.startswith("multipart") else _MAX_FORM)
    except Unreadable as error:
        return _say(world, request, error.status, f"That form cannot be read: {error}.")
    try:
        form = await _fields(request, content)
    except (MultiPartException, Unreadable) as error:
        return _say(world, request, 400, f"That form cannot be read: {error}.")
    back = form.get("back", "")
    if not _HERE.fullmatch(back):
        back = _BACK.get(request.path_params["page"], "/_emulator/")
    try:
        with world.lock:
            said = step(world, form)
        if said.startswith("="):
            # What is said once, such as a new token, stands in no address.
            return _shown(world, request, "/_emulator/console/state", {}, said=said[1:])
    except ConfigurationError as error:
        status = 507 if isinstance(error, DataFileFailed) else 400
        path, _, query = back.partition("?")
        return _shown(world, request, path, dict(parse_qsl(query)), status=status, said=str(error), bad=True)
    root, joined = request.scope["pinshop.root"], "&" if "?" in back else "?"
    row = f"#{form['name']}" if said == "rule" else ""
    return RedirectResponse(f"{root}{back}{joined}{urlencode({'said': said})}{row}", 303)


async def _fields(request: Request, content: bytes) -> dict[str, str]:
    """The fields of a form; of a file its text, and its name as ``{field} name``."""
    again = replayed(request, content)
    if not request.headers["content-type"].strip().lower().startswith("multipart"):
        sent = await again.form(max_fields=60)
    else:
        parser = MultiPartParser(request.headers, again.stream(), max_files=2, max_fields=60)
        parser.spool_max_size = MAX_BODY  # it is in memory anyhow, and a container may have nowhere to write
        sent = await parser.parse()
    try:
        form = {name: value for name, value in sent.items() if isinstance(value, str)}
        for name, value in sent.items():
            if isinstance(value, UploadFile):
                form[name], form[f"{name} name"] = (await value.read()).decode("utf-8-sig"), value.filename or ""
    except UnicodeDecodeError:
        raise Unreadable(400, "the file is not text in UTF-8") from None
    finally:
        await sent.close()
    return form


def _shown(
    world: World,
    request: Request,
    path: str,
    query: Mapping[str, str],
    *,
    status: int = 200,
    said: str = "",
    bad: bool = False,
) -> Response:
    name, _, argument = path.removeprefix("/_emulator").removeprefix("/console").strip("/").partition("/")
    view = VIEWS.get(name)
    with world.lock:
        found = view(world, argument, query) if view is not None else None
    if found is None:
        return refused(world, request, 404)
    template, context = found
    said = said or _SAID.get(query.get("said", ""), "")
    asked = urlencode({name: value for name, value in query.items() if name != "said"})
    here = f"{path}?{asked}" if asked else path
    return _rendered(world, request, template, {**context, "here": here}, status=status, said=said, bad=bad)


def page(world: World, request: Request, template: str, context: Mapping[str, Any], status: int) -> Response:
    """A page in the console's style."""
    return _rendered(world, request, template, context, status=status)


def _say(world: World, request: Request, status: int, why: str) -> Response:
    title = "Not here" if status == 404 else "Refused"
    return _rendered(world, request, "refused.html", {"title": title, "why": why}, status=status)


def _rendered(
    world: World,
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    said: str = "",
    bad: bool = False,
) -> Response:
    now = world.clock.now()
    root = request.scope["pinshop.root"]
    whole = {
        "section": "Accounts",
        "crumbs": [],
        "here": "/_emulator/",
        "said": said,
        "said_bad": bad,
        "root": root,
        "fork": root.rpartition("/forks/")[2] if "/forks/" in root else "",
        "base_url": f"{origin_of(request)}/v5",
        "clock": {
            "iso": now.isoformat(timespec="seconds"),
            "text": now.strftime("%a %d %b %Y, %H:%M:%S UTC"),
            "frozen": world.clock.frozen,
        },
        "api_version": world.api_version,
        "seed": world.seed,
        "data": "state in memory" if world.store.path == ":memory:" else f"state in {world.store.path}",
        **context,
    }
    return HTMLResponse(_templates().get_template(template).render(whole), status)


@cache
def _templates() -> jinja2.Environment:
    environment: Any = jinja2.Environment(
        loader=jinja2.PackageLoader("pinshop.emulator.control", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=charts.count, money=charts.money, ratio=charts.ratio)
    environment.globals.update(chart=charts.chart, sparkline=charts.sparkline, curl=words.curl)
    return environment  # type: ignore[no-any-return]
