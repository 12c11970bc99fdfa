"""`pinshop columns`: what can be asked for in analytics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pinshop.api.operations import API_VERSIONS
from pinshop.cli.exit_codes import explained
from pinshop.cli.output import FORMATS, Output

_SHOWN = ("name", "kind", "since")


@click.command("columns")
@click.argument("words", nargs=-1)
@click.option("--api-version", type=click.Choice(API_VERSIONS), default=API_VERSIONS[-1], show_default=True)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: a table on a terminal, else jsonl.")
@click.option("--fields", metavar="A,B", help="Only these fields, in this order.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead.")
@explained
def columns(words: tuple[str, ...], api_version: str, form: Any, fields: str | None, output: Path | None) -> None:
    """List the columns of analytics whose names hold all WORDS.

    \b
    Examples:
      pinshop columns checkout
      pinshop columns spend roas --format json
    """
    from pinshop.api.columns import COLUMNS, available

    known = {name: COLUMNS[name] for name in available(api_version)}
    found = [(name, column) for name, column in known.items() if all(word.upper() in name for word in words)]
    rows = [
        {"name": name, **{f: getattr(column, f) for f in column.__struct_fields__ if f != "name"}} for name, column in found
    ]
    Output(form, fields, output).rows(rows, _SHOWN)
