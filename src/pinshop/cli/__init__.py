"""The command `pinshop`. Each subcommand is a module of its own, imported when it is used: parse, one library call, print."""

from __future__ import annotations

import importlib
from typing import Any

import click

#: name -> (module, attribute, one line of help); the help stands here so that `pinshop --help` imports nothing.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "doctor": ("pinshop.cli.doctor", "doctor", "Check versions, configuration and credentials."),
    "emulator": ("pinshop.cli.emulator", "emulator", "Serve a local Pinterest to test against."),
    "login": ("pinshop.cli.login", "login", "Get a token in the browser and keep it under a profile."),
    "profiles": ("pinshop.cli.profiles", "list_profiles", "List the profiles and until when their tokens work."),
    "whoami": ("pinshop.cli.whoami", "whoami", "Say which credentials are used, whose they are, and where they may write."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: Any = getattr(importlib.import_module(module), attribute)
        return command  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in sorted(COMMANDS)])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pinshop")
def main() -> None:
    """Pinterest shopping ads: a local Pinterest to test against, and the commands around it."""
