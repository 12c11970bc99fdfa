"""What commands that talk to Pinterest have in common: which credentials, and JSON or text.

Data goes to standard output, everything said to a person to standard error. There are no colors, so ``NO_COLOR`` holds.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pinshop.flow import events

if TYPE_CHECKING:
    from pinshop.client import Client

F = TypeVar("F", bound=Callable[..., Any])


def with_profile(command: F) -> F:
    """``--profile`` and ``--base-url``."""
    command = click.option("--base-url", metavar="URL", help="Where the API is; the default is that of the credentials.")(
        command
    )
    return click.option("--profile", metavar="NAME", help="Use this profile, whatever the environment holds.")(command)


def with_json(command: F) -> F:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object; errors are JSON on standard error.")(
        command
    )


def open_client(profile: str | None, base_url: str | None, **options: Any) -> Client:
    """A client with the credentials that the command line and the environment name."""
    from pinshop.client import Client

    options.setdefault("on_event", event_log())
    return Client.from_env(profile=profile, base_url=base_url, **options)


def event_log() -> events.Hook:
    """What happens goes to the log; ``PINTEREST_DEBUG=1`` shows it on standard error. Tokens are never shown."""
    if os.environ.get("PINTEREST_DEBUG", "").lower() not in {"", "0", "false"}:
        logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
        events.logger.setLevel(logging.DEBUG)
    return _log


def _log(event: events.Event) -> None:
    if not isinstance(event, events.GaveUp):  # the command itself says how it ended
        events.log(event)
    if isinstance(event, events.Noticed) and event.warning and not events.logger.isEnabledFor(logging.DEBUG):
        click.echo(f"Warning: {event}", err=True)


def show(value: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    """Print the outcome of a command."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
    elif lines:
        click.echo("\n".join(lines))
