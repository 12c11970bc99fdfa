"""`pinshop resume`: finish an interrupted write of promotions."""

from __future__ import annotations

from pathlib import Path

import click

from pinshop.cli import items, output
from pinshop.cli.connection import Connection, connected


@click.command()
@click.argument("journal", type=click.Path(dir_okay=False, path_type=Path), metavar="JOURNAL")
@connected(writes=True)
def resume(here: Connection, journal: Path) -> None:
    """Finish an interrupted create or update from its journal. What was executed is recognised and not sent again.

    \b
    Examples:
      pinshop promotions create --ad-group 2680007368798 2680307368804 --journal spring.journal
      pinshop resume spring.journal
    """
    result = here.client.promotions.resume(journal, progress=output.progress("promotions"))
    items.show_result(here, result)
