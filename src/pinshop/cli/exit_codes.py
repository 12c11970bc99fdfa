"""How a command ends: the exit codes, in one place, and the one way from an error to its code and its words.

    0  done
    1  a failure of the network or of pinshop itself; what was sent may have been executed
    2  wrong usage, a configuration that cannot work, a plan that is refused; nothing was sent
    3  the token: missing rights, expired, refused (HTTP 401, 403)
    4  Pinterest refused the request (other 4xx)
    5  the quota is spent (HTTP 429)
    6  partly done: some items failed or are unknown
    7  done, and there is something to see: a plan with changes, a doctor with findings
  130  interrupted with Ctrl-C; the message says what was done and how to go on

They are stable: a script may rely on them. A new meaning gets a new number.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import click

from pinshop.errors import (
    APIError,
    ConfigurationError,
    Forbidden,
    InvalidInput,
    PartialFailure,
    PinshopError,
    PlanRefused,
    RateLimited,
    ServerError,
    Unauthorized,
)

P = ParamSpec("P")
R = TypeVar("R")

OK, FAILED, USAGE, TOKEN, REFUSED, RATE_LIMITED, PARTIAL, FINDINGS = range(8)
INTERRUPTED = 130
#: The table above, for `pinshop commands --json`.
MEANINGS = dict(line.split(maxsplit=1) for line in (__doc__ or "").splitlines() if line.strip()[:1].isdigit())


def code_of(error: PinshopError) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, InvalidInput | ConfigurationError | PlanRefused):
        return USAGE
    if isinstance(error, Unauthorized | Forbidden):
        return TOKEN
    if isinstance(error, RateLimited):
        return RATE_LIMITED
    if isinstance(error, PartialFailure):
        return PARTIAL
    if isinstance(error, APIError) and not isinstance(error, ServerError):
        return REFUSED
    return FAILED


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """End a command by its exit code, with the error on standard error: as text, or as JSON where JSON was asked for."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        in_json = bool(kwargs.get("as_json")) or kwargs.get("form") in ("json", "jsonl")
        try:
            return command(*args, **kwargs)
        except PinshopError as error:
            if in_json:
                click.echo(json.dumps({"error": facts(error)}, ensure_ascii=False), err=True)
            else:
                click.echo(f"Error: {error}", err=True)
            raise SystemExit(code_of(error)) from None
        except KeyboardInterrupt as stop:
            _interrupted(getattr(stop, "result", None), kwargs.get("journal"))
            raise SystemExit(INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read the output has enough. Python would complain again when it closes standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(OK) from None
        except OSError as error:  # of a file that was named, or of standard output: a full disk, a missing right
            if in_json:
                click.echo(json.dumps({"error": facts(PinshopError(str(error)))}, ensure_ascii=False), err=True)
            else:
                click.echo(f"Error: {error}", err=True)
            raise SystemExit(FAILED) from None

    return run


def _interrupted(result: Any, journal: object) -> None:
    """Say what was done before Ctrl-C, and how to go on."""
    click.echo("\nInterrupted." + (f" {result.summary()}." if result is not None else ""), err=True)
    if journal is not None:
        click.echo(f"pinshop resume {journal} finishes the rest and sends nothing twice.", err=True)
    elif result is not None and result.unknown:
        click.echo("Look at what is unknown before sending it again.", err=True)


def facts(error: PinshopError) -> dict[str, Any]:
    """An error as JSON: ``{"type", "message", "operation", "status", "code", "advice", "request_id", "sent", "exit_code"}``."""
    return {
        "type": type(error).__name__,
        "message": error.message,
        "operation": error.operation,
        "status": getattr(error, "status", None),
        "code": getattr(error, "code", None),
        "advice": error.advice,
        "request_id": error.request_id,
        "sent": error.sent,
        "exit_code": code_of(error),
    }
