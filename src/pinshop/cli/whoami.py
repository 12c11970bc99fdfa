"""`pinshop whoami`: which credentials won, whom they belong to, and where they may write."""

from __future__ import annotations

import itertools
from typing import Any

import click

from pinshop.api import endpoints, models, operations
from pinshop.cli.connection import Connection, connected
from pinshop.cli.options import show, with_json
from pinshop.errors import Unauthorized

_SHOWN = 25


@click.command()
@click.option("--ad-account-id", help="Say what writing to this ad account would mean; the same as --account.")
@click.option("--all", "everything", is_flag=True, help=f"All ad accounts, not the first {_SHOWN}.")
@with_json
@connected(prints=False)
def whoami(here: Connection, ad_account_id: str | None, everything: bool, as_json: bool) -> None:
    """Say which credentials are used, whose they are, and which ad accounts they reach with which role.

    \b
    Examples:
      pinshop whoami
      pinshop whoami --emulator
    """
    client = here.client
    chosen = ad_account_id or here.chosen_account
    value: dict[str, Any] = {
        "source": client.credentials.source,
        "base_url": client.credentials.base_url,
        "emulated": False,
        "user": None,
        "ad_account": None,
        "ad_accounts": [],
        "more": False,
    }
    try:
        answer = client.respond(operations.build(endpoints.USER_ACCOUNT_GET))
    except Unauthorized as error:
        if error.code != 3:
            raise
        value["user_unknown"] = str(error)  # a token for ads alone is a good token
    else:
        user = models.convert(answer.value, models.UserAccount)
        value["emulated"] = answer.headers.get("x-emulated") == "true"
        value["user"] = {"username": _text(user.username), "id": _text(user.id), "type": _text(user.account_type)}
    if chosen:
        value["ad_account"] = _account(client.ad_accounts.get(chosen))
    first = None if everything else _SHOWN + 1
    accounts = [_account(account) for account in itertools.islice(client.ad_accounts.list(page_size=first or 250), first)]
    value["more"] = not everything and len(accounts) > _SHOWN
    value["ad_accounts"] = accounts[:_SHOWN] if value["more"] else accounts
    show(value, _lines(value), as_json=as_json)


def _lines(value: dict[str, Any]) -> list[str]:
    user = value["user"]
    name = f"{user['username']} ({user['type']}, id {user['id']})" if user else f"unknown: {value['user_unknown']}"
    lines = [
        f"source       {value['source']}",
        f"base URL     {value['base_url']}" + ("  (an emulator, not Pinterest)" if value["emulated"] else ""),
        f"user         {name}",
    ]
    for number, account in enumerate(value["ad_accounts"]):
        head = "ad accounts  " if number == 0 else " " * 13
        lines.append(
            f"{head}{account['id']}  {account['name']}  {account['currency']}  {', '.join(account['roles']) or 'no role'}"
        )
    if not value["ad_accounts"]:
        lines.append("ad accounts  none")
    if value["more"]:
        lines.append(f"{'':13}and more; --all lists them")
    if (account := value["ad_account"]) is not None:
        who = user["username"] if user else "an unknown user"
        role = ", ".join(account["roles"]) or "none"
        where = f"{account['id']} ({account['name']}, {account['currency']})"
        lines.append(f"Writing to ad account {where} would be done as user {who}, role {role}.")
    return lines


def _account(account: models.AdAccount) -> dict[str, Any]:
    roles = account.permissions
    return {
        "id": _text(account.id),
        "name": _text(account.name),
        "currency": _text(account.currency),
        "roles": [str(role) for role in roles] if isinstance(roles, list) else [],
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
