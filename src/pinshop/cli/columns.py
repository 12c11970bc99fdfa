"""`pinshop columns`: what can be asked for in analytics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pinshop.api.operations import API_VERSIONS
from pinshop.cli.choices import Choice
from pinshop.cli.exit_codes import explained
from pinshop.cli.output import FORMATS, Output, say, spreadsheet_option

_SHOWN = ("name", "family", "kind", "unit", "since", "meaning")


@click.command("columns")
@click.argument("words", nargs=-1)
@click.option("--api-version", type=Choice(API_VERSIONS), default=API_VERSIONS[-1], show_default=True)
@click.option("--format", "form", type=Choice(FORMATS), help="Default: a table on a terminal, else jsonl.")
@click.option("--fields", metavar="A,B", help="Only these fields, in this order.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead.")
@spreadsheet_option
@click.option("--json", "as_json", is_flag=True, help="The same as --format json; errors are JSON too.")
@explained
def columns(
    words: tuple[str, ...],
    api_version: str,
    form: Any,
    fields: str | None,
    output: Path | None,
    spreadsheet: str | None,
    as_json: bool,
) -> None:
    """List the columns of analytics that fit all WORDS: by name, family, kind, meaning, or what a shop calls it.

    \b
    Examples:
      pinshop columns checkout
      pinshop columns revenue
      pinshop columns spend roas --format json
    """
    from pinshop.api.column_words import near_words
    from pinshop.columns import FAMILIES, search

    found = search(words, api_version)
    rows = [
        {
            "name": c.name,
            "family": c.family,
            "kind": c.kind,
            "unit": c.unit,
            "additive": c.additive,
            "since": c.since,
            "meaning": c.meaning,
        }
        for c in found
    ]
    Output("json" if as_json and not form else form, fields, output, spreadsheet).rows(rows, _SHOWN)
    if not found:
        near = " and ".join(meant for word in words if (meant := near_words(word)))
        meant = f"Did you mean {near}? " if near else ""
        say(f"No column of API {api_version} fits {' '.join(words)}. {meant}The families are {', '.join(FAMILIES)}.")
