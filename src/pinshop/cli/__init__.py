"""The command `pinshop`: thin over the library. Each command parses, makes one library call and prints."""

from __future__ import annotations

import codecs
import io
import json
import sys


def main() -> None:
    """Run the command line. Without the extra `cli` it says how to install it."""
    try:
        from pinshop.cli.tree import main as command
    except ImportError as error:
        if error.name != "click":
            raise
        sys.exit("Error: the command pinshop needs click, which is not installed — pip install 'pinshop[cli]'")
    write_what_cannot_be_encoded()
    command(prog_name="pinshop")


def write_what_cannot_be_encoded() -> None:
    """Let output go into a file or a console of any encoding: what that lacks is written as in JSON (``\\u0142``)."""
    codecs.register_error("pinshop", _as_in_json)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="pinshop")


def _as_in_json(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
