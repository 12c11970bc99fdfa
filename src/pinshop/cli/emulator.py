"""`pinshop emulator`: serve a local Pinterest until Ctrl-C or SIGTERM."""

from __future__ import annotations

import contextlib
import datetime
import errno
import shlex
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from pinshop.api.operations import API_VERSIONS
from pinshop.cli.choices import Choice
from pinshop.cli.exit_codes import explained
from pinshop.emulator.emulator import Emulator
from pinshop.emulator.journal import JournalEntry
from pinshop.emulator.server.thread import is_loopback


class _Command(click.Command):
    """Every option can be an environment variable of its name: click alone would take the name of the parameter behind it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for option in self.params:
            if isinstance(option, click.Option) and option.envvar is None:
                option.envvar = "PINSHOP_EMULATOR" + max(option.opts, key=len)[1:].replace("-", "_").upper()


@click.command(cls=_Command)
@click.option("--port", type=click.IntRange(0, 65535), default=8123, show_default=True, help="0 picks a free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Anything but loopback needs the option below as well.")
@click.option("--i-know-this-is-not-pinterest", "sure", is_flag=True, help="Second consent to serve beyond this machine.")
@click.option(
    "--api-version", type=Choice(API_VERSIONS), default=API_VERSIONS[-1], show_default=True, help="Response generation."
)
@click.option("--contract", type=Choice(API_VERSIONS), hidden=True, help="The former name of --api-version.")
@click.option("--seed", type=int, default=1, show_default=True, help="Fixes ids, tokens and earnings.")
@click.option("--data", type=click.Path(dir_okay=False, path_type=Path), help="Keep the state in this file.")
@click.option(
    "--state",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Begin with this YAML state or recording (.jsonl).",
)
@click.option("--now", help="Freeze the clock at this instant, such as 2026-03-01T12:00:00Z.")
@click.option("--rate-limit", type=Choice(["none", "trial", "standard"]), default="none", show_default=True)
@click.option("--rule", "rules", multiple=True, metavar="NAME=VALUE", help="Set a rule; see --rules.")
@click.option("--rules", "list_rules", is_flag=True, help="List the rules and exit.")
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="NAME", help="A name, beside localhost, under which it is reached."
)
@click.option("--cors", "origins", multiple=True, metavar="ORIGIN", help="A web page whose scripts may call it.")
@click.option("--log", is_flag=True, help="Print each call on stderr.")
@click.option("--env", "as_env", is_flag=True, help="Print lines that point clients at it, for a shell to read, then serve.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with everything a client needs, then serve.")
@explained
def emulator(
    port: int,
    host: str,
    sure: bool,
    api_version: str,
    contract: str | None,
    seed: int,
    data: Path | None,
    state: Path | None,
    now: str | None,
    rate_limit: str,
    rules: tuple[str, ...],
    list_rules: bool,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    log: bool,
    as_env: bool,
    as_json: bool,
) -> None:
    """Serve a local Pinterest to test against.

    It holds one business with a catalog, an active campaign and an active ad group: a promotion can be created at once.
    Control routes and a console for the browser are under /_emulator/. Every option can be an environment variable, such as
    PINSHOP_EMULATOR_PORT.
    """
    if list_rules:
        from pinshop.emulator.rules import describe

        for rule in describe():
            choices = ", ".join(map(str, rule["choices"]))
            click.echo(f"{rule['name']}={rule['default']}  ({choices})\n    {rule['meaning']}; {rule['evidence']}")
        return
    if not is_loopback(host) and not sure:
        raise click.UsageError(
            f"--host {host} would serve beyond this machine. Tokens and data of the emulator are not secret; "
            "if that is meant, add --i-know-this-is-not-pinterest."
        )
    if state and data:
        raise click.UsageError("--state begins anew, --data goes on: give one of them")
    settings = {}
    for given in rules:
        name, equals, value = given.partition("=")
        if not equals:
            raise click.UsageError(f"--rule {given}: write NAME=VALUE")
        settings[name] = value
    with contextlib.ExitStack() as opened:
        try:
            served = Emulator(
                contract or api_version,
                seed,
                data or ":memory:",
                now=now,
                rules=settings,
                rate_limit=rate_limit,
                allow_hosts=hosts,
                cors=origins,
            )
            opened.callback(served.close)
            if state:
                served.load_file(state)
            if log:
                served.calls.listener = _print_call
            served.start(host, port, beyond_loopback=sure)
        except OSError as error:
            advice = " — --port 0 picks a free port" if error.errno == errno.EADDRINUSE else ""
            raise click.ClickException(f"cannot serve on {host}:{port}: {error.strerror or error}{advice}") from error
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        facts = served.facts()
        if as_json:
            sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        elif as_env:
            click.echo("\n".join(f"export {name}={shlex.quote(value)}" for name, value in _environment(facts).items()))
        else:
            click.echo(f"The pinshop emulator (not Pinterest), api_version {served.api_version}, seed {served.seed}")
            for name in (
                "base_url",
                "access_token",
                "ad_account_id",
                "ad_group_id",
                "catalog_product_group_ids",
                "app_id",
                "app_secret",
            ):
                value = facts[name]
                click.echo(f"  {name:<26} {' '.join(value) if isinstance(value, list) else value}")
            origin = served.base_url.removesuffix("/v5")
            click.echo(f"  oauth page                 {origin}/oauth/\n  console                    {origin}/_emulator/")
            click.echo("Ctrl-C stops it.")
        sys.stdout.flush()
        while not stop.wait(0.5):  # short waits, so that signals are seen on every platform
            pass


def _environment(facts: Mapping[str, Any]) -> dict[str, str]:
    """The variables that `Client.from_env`, the official SDK and tools in other languages read."""
    return {
        "PINTEREST_BASE_URL": facts["base_url"],
        "PINTEREST_API_URI": facts["base_url"],
        "PINTEREST_ACCESS_TOKEN": facts["access_token"],
        "PINTEREST_AD_ACCOUNT_ID": facts["ad_account_id"],
        "PINTEREST_APP_ID": facts["app_id"],
        "PINTEREST_APP_SECRET": facts["app_secret"],
        "PINTEREST_OAUTH_URI": facts["base_url"].removesuffix("v5") + "oauth/",
    }


def _print_call(entry: JournalEntry) -> None:
    at = datetime.datetime.fromtimestamp(entry.when, datetime.UTC)
    answer = entry.status or "no answer"
    click.echo(f"{at:%Y-%m-%d %H:%M:%S} {entry.method} {entry.target} -> {answer}", err=True)
