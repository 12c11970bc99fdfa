"""One row per endpoint, and the values that cross the seams: `Call`, `Request`, `Reply`.

The rows drive the client (validation, encoding, retry), the emulator (routing, scopes, quotas, limits), the façade and
the drift test that compares them with Pinterest's descriptions. Nothing here does I/O.

Source of every row: ``paths`` of Pinterest's description (pinterest/api-description, v5/openapi.json) at the version named
in ``since``; limits that changed carry their history in `Param.earlier`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from pinshop import wire
from pinshop.errors import InvalidInput

# ------------------------------------------------------------------------------------------ the seams


class Request(Struct, frozen=True):
    """What goes to a transport: bytes, no meaning. ``origin`` is scheme://host[:port], ``target`` path?query."""

    method: str
    origin: str
    target: str
    headers: dict[str, str]
    body: bytes | None = None
    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    #: True: Ctrl-C and cancellation wait for the answer. It holds a token that would be lost with it.
    uninterrupted: bool = False


class Reply(Struct, frozen=True):
    """What a transport gives back. Header names are lower-case; the body is decompressed and whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reason: str = ""

    def __repr__(self) -> str:  # the body of a token request holds tokens, and debuggers show local variables
        return f"Reply(status={self.status}, {len(self.body)} bytes)"


class Pause(Struct, frozen=True):
    """What a flow yields beside a `Request`: do nothing for so long."""

    seconds: float
    why: str


class Transport(Protocol):
    """The only seam to the network. Raises `TransportError` (with ``sent``) or `BadReply` (too large, cut short)."""

    def send(self, request: Request, /) -> Reply: ...
    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same seam in the other colour."""

    async def send(self, request: Request, /) -> Reply: ...
    async def close(self) -> None: ...


# --------------------------------------------------------------------------------------------- the rows

#: An id as users have it at hand; it is sent as text.
Id: TypeAlias = str | int
Category = Literal["ads_read", "ads_write", "ads_analytics", "catalogs_read", "catalogs_write", "org_read", "org_write"]
Kind = Literal["id", "ids", "enum", "enums", "integer", "integers", "boolean", "date", "text"]
Contract = Literal["5.6", "5.14", "5.23", "5.28"]
CONTRACTS: tuple[Contract, ...] = ("5.6", "5.14", "5.23", "5.28")


def version(text: str) -> tuple[int, ...]:
    """``"5.23.0"`` -> ``(5, 23, 0)``, so that versions compare."""
    return tuple(int(part) for part in text.split("."))


