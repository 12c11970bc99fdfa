"""The command `pinshop`: thin over the library. Each command parses, makes one library call and prints."""

from __future__ import annotations

# Little is imported here: a Ctrl-C before `main` runs is Python's, which prints a traceback.
import codecs
import io
import os
import sys


def main() -> None:
    """Run the command line. Without the extra `cli` it says how to install it."""
    open_standard_streams()
    try:
        code = _run()
    except KeyboardInterrupt:  # while it is loaded; commands have their own words
        print("\nInterrupted.", file=sys.stderr)
        code = 130
    sys.exit(code)


def _run() -> str | int | None:
    try:
        from pinshop.cli.tree import main as command
    except ImportError as error:
        if error.name != "click":
            raise
        return "Error: the command pinshop needs click, which is not installed — pip install 'pinshop[cli]'"
    write_what_cannot_be_encoded()
    code: str | int | None = 0
    try:
        try:
            command(prog_name="pinshop")
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()  # what Python itself would find when it ends, it would print as an exception
    except BrokenPipeError:  # whoever read the output has enough
        from pinshop.cli.exit_codes import leave_standard_output

        leave_standard_output()
    except Exception as error:
        from pinshop.cli.exit_codes import asks_for_json, leave_standard_output, say_why

        if os.environ.get("PINTEREST_DEBUG", "").lower() not in ("", "0", "false"):
            raise
        code = say_why(error, in_json=asks_for_json(sys.argv[1:]))
        leave_standard_output()
    return code


def open_standard_streams() -> None:
    """Open what was closed (``>&-``) as the null device: else a file that is opened next would get its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - it stays open


def write_what_cannot_be_encoded() -> None:
    """Let output go into a file or a console of any encoding: what that lacks is written as in JSON (``\\u0142``)."""
    codecs.register_error("pinshop", _as_in_json)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="pinshop")


def _as_in_json(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    import json

    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
