"""`pinshop demo`: pinshop at work on this machine, without an account, money or network."""

from __future__ import annotations

import click

from pinshop.cli.exit_codes import explained


@click.group()
def demo() -> None:
    """Show pinshop at work against a local Pinterest. No account, no money, no network.

    \b
    Examples:
      pinshop demo plans
      pinshop demo data
    """


@demo.command()
@explained
def plans() -> None:
    """Promotions as code: import, a spring sale, a stale plan, a killed apply that is finished, and a rollback.

    \b
    Examples:
      pinshop demo plans
    """
    from pinshop.cli import demo_plans

    demo_plans.run(click.echo)


@demo.command()
@explained
def data() -> None:
    """From what was earned to a table: a first sync, thirty nights with late conversions, what changed, a report.

    \b
    Examples:
      pinshop demo data
    """
    from pinshop.cli import demo_data

    demo_data.run(click.echo)
