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

import contextlib
import functools
import io
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
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
MEANINGS = dict(line.split(maxsplit=1) for line in (__doc__ or "").splitlines() if line.strip()[:1] in set("0123456789"))


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
            raise SystemExit(say_why(error, in_json=in_json)) from None
        except KeyboardInterrupt as stop:
            _interrupted(getattr(stop, "result", None), kwargs.get("journal"))
            raise SystemExit(INTERRUPTED) from None
        except BrokenPipeError:
            leave_standard_output()  # whoever read the output has enough
            raise SystemExit(OK) from None
        except OSError as error:  # of a file that was named, or of standard output: a full disk, a missing right
            raise SystemExit(say_why(error, in_json=in_json)) from None

    return run


def leave_standard_output() -> None:
    """Let the null device take its place: Python would complain again when it closes what cannot be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON; also one that no command could read."""
    if "--json" in arguments or not {"--format=json", "--format=jsonl"}.isdisjoint(arguments):
        return True
    return any(one == "--format" and value in ("json", "jsonl") for one, value in itertools.pairwise(arguments))


#: Not any word that begins so: ``emulated_shop_1`` is a user's name.
_TOKEN = re.compile(r"\b(?:pin[a-z]|emulated)_[A-Za-z0-9_.~+/=-]{16,}")


def without_tokens(text: str) -> str:
    """A text for a person, without what looks like a token: it may have been put at a wrong place of the command line."""
    return _TOKEN.sub("…", text)


def say_why(error: Exception, *, in_json: bool) -> int:
    """Say on standard error why a command ended, in a sentence or as JSON, and return the exit code.

    Tokens are not shown, wherever on the command line they were put.
    """
    if isinstance(error, PinshopError):
        told, text, code = facts(error), f"Error: {error}", code_of(error)
    elif isinstance(error, click.ClickException):
        told, text, code = _fact(error, error.format_message(), error.exit_code), None, error.exit_code
    else:
        told = _fact(error, _words(error), FAILED, "PINTEREST_DEBUG=1 shows where")
        text, code = f"Error: {told['message']}" + ("" if isinstance(error, OSError) else f" — {told['advice']}"), FAILED
    if in_json:
        told["message"], told["advice"] = without_tokens(told["message"]), told["advice"] and without_tokens(told["advice"])
        click.echo(json.dumps({"error": told}, ensure_ascii=False), err=True)
    elif isinstance(error, click.UsageError):
        shown = io.StringIO()
        error.show(shown)
        click.echo(without_tokens(shown.getvalue().rstrip("\n")), err=True)
    else:
        click.echo(without_tokens(text or f"Error: {told['message']}"), err=True)
    return code


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        name = "standard output" if error.filename is None else str(error.filename)
        return f"{name}: {error.strerror or error}"
    return f"pinshop itself failed, which is a defect of it: {type(error).__name__}: {error}"


def _interrupted(result: Any, journal: object) -> None:
    """Say what was done before Ctrl-C, and how to go on."""
    click.echo("\nInterrupted." + (f" {result.summary()}." if result is not None else ""), err=True)
    if journal is not None:
        click.echo(f"pinshop resume {journal} finishes the rest and sends nothing twice.", err=True)
    elif result is not None and result.unknown:
        click.echo("Look at what is unknown before sending it again.", err=True)


def facts(error: PinshopError) -> dict[str, Any]:
    """An error as JSON: ``{"type", "message", "operation", "status", "code", "advice", "request_id", "sent", "exit_code"}``."""
    return _fact(error, error.message, code_of(error), error.advice) | {
        "operation": error.operation,
        "status": getattr(error, "status", None),
        "code": getattr(error, "code", None),
        "request_id": error.request_id,
        "sent": error.sent,
    }


def _fact(error: Exception, message: str, exit_code: int, advice: str | None = None) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(("type", "message", "operation", "status", "code", "advice", "request_id"))
    return told | {"type": type(error).__name__, "message": message, "advice": advice, "sent": False, "exit_code": exit_code}