class Param(Struct, frozen=True, kw_only=True):
    """One query parameter. ``minimum`` and ``maximum`` count items for lists, characters for text and ids."""

    name: str
    kind: Kind
    required: bool = False
    choices: tuple[str | int, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    default: Any = None
    #: True: ``ids=1&ids=2``. False: ``columns=A,B``. Pinterest's server takes both forms of a list.
    repeat: bool = True
    since: str = "5.0"
    #: What another limit was: ((first version of the present limit, {"maximum": 100}), …).
    earlier: tuple[tuple[str, dict[str, Any]], ...] = ()

    def at(self, contract: str) -> Param | None:
        """This parameter as ``contract`` had it, or None where it did not exist."""
        if version(contract) < version(self.since):
            return None
        for changed_in, was in self.earlier:
            if version(contract) < version(changed_in):
                return msgspec.structs.replace(self, **was)
        return self


class Operation(Struct, frozen=True, kw_only=True, dict=True):
    """One endpoint of the API."""

    id: str
    verb: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    summary: str
    category: Category
    scopes: tuple[str, ...]
    query: tuple[Param, ...] = ()
    #: How the body is laid out: None, an object, a bare array, a form, or an object around a list of this key.
    body: Literal["object", "array", "form"] | None = None
    envelope: str | None = None
    #: Items per request; 0 where the body is not a list.
    max_items: int = 0
    #: What the answer is: one entity, a page, a batch, analytics rows, a plain object, or nothing (204).
    answer: Literal["entity", "page", "batch", "rows", "object", "nothing"] = "entity"
    success: tuple[int, ...] = (200,)
    #: True: sending twice leaves the same state as sending once. False: sent again only if certainly not executed.
    idempotent: bool = True
    since: str = "5.0"
    #: From this version on Pinterest also takes a client_credentials token; None: never.
    client_credentials_since: str | None = None
    #: False: absent from Pinterest's own sandbox.
    sandbox: bool = False
    source: str = ""

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @cached_property
    def params(self) -> dict[str, Param]:
        return {param.name: param for param in self.query}

    @cached_property
    def path_parts(self) -> tuple[str, ...]:
        """The path cut at its names: ``/ad_accounts/{id}/x`` -> ``("/ad_accounts/", "/x")``."""
        return tuple(re.split(r"{\w+}", self.path))


class Call(Struct, frozen=True):
    """An operation with its arguments, checked and encoded: what the flow sends."""

    operation: Operation
    path: str
    query: str = ""
    body: bytes | None = None
    content_type: str = "application/json"

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


# ------------------------------------------------------------------------------------ checking arguments

# Python's \d accepts other scripts' digits and $ accepts a final newline; Pinterest's ids are ASCII.
_ID = re.compile(r"[0-9]{1,18}")
_AD_GROUP_ID = re.compile(r"(?:AG)?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A list of names may be written as A,B: a name with a comma in it would be two.
_NAME = re.compile(r"[A-Za-z0-9_]+")


def check_id(field: str, value: object, operation: str | None = None) -> str:
    """An id as Pinterest writes it. Takes `str` or `int`; 1 to 18 ASCII digits."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise InvalidInput(field, value, "1 to 18 digits", operation=operation)
    return text


def check_ad_group_id(field: str, value: object, operation: str | None = None) -> str:
    """An ad group id in a body: digits, with or without Pinterest's prefix AG."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _AD_GROUP_ID.fullmatch(text):
        raise InvalidInput(field, value, "1 to 18 digits, with or without the prefix AG", operation=operation)
    return text


def check_date(field: str, value: object, operation: str | None = None) -> str:
    """A day as ``YYYY-MM-DD``. Takes `datetime.date` or such a string; a `datetime` is refused, its zone being unclear."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise InvalidInput(field, value, "a datetime.date or a string YYYY-MM-DD", operation=operation)


def check_choice(field: str, value: object, allowed: Iterable[str | int], operation: str | None = None) -> str | int:
    """One of ``allowed``. An `enum.Enum` member stands for its value."""
    value = getattr(value, "value", value)
    known = tuple(allowed)
    if isinstance(value, str | int) and not isinstance(value, bool) and value in known:
        return value
    raise InvalidInput(field, value, f"one of {', '.join(map(str, known))}", operation=operation)


def _check_param(param: Param, value: object, operation: str) -> list[str] | str:
    name = param.name
    if param.kind.endswith("s"):  # ids, enums, integers
        if isinstance(value, str | int) or not isinstance(value, Iterable):
            raise InvalidInput(name, value, "a list", operation=operation)
        items = list(value)
        low, high = param.minimum or 0, param.maximum
        if len(items) < low or (high is not None and len(items) > high):
            raise InvalidInput(name, f"{len(items)} items", f"{low} to {high} items", operation=operation)
        one = msgspec.structs.replace(param, kind=param.kind[:-1], minimum=None, maximum=None)
        checked = []
        for index, item in enumerate(items):
            text = _check_param(msgspec.structs.replace(one, name=f"{name}[{index}]"), item, operation)
            checked.append(str(text))
        return checked
    if param.kind == "id":
        return check_id(name, value, operation)
    if param.kind == "date":
        return check_date(name, value, operation)
    if param.kind == "boolean":
        if not isinstance(value, bool):
            raise InvalidInput(name, value, "True or False", operation=operation)
        return "true" if value else "false"
    if param.choices:
        return str(check_choice(name, value, param.choices, operation))
    if param.kind == "integer":
        least, most = param.minimum, param.maximum
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidInput(name, value, "an integer", operation=operation)
        if (least is not None and value < least) or (most is not None and value > most):
            raise InvalidInput(name, value, f"{least} to {most}", operation=operation)
        return str(value)
    if not isinstance(value, str):
        raise InvalidInput(name, value, "a string", operation=operation)
    if param.kind == "enum" and not _NAME.fullmatch(value):
        raise InvalidInput(name, value, "a name of letters, digits and _", operation=operation)
    return value


def build(
    operation: Operation,
    path: Mapping[str, object] | None = None,
    query: Mapping[str, object] | None = None,
    body: object = None,
) -> Call:
    """Check and encode the arguments of one call.

    ``path`` and ``query`` hold arguments by Pinterest's names; a query value of None is left out.
    ``body`` is bytes (sent as they are) or anything msgspec encodes.

    Raises:
        InvalidInput: an unknown, missing or malformed argument; nothing has been sent.
    """
    parts = operation.path_parts
    url = parts[0]
    for index, name in enumerate(operation.path_names):
        url += check_id(name, path.get(name) if path else None, operation.id) + parts[index + 1]
    pairs: list[tuple[str, str]] = []
    given = query or {}
    params = operation.params
    for name, value in given.items():
        if value is None:
            continue
        param = params.get(name)
        if param is None:
            raise InvalidInput(name, value, f"the parameters {', '.join(params) or 'none'}", operation=operation.id)
        text = _check_param(param, value, operation.id)
        if isinstance(text, str):
            pairs.append((name, text))
        elif param.repeat:
            pairs.extend((name, item) for item in text)
        else:
            pairs.append((name, ",".join(text)))
    for param in operation.query:
        if param.required and given.get(param.name) is None:
            raise InvalidInput(param.name, None, "a value (it is required)", operation=operation.id)
    if body is not None and not isinstance(body, bytes):
        if operation.body == "form":
            body = urlencode(body).encode()  # type: ignore[arg-type]
        else:
            body = wire.encode(body)
    content_type = "application/x-www-form-urlencoded" if operation.body == "form" else "application/json"
    return Call(operation, url, urlencode(pairs), body, content_type)


def parts(operation: Operation, name: str, ids: Iterable[Id], contract: Contract) -> list[list[str]]:
    """Any number of ids, each once, cut at the limit that ``contract`` has for the parameter ``name``."""
    if isinstance(ids, str | int | Mapping) or not isinstance(ids, Iterable):
        raise InvalidInput(name, ids, "a list of ids", operation=operation.id)
    # As text first: 2 and "2" are one id.
    every = list(dict.fromkeys(check_id(f"{name}[{index}]", one, operation.id) for index, one in enumerate(ids)))
    if not every:
        raise InvalidInput(name, [], "at least one id", operation=operation.id)
    param = operation.params[name].at(contract) or operation.params[name]
    size = param.maximum or len(every)
    return [every[start : start + size] for start in range(0, len(every), size)]


def raw(
    verb: Literal["GET", "POST", "PATCH", "DELETE"],
    path: str,
    *,
    query: Mapping[str, str | list[str]] | None = None,
    body: object = None,
    category: Category | None = None,
    idempotent: bool | None = None,
) -> Call:
    """A call to any endpoint of the API, for what has no method here.

    ``path`` is below the base URL (``/boards``) and must be encoded already; its quota category defaults to org_read or
    org_write. Only GET is taken as safe to repeat unless ``idempotent`` says otherwise.
    """
    unsafe = any(c in path for c in " ?#\r\n\t\\") or "//" in path or ".." in path.split("/")
    if not path.startswith("/") or not path.isascii() or unsafe:
        raise InvalidInput("path", path, "an encoded path that begins with / and has no ?, #, // or ..")
    operation = Operation(
        id=f"{verb} {path}",
        verb=verb,
        path=path,
        summary="",
        category=category or ("org_read" if verb == "GET" else "org_write"),
        scopes=(),
        answer="object",
        success=(200, 201, 204),
        idempotent=verb == "GET" if idempotent is None else idempotent,
    )
    encoded = body if body is None or isinstance(body, bytes) else wire.encode(body)
    return Call(operation, path, urlencode(query or {}, doseq=True), encoded)


def path_quote(text: str) -> str:
    """Encode one path segment."""
    return quote(text, safe="")


# ---------------------------------------------------------------------------------------------- the rows

_BOOKMARK = Param(name="bookmark", kind="text")
_PAGE_SIZE = Param(name="page_size", kind="integer", minimum=1, maximum=250, default=25)
_ORDER = Param(name="order", kind="enum", choices=wire.choices(wire.Order))
_STATUSES = Param(
    name="entity_statuses", kind="enums", choices=wire.choices(wire.EntityStatus), default=("ACTIVE", "PAUSED"),
    earlier=(("5.12", {"choices": ("ACTIVE", "PAUSED", "ARCHIVED")}),),
)  # fmt: skip
_AS_AD_ACCOUNT = Param(name="ad_account_id", kind="id")
_UP_TO_100 = (("5.20", {"maximum": 100}),)
_WINDOWS = (0, 1, 7, 14, 30, 60)
_EARLIER_WINDOWS = (("5.10", {"choices": (1, 7, 30, 60)}),)


def _ids(name: str, *, required: bool = False) -> Param:
    return Param(name=name, kind="ids", required=required, minimum=1, maximum=250, earlier=_UP_TO_100)


def _window(name: str, default: int) -> Param:
    return Param(name=name, kind="integer", choices=_WINDOWS, default=default, earlier=_EARLIER_WINDOWS)


_PROMOTIONS = "/ad_accounts/{ad_account_id}/product_group_promotions"

PROMOTIONS_CREATE = Operation(
    id="product_group_promotions/create", verb="POST", path=_PROMOTIONS,
    summary="Promote catalog product groups in an ad group",
    category="ads_write", scopes=("ads:write",), body="object", envelope="product_group_promotion", max_items=30,
    answer="batch", success=(200, 201), idempotent=False, since="5.4",
)  # fmt: skip
PROMOTIONS_UPDATE = Operation(
    id="product_group_promotions/update", verb="PATCH", path=_PROMOTIONS,
    summary="Change product group promotions of one ad group",
    category="ads_write", scopes=("ads:write",), body="object", envelope="product_group_promotion", max_items=30,
    answer="batch", since="5.4",
)  # fmt: skip
PROMOTIONS_LIST = Operation(
    id="product_group_promotions/list", verb="GET", path=_PROMOTIONS,
    summary="List product group promotions of an ad group, or by id",
    category="ads_read", scopes=("ads:read",), answer="page", since="5.8",
    query=(
        _ids("product_group_promotion_ids"), _STATUSES, Param(name="ad_group_id", kind="id"), _PAGE_SIZE, _ORDER, _BOOKMARK,
    ),
)  # fmt: skip
PROMOTIONS_GET = Operation(
    id="product_group_promotions/get", verb="GET", path=_PROMOTIONS + "/{product_group_promotion_id}",
    summary="Get one product group promotion",
    category="ads_read", scopes=("ads:read",), since="5.4",
)  # fmt: skip
PROMOTIONS_ANALYTICS = Operation(
    id="product_groups/analytics", verb="GET", path="/ad_accounts/{ad_account_id}/product_groups/analytics",
    summary="What product group promotions earned",
    category="ads_analytics", scopes=("ads:read",), answer="rows", since="5.0.2", client_credentials_since="5.15",
    query=(
        Param(name="start_date", kind="date", required=True),
        Param(name="end_date", kind="date", required=True),
        _ids("product_group_ids", required=True),
        Param(name="columns", kind="enums", required=True, minimum=1, repeat=False),
        Param(name="granularity", kind="enum", required=True, choices=wire.choices(wire.Granularity)),
        _window("click_window_days", 30),
        _window("engagement_window_days", 30),
        _window("view_window_days", 1),
        Param(name="conversion_report_time", kind="enum", choices=wire.choices(wire.ConversionReportTime),
              default="TIME_OF_AD_ACTION"),
        Param(name="reporting_timezone", kind="enum", choices=wire.choices(wire.ReportingTimezone), since="5.16"),
    ),
)  # fmt: skip

# The neighbours: what a promotion needs around it. Source: facts of the same descriptions, 5.6.0 to 5.28.0.

_AD_ACCOUNT = "/ad_accounts/{ad_account_id}"
_PAGED = (_PAGE_SIZE, _BOOKMARK)
_CATALOG_QUERY = (_AS_AD_ACCOUNT,)

USER_ACCOUNT_GET = Operation(
    id="user_account/get", verb="GET", path="/user_account", summary="Who the token belongs to",
    category="org_read", scopes=("user_accounts:read",), query=_CATALOG_QUERY, sandbox=True, client_credentials_since="5.14",
)  # fmt: skip
AD_ACCOUNTS_LIST = Operation(
    id="ad_accounts/list", verb="GET", path="/ad_accounts", summary="List ad accounts the token may use",
    category="ads_read", scopes=("ads:read",), answer="page", sandbox=True, client_credentials_since="5.15",
    query=(Param(name="include_shared_accounts", kind="boolean", default=True), *_PAGED),
)  # fmt: skip
AD_ACCOUNTS_GET = Operation(
    id="ad_accounts/get", verb="GET", path=_AD_ACCOUNT, summary="Get one ad account",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
)  # fmt: skip
AD_ACCOUNTS_CREATE = Operation(
    id="ad_accounts/create", verb="POST", path="/ad_accounts", summary="Create an ad account (up to 50 per user)",
    category="ads_write", scopes=("ads:write",), body="object", success=(200, 201), idempotent=False, sandbox=True,
)  # fmt: skip
CAMPAIGNS_LIST = Operation(
    id="campaigns/list", verb="GET", path=_AD_ACCOUNT + "/campaigns", summary="List campaigns",
    category="ads_read", scopes=("ads:read",), answer="page", sandbox=True, client_credentials_since="5.15",
    query=(_ids("campaign_ids"), _STATUSES, _PAGE_SIZE, _ORDER, _BOOKMARK),
)  # fmt: skip
CAMPAIGNS_GET = Operation(
    id="campaigns/get", verb="GET", path=_AD_ACCOUNT + "/campaigns/{campaign_id}", summary="Get one campaign",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
)  # fmt: skip
CAMPAIGNS_CREATE = Operation(
    id="campaigns/create", verb="POST", path=_AD_ACCOUNT + "/campaigns", summary="Create campaigns",
    category="ads_write", scopes=("ads:write",), body="array", max_items=30, answer="batch", idempotent=False, sandbox=True,
)  # fmt: skip
CAMPAIGNS_UPDATE = Operation(
    id="campaigns/update", verb="PATCH", path=_AD_ACCOUNT + "/campaigns", summary="Change campaigns",
    category="ads_write", scopes=("ads:write",), body="array", max_items=30, answer="batch", sandbox=True,
)  # fmt: skip
AD_GROUPS_LIST = Operation(
    id="ad_groups/list", verb="GET", path=_AD_ACCOUNT + "/ad_groups", summary="List ad groups",
    category="ads_read", scopes=("ads:read",), answer="page", sandbox=True, client_credentials_since="5.15",
    query=(_ids("campaign_ids"), _ids("ad_group_ids"), _STATUSES, _PAGE_SIZE, _ORDER, _BOOKMARK,
           Param(name="translate_interests_to_names", kind="boolean", default=False)),
)  # fmt: skip
AD_GROUPS_GET = Operation(
    id="ad_groups/get", verb="GET", path=_AD_ACCOUNT + "/ad_groups/{ad_group_id}", summary="Get one ad group",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
)  # fmt: skip
AD_GROUPS_CREATE = Operation(
    id="ad_groups/create", verb="POST", path=_AD_ACCOUNT + "/ad_groups", summary="Create ad groups",
    category="ads_write", scopes=("ads:write",), body="array", max_items=30, answer="batch", idempotent=False, sandbox=True,
)  # fmt: skip
AD_GROUPS_UPDATE = Operation(
    id="ad_groups/update", verb="PATCH", path=_AD_ACCOUNT + "/ad_groups", summary="Change ad groups",
    category="ads_write", scopes=("ads:write",), body="array", max_items=30, answer="batch", sandbox=True,
)  # fmt: skip
CATALOGS_LIST = Operation(
    id="catalogs/list", verb="GET", path="/catalogs", summary="List catalogs",
    category="catalogs_read", scopes=("catalogs:read",), answer="page", since="5.11", sandbox=True,
    query=(*_PAGED, _AS_AD_ACCOUNT),
)  # fmt: skip
FEEDS_LIST = Operation(
    id="feeds/list", verb="GET", path="/catalogs/feeds", summary="List feeds of a catalog",
    category="catalogs_read", scopes=("catalogs:read",), answer="page", sandbox=True, client_credentials_since="5.14",
    query=(*_PAGED, Param(name="catalog_id", kind="id", since="5.11"), _AS_AD_ACCOUNT),
)  # fmt: skip
FEEDS_GET = Operation(
    id="feeds/get", verb="GET", path="/catalogs/feeds/{feed_id}", summary="Get one feed",
    category="catalogs_read", scopes=("catalogs:read",), query=_CATALOG_QUERY, sandbox=True,
    client_credentials_since="5.14",
)  # fmt: skip
CATALOG_PRODUCT_GROUPS_LIST = Operation(
    id="catalogs_product_groups/list", verb="GET", path="/catalogs/product_groups", summary="List catalog product groups",
    category="catalogs_read", scopes=("catalogs:read",), answer="page", sandbox=True,
    query=(
        Param(name="id", kind="ids", minimum=1, maximum=1000, repeat=False, since="5.11"),
        Param(name="feed_id", kind="id", earlier=(("5.11", {"required": True}),)),
        Param(name="catalog_id", kind="id", since="5.11"),
        *_PAGED, _AS_AD_ACCOUNT,
    ),
)  # fmt: skip
CATALOG_PRODUCT_GROUPS_GET = Operation(
    id="catalogs_product_groups/get", verb="GET", path="/catalogs/product_groups/{product_group_id}",
    summary="Get one catalog product group",
    category="catalogs_read", scopes=("catalogs:read",), query=_CATALOG_QUERY, sandbox=True,
)  # fmt: skip
CATALOG_PRODUCT_GROUPS_CREATE = Operation(
    id="catalogs_product_groups/create", verb="POST", path="/catalogs/product_groups",
    summary="Create a catalog product group", category="catalogs_write", scopes=("catalogs:write",),
    query=_CATALOG_QUERY, body="object", success=(200, 201), idempotent=False, sandbox=True,
)  # fmt: skip
CATALOG_PRODUCT_GROUPS_UPDATE = Operation(
    id="catalogs_product_groups/update", verb="PATCH", path="/catalogs/product_groups/{product_group_id}",
    summary="Change a catalog product group", category="catalogs_write", scopes=("catalogs:write",),
    query=_CATALOG_QUERY, body="object", sandbox=True,
)  # fmt: skip
CATALOG_PRODUCT_GROUPS_DELETE = Operation(
    id="catalogs_product_groups/delete", verb="DELETE", path="/catalogs/product_groups/{product_group_id}",
    summary="Delete a catalog product group without active promotions",
    category="catalogs_write", scopes=("catalogs:write",), query=_CATALOG_QUERY, answer="nothing", success=(204, 200),
    sandbox=True,
)  # fmt: skip
CATALOG_PRODUCT_GROUPS_COUNTS = Operation(
    id="catalogs_product_groups/product_counts_get", verb="GET",
    path="/catalogs/product_groups/{product_group_id}/product_counts", summary="Count the products of a group",
    category="catalogs_read", scopes=("catalogs:read",), query=_CATALOG_QUERY, sandbox=True,
)  # fmt: skip
CATALOG_PRODUCT_GROUPS_PRODUCTS = Operation(
    id="catalogs_product_group_pins/list", verb="GET", path="/catalogs/product_groups/{product_group_id}/products",
    summary="List the product Pins of a group", category="catalogs_read",
    scopes=("boards:read", "catalogs:read", "pins:read"), answer="page", sandbox=True,
    query=(*_PAGED, _AS_AD_ACCOUNT, Param(name="pin_metrics", kind="boolean", default=False, since="5.11")),
)  # fmt: skip
# A report that is asked for twice is made twice and costs nothing more, so repeating is safe.
REPORTS_CREATE = Operation(
    id="analytics/create_report", verb="POST", path=_AD_ACCOUNT + "/reports", summary="Order an asynchronous report",
    category="ads_analytics", scopes=("ads:read",), body="object",
)  # fmt: skip
REPORTS_GET = Operation(
    id="analytics/get_report", verb="GET", path=_AD_ACCOUNT + "/reports", summary="Ask whether a report is ready",
    category="ads_analytics", scopes=("ads:read",), query=(Param(name="token", kind="text", required=True),),
)  # fmt: skip
DELIVERY_METRICS_GET = Operation(
    id="delivery_metrics/get", verb="GET", path="/resources/delivery_metrics", summary="Definitions of the metrics",
    category="ads_read", scopes=("ads:read", "pins:read", "user_accounts:read"), answer="page", sandbox=True,
    query=(Param(name="report_type", kind="enum", choices=("SYNC", "ASYNC")),), client_credentials_since="5.15",
)  # fmt: skip
METRICS_READY_STATE_GET = Operation(
    id="metrics_ready_state/get", verb="GET", path="/resources/metrics_ready_state",
    summary="Whether the metrics of a day are final", category="ads_analytics", scopes=("ads:read",), sandbox=True,
    query=(Param(name="date", kind="date", required=True),), since="5.6",
)  # fmt: skip
# A refresh token may rotate on use, so a token request is repeated only if it certainly was not executed.
OAUTH_TOKEN = Operation(
    id="oauth/token", verb="POST", path="/oauth/token", summary="Get or refresh an access token",
    category="org_read", scopes=(), body="form", answer="object", idempotent=False, sandbox=True,
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = tuple(
    value for name, value in sorted(globals().items()) if isinstance(value, Operation) and not name.startswith("_")
)
BY_ID: dict[str, Operation] = {operation.id: operation for operation in OPERATIONS}
