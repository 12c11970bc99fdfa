"""The tree of commands: names and help stand in one table, so that ``pinshop --help`` and completion import no command."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from pinshop.api.near import did_you_mean

#: section -> name -> (module, attribute, one line of help).
SECTIONS: dict[str, dict[str, tuple[str, str, str]]] = {
    "Access": {
        "login": ("login", "login", "Get a token in the browser and keep it under a profile."),
        "logout": ("profiles", "logout", "Delete the tokens of a profile from this machine."),
        "whoami": ("whoami", "whoami", "Say which credentials are used, whose they are, and where they may write."),
        "profiles": ("profiles", "list_profiles", "List profiles and when their tokens expire."),
        "doctor": ("doctor", "doctor", "Check versions, configuration and credentials."),
    },
    "Ads and catalogs": {
        "accounts": ("accounts", "accounts", "Ad accounts: list, get, create, use."),
        "campaigns": ("campaigns", "campaigns", "Campaigns: list, get, create, update, pause, activate."),
        "ad-groups": ("ad_groups", "ad_groups", "Ad groups: list, get, create, update, pause, activate."),
        "catalogs": ("catalogs", "catalogs", "Catalogs: list."),
        "feeds": ("feeds", "feeds", "Feeds of catalogs: list, get."),
        "product-groups": (
            "product_groups",
            "product_groups",
            "Catalog product groups: list, get, create, update, delete, products.",
        ),
        "promotions": ("promotions", "promotions", "Product group promotions: list, get, create, update, pause, activate."),
        "resume": ("resume", "resume", "Finish an interrupted create from its journal, sending nothing twice."),
    },
    "What was earned": {
        "analytics": ("analytics", "analytics", "Read what promotions earned."),
        "sync": ("sync", "sync", "Keep a table of what was earned up to date: DuckDB, or Parquet files."),
        "report": ("report", "report", "Write what promotions earned as one HTML file."),
        "columns": ("columns", "columns", "List the columns of analytics: kind, unit, meaning."),
    },
    "Promotions as code": {
        "plan": ("plans", "plan", "Compare a manifest with what Pinterest has, and say what would be changed."),
        "apply": ("plans", "apply", "Execute a plan exactly, and at most once."),
        "drift": ("plans", "drift", "Say what Pinterest has otherwise than a manifest says. Only reads."),
        "rollback": ("plans", "rollback", "Plan the way back to before a plan that was applied."),
        "import": ("plans", "import_", "Write the manifest of what an ad account has."),
        "fmt": ("manifests", "fmt", "Format manifests."),
        "validate": ("manifests", "validate", "Check manifests without sending anything."),
        "schema": ("manifests", "schema", "Print the JSON schema of manifests, for editors."),
    },
    "Everything else": {
        "api": ("api", "api", "Call any endpoint: signed, paced and retried."),
        "demo": ("demo", "demo", "Show pinshop at work on this machine, without an account."),
        "emulator": ("emulator", "emulator", "Serve a local Pinterest to test against."),
        "commands": ("commands", "commands", "Describe every command, for people and for programs."),
        "completion": ("completion", "completion", "Print the completion script of a shell."),
    },
}
COMMANDS: dict[str, tuple[str, str, str]] = {name: row for rows in SECTIONS.values() for name, row in rows.items()}


class SuggestingGroup(click.Group):
    """A group that suggests what an unknown command may have meant."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            ctx.fail(f"No such command {name!r}.{did_you_mean(name, known)} The commands are {', '.join(known)}.")
        return super().resolve_command(ctx, args)


class LazyGroup(SuggestingGroup):
    """The root: commands are imported when they are run, never to be listed or completed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: Any = getattr(importlib.import_module(f"pinshop.cli.{module}"), attribute)
        return command  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, rows in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, row[2]) for name, row in rows.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """From the table: click's own way would import every command."""
        names = [CompletionItem(name, help=row[2]) for name, row in COMMANDS.items() if name.startswith(incomplete)]
        options = [CompletionItem(name) for name in ("--help", "--version") if incomplete and name.startswith(incomplete)]
        return names + options

    def main(self, args: Sequence[str] | None = None, *rest: Any, standalone_mode: bool = True, **more: Any) -> Any:
        """As click's, but errors of usage are JSON where JSON is asked for, and Ctrl-C at a question has its exit code.

        ``--emulator`` takes a value only behind ``=``: the word after it is never taken for a file.
        """
        if os.environ.get("_PINSHOP_COMPLETE") == "powershell_complete":
            importlib.import_module("pinshop.cli.completion")  # it is the one that answers what its script asks
        given = [f"{arg}=" if arg == "--emulator" else arg for arg in (sys.argv[1:] if args is None else args)]
        try:
            code: Any = super().main(given, *rest, standalone_mode=False, **more)  # type: ignore[call-overload] # as it is given
        except click.ClickException as error:
            if not standalone_mode:
                raise
            from pinshop.cli.exit_codes import asks_for_json, say_why  # completion shall not import it

            code = say_why(error, in_json=asks_for_json(given))
        except click.Abort:
            if not standalone_mode:
                raise
            click.echo("\nInterrupted.", err=True)
            from pinshop.cli.exit_codes import INTERRUPTED

            code = INTERRUPTED
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pinshop")
def main() -> None:
    """Pinterest shopping ads: promote product groups, read what they earned, test against a local Pinterest.

    Try anything without an account: add --emulator, and the command runs against a fresh local Pinterest.
    """
