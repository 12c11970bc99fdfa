"""`pinshop accounts`: ad accounts, and which of them commands use."""

from __future__ import annotations

import os

import click
import msgspec

from pinshop.cli import items
from pinshop.cli.connection import Connection, connected
from pinshop.cli.output import say
from pinshop.cli.tree import SuggestingGroup
from pinshop.errors import ConfigurationError

_COLUMNS = ("id", "name", "currency", "country", "permissions")


@click.group(cls=SuggestingGroup)
def accounts() -> None:
    """Ad accounts: whom campaigns and their bills belong to."""


@accounts.command("list")
@click.option("--own", is_flag=True, help="Without those that others share.")
@connected()
def list_accounts(here: Connection, own: bool) -> None:
    """List the ad accounts that the token reaches.

    \b
    Examples:
      pinshop accounts list --emulator
    """
    from pinshop.api.models import AdAccount

    found = here.client.ad_accounts.list(include_shared_accounts=False if own else None, page_size=250)
    here.out.rows(found, _COLUMNS, AdAccount.__struct_fields__)


@accounts.command()
@click.argument("account_id", required=False, metavar="[ID]")
@connected()
def get(here: Connection, account_id: str | None) -> None:
    """Show one ad account; without ID the one that commands use.

    \b
    Examples:
      pinshop accounts get
    """
    here.out.one(here.client.ad_accounts.get(account_id or here.account))


@accounts.command()
@click.argument("name")
@click.option("--country", required=True, help="Two letters, such as US.")
@click.option("--owner", "owner_user_id", required=True, metavar="ID", help="The business that owns it.")
@items.set_option
@connected(writes=True)
def create(here: Connection, name: str, country: str, owner_user_id: str, settings: tuple[str, ...]) -> None:
    """Create an ad account.

    \b
    Examples:
      pinshop accounts create "Spring Shop" --country US --owner 666744057007368882 --dry-run
    """
    from pinshop.api import params

    fields = {"name": name, "country": country, "owner_user_id": owner_user_id}
    fields |= items.parse_settings(settings, params.AdAccountCreate)
    here.out.one(here.client.ad_accounts.create(**fields))  # type: ignore[arg-type]


@accounts.command()
@click.argument("chosen", metavar="ID|NAME")
@connected()
def use(here: Connection, chosen: str) -> None:
    """Let commands use this ad account with the profile from now on.

    \b
    Examples:
      pinshop accounts use 549707368872 --profile shop
    """
    from pinshop.credentials import profiles

    name = here.profile or profiles.DEFAULT_PROFILE
    path = profiles.profiles_path(os.environ)
    kept = profiles.read_profiles(path)
    if name not in kept:
        raise ConfigurationError(f"no profile {name!r} in {path}", advice=f"run pinshop login --profile {name}")
    here.choose(chosen)
    profiles.write_profile(path, msgspec.structs.replace(kept[name], ad_account_id=here.account))
    say(f"Profile {name} uses ad account {here.account}.")
