"""The command `pinshop`: thin over the library. Each command parses, makes one library call and prints."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Without the extra `cli` it says how to install it."""
    try:
        from pinshop.cli.tree import main as command
    except ImportError as error:
        if error.name != "click":
            raise
        sys.exit("Error: the command pinshop needs click, which is not installed — pip install 'pinshop[cli]'")
    command(prog_name="pinshop")
