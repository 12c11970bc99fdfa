"""What commands that talk to Pinterest have in common: which credentials, which ad account, how to print, and dry runs."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pinshop.api.checks import is_digits
from pinshop.api.http import Reply, Request, Transport
from pinshop.api.operations import API_VERSIONS, ApiVersion
from pinshop.cli import output as printing
from pinshop.cli.choices import Choice
from pinshop.cli.exit_codes import explained
from pinshop.cli.options import event_log, open_client
from pinshop.cli.output import FORMATS, Output, say
from pinshop.errors import APIError, ConfigurationError, InvalidInput
from pinshop.flow.tokens import Credentials, StaticToken

if TYPE_CHECKING:
    from pinshop.client import Client

F = TypeVar("F", bound=Callable[..., Any])

EMULATED_URL = "http://emulator.local/v5"
DRY_RUN = "dry run: not sent"
_PRINTING = ("form", "fields", "output", "as_json", "spreadsheet")


class Connection:
    """A client and what the command line said about it. Commands get it as their first argument."""

    def __init__(
        self, client: Client, out: Output, account: str | None, *, profile: str | None, yes: bool, ask: bool, emulated: bool
    ) -> None:
        self.client = client
        self.out = out
        self.profile = profile
        self.yes = yes
        self.emulated = emulated
        self.dry_run = False
        self._ask = ask
        self._named = account

    @functools.cached_property
    def account(self) -> str:
        """The id of the ad account: of ``--account``, the environment, the profile, or the only one there is."""
        named = self._named or self.client.credentials.ad_account_id
        if named is not None and is_digits(named):
            return named
        found = [(str(one.id), str(one.name or "")) for one in self.client.ad_accounts.list(page_size=250)]
        if named is not None:
            found = [(id_, name) for id_, name in found if name.casefold() == named.casefold()]
        if len(found) == 1:
            if named is None and not self.out.for_programs:
                say(f"Ad account {found[0][0]} ({found[0][1]}), the only one there is.")
            return found[0][0]
        shown = ", ".join(f"{id_} ({name})" for id_, name in found[:5]) + (" and more" if len(found) > 5 else "")
        what = f"--account {named!r}" if named is not None else "no ad account is chosen"
        raise ConfigurationError(
            f"{what}: {len(found)} ad accounts fit" + (f": {shown}" if shown else ""),
            advice="give --account ID, or choose one for good with pinshop accounts use ID",
        )

    def choose(self, account: str) -> None:
        """Mean this ad account, by id or name."""
        self._named = account
        self.__dict__.pop("account", None)

    @property
    def named_account(self) -> str | None:
        """The ad account where ``--account`` names one: for what belongs to a user unless an account is named."""
        return self.account if self._named is not None else None

    @property
    def chosen_account(self) -> str | None:
        """As `account`, but None where nothing names one: a manifest does."""
        return self.account if self._named is not None or self.client.credentials.ad_account_id is not None else None

    def confirm(self, question: str) -> None:
        """Ask before what cannot be undone or spends money. Without a terminal ``--yes`` is the only consent.

        Raises:
            ConfigurationError: no consent.
        """
        if self.yes or self.dry_run:
            return
        if not self._ask or not _terminal():
            raise ConfigurationError(f"{question} That needs consent", advice="add --yes")
        if not click.confirm(question + " Go on?", err=True):
            raise ConfigurationError("not done: you said no")


def _terminal() -> bool:
    return sys.stdin.isatty()


class DryRun:
    """A transport that makes the reads and prints the writes instead of sending them."""

    def __init__(self, inner: Transport, out: Output) -> None:
        self._inner = inner
        self._out = out
        self.writes = 0

    def send(self, request: Request, /) -> Reply:
        if request.method == "GET":
            return self._inner.send(request)
        from pinshop.api import models

        self.writes += 1
        body = models.parse(request.body) if request.body else None
        shown = {"method": request.method, "url": request.origin + request.target, "body": body}
        if self._out.form == "table":
            click.echo(f"{shown['method']} {shown['url']}" + ("" if body is None else f"\n{printing.as_json(body)}"))
        else:
            click.echo(printing.as_json(shown))
        # A refusal of Pinterest's that means: certainly not executed.
        return Reply(400, {"content-type": "application/json"}, f'{{"code":1,"message":"{DRY_RUN}"}}'.encode(), "Bad Request")

    def close(self) -> None:
        self._inner.close()


emulator_option = click.option(
    "--emulator", metavar="[=FILE]", help="Run against a fresh local Pinterest; =FILE one that stays."
)


def refuse_beside_emulator(profile: str | None, base_url: str | None) -> None:
    """Nothing that chooses credentials goes with ``--emulator``."""
    for name, value in (("--profile", profile), ("--base-url", base_url)):
        if value is not None:
            raise InvalidInput(name, value, "nothing beside --emulator, which needs no credentials")


def connected(*, writes: bool = False, asks: bool = False, prints: bool = True) -> Callable[[F], F]:
    """Give a command the options of a connection, and a `Connection` as its first argument.

    ``prints``: whether it prints rows, and has the options for their form. ``writes``: whether it has ``--dry-run``. ``asks``:
    whether it needs consent.
    """

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def run(**kwargs: Any) -> Any:
            names = ("profile", "base_url", "account", "api_version", "emulator")
            chosen = {name: kwargs.pop(name) for name in names}
            form, fields, path, as_json, spreadsheet = (kwargs.pop(name, None) if prints else None for name in _PRINTING)
            dry_run, yes, no_input = kwargs.pop("dry_run", False), kwargs.pop("yes", False), kwargs.pop("no_input", False)
            out = Output("json" if as_json and not form else form, fields, path, spreadsheet)
            with ExitStack() as opened:
                client, emulated = _open(chosen, opened)
                here = Connection(
                    client, out, chosen["account"], profile=chosen["profile"], yes=yes, ask=not no_input, emulated=emulated
                )
                if not dry_run:
                    return command(here, **kwargs)
                dry = DryRun(client._transport, out)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - it puts itself between
                client._transport = dry  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
                here.dry_run = True
                try:
                    return command(here, **kwargs)
                except APIError as error:
                    if error.server_message != DRY_RUN:
                        raise
                    say("Dry run: nothing was sent.")

        wrapped: Any = explained(run)
        for option in reversed(_options(writes=writes, asks=asks, prints=prints)):
            wrapped = option(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return decorate


def _options(*, writes: bool, asks: bool, prints: bool) -> list[Callable[[Any], Any]]:
    options = [
        click.option(
            "--account",
            metavar="ID|NAME",
            help="The ad account. Default: the environment's, else the profile's.",
            shell_complete=_complete_accounts,
        ),
        click.option(
            "--profile",
            metavar="NAME",
            help="Use this profile, whatever the environment holds.",
            shell_complete=_complete_profiles,
        ),
        click.option("--base-url", metavar="URL", help="Where the API is. Default: that of the credentials."),
        click.option(
            "--api-version",
            type=Choice(API_VERSIONS),
            default=API_VERSIONS[-1],
            show_default=True,
            help="The version of Pinterest's API to speak.",
        ),
        emulator_option,
    ]
    if prints:
        options += [
            click.option("--format", "form", type=Choice(FORMATS), help="Default: a table on a terminal, else jsonl."),
            click.option("--fields", metavar="A,B.C", help="Only these fields, in this order."),
            click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead."),
            click.option("--json", "as_json", is_flag=True, help="The same as --format json; errors are JSON too."),
            printing.spreadsheet_option,
        ]
    if writes:
        options.append(click.option("--dry-run", is_flag=True, help="Print the writes instead of sending them."))
    if asks:
        options.append(click.option("--yes", is_flag=True, help="Do not ask."))
        options.append(click.option("--no-input", is_flag=True, help="Never ask; without --yes what needs consent is refused."))
    return options


def _open(chosen: dict[str, Any], opened: ExitStack) -> tuple[Client, bool]:
    if chosen["emulator"] is None:
        found = open_client(chosen["profile"], chosen["base_url"], api_version=chosen["api_version"])
        return opened.enter_context(found), False
    refuse_beside_emulator(chosen["profile"], chosen["base_url"])
    client, account = open_emulated(chosen["emulator"], chosen["api_version"], opened)
    chosen["account"] = chosen["account"] or account
    return client, True


def open_emulated(file: str, api_version: ApiVersion, opened: ExitStack) -> tuple[Client, str]:
    """A client of a local Pinterest, which stays in ``file`` if one is named, and the ad account it has."""
    from pinshop.client import Client
    from pinshop.emulator import Emulator

    emulator = Emulator(api_version, data=file or ":memory:")
    opened.callback(emulator.close)
    kept = f"kept in {file}" if file else "fresh, and gone when this ends"
    client = Client(
        Credentials(
            tokens=StaticToken(emulator.access_token), source=f"--emulator, a local Pinterest: {kept}", base_url=EMULATED_URL
        ),
        transport=emulator.transport(),
        api_version=api_version,
        on_event=event_log(),
    )
    return opened.enter_context(client), emulator.ad_account_id


def _complete_profiles(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from pinshop.credentials import profiles

    return [name for name in profiles.read_profiles(profiles.profiles_path(os.environ)) if name.startswith(incomplete)]


def _complete_accounts(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from pinshop.credentials import profiles

    kept = profiles.read_profiles(profiles.profiles_path(os.environ)).values()
    return sorted({p.ad_account_id for p in kept if p.ad_account_id and p.ad_account_id.startswith(incomplete)})
