"""`pinshop api`: any endpoint, signed, paced and retried like every other call."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from pinshop.cli.connection import Connection, connected
from pinshop.errors import InvalidInput


@click.command()
@click.argument("method", type=click.Choice(["GET", "POST", "PATCH", "DELETE"], case_sensitive=False))
@click.argument("path")
@click.option("--query", "-q", "pairs", multiple=True, metavar="NAME=VALUE", help="A query parameter; repeat it for a list.")
@click.option("--body", metavar="JSON", help="The JSON to send; @FILE reads a file, - standard input.")
@click.option("--all-pages", is_flag=True, help="Follow bookmarks, and print the items of all pages.")
@click.option("--include", "-i", is_flag=True, help="Print status and headers on standard error.")
@connected(writes=True)
def api(
    here: Connection, method: Any, path: str, pairs: tuple[str, ...], body: str | None, all_pages: bool, include: bool
) -> None:
    """Call any endpoint of Pinterest's API. PATH is below the base URL; {ad_account_id} stands for the ad account.

    \b
    Examples:
      pinshop api GET /user_account
      pinshop api GET /ad_accounts/{ad_account_id}/campaigns --all-pages --fields id,name
    """
    from pinshop.api import operations

    if "{ad_account_id}" in path:
        path = path.replace("{ad_account_id}", here.account)
    query: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InvalidInput("--query", pair, "NAME=VALUE")
        query.setdefault(name, []).append(value)
    if all_pages and method != "GET":
        raise InvalidInput("--all-pages", method, "GET")
    call = operations.raw(method, path, query=query, body=_body(body))
    if not all_pages:
        answer = here.client.respond(call)
        _tell(answer, include)
        if answer.value is not None:
            here.out.one(answer.value if isinstance(answer.value, dict) else {"value": answer.value})
        return

    def items() -> Any:
        seen: set[str] = set()
        bookmark: str | None = None
        while True:
            more = {} if bookmark is None else {"bookmark": [bookmark]}
            answer = here.client.respond(operations.raw(method, path, query={**query, **more}))
            _tell(answer, include)
            page = answer.value if isinstance(answer.value, dict) else {}
            yield from page.get("items") or []
            bookmark = page.get("bookmark")
            if not bookmark or bookmark in seen:
                return
            seen.add(bookmark)

    here.out.rows(items(), ("id", "name", "status"))


def _body(text: str | None) -> bytes | None:
    """The body as bytes, checked to be JSON and sent as it was written."""
    if text is None:
        return None
    try:
        given = sys.stdin.buffer.read() if text == "-" else Path(text[1:]).read_bytes() if text[:1] == "@" else text.encode()
        msgspec.json.decode(given, type=msgspec.Raw)
    except OSError as error:
        raise InvalidInput("--body", text, f"a file that can be read ({error.strerror})") from None
    except msgspec.DecodeError as error:
        raise InvalidInput("--body", text[:60], f"JSON ({error})") from None
    return given


def _tell(answer: Any, include: bool) -> None:
    if include:
        click.echo(f"HTTP {answer.status}", err=True)
        for name, value in answer.headers.items():
            click.echo(f"{name}: {value}", err=True)
