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
