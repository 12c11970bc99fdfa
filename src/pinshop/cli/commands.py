"""`pinshop commands`: the tree of commands, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from pinshop.cli.options import show, with_json


@click.command()
@with_json
@click.pass_context
def commands(ctx: click.Context, as_json: bool) -> None:
    """Describe every command: arguments, options, examples; and the exit codes.

    \b
    Examples:
      pinshop commands --json
    """
    from pinshop.cli import exit_codes

    root = ctx.find_root()
    found = list(walk(root.command, root))
    lines = [f"{row['command']:32} {row['help']}" for row in found]
    show({"commands": found, "exit_codes": exit_codes.MEANINGS}, lines, as_json=as_json)


def walk(command: click.Command, ctx: click.Context) -> Iterator[dict[str, Any]]:
    """Every command that does something, with what it takes."""
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            if child is not None and not child.hidden:
                yield from walk(child, click.Context(child, info_name=name, parent=ctx))
        return
    text = command.help or ""
    yield {
        "command": ctx.command_path,
        "help": command.get_short_help_str(200),
        "arguments": [_argument(one) for one in command.params if isinstance(one, click.Argument)],
        "options": [_option(one) for one in command.params if isinstance(one, click.Option) and not one.hidden],
        "examples": examples(text),
    }


def examples(text: str) -> list[str]:
    """The command lines below ``Examples:`` in a help text; a line that ends in a backslash goes on."""
    _, _, below = text.partition("Examples:")
    joined = below.replace("\\\n", " ")
    return [" ".join(line.split()) for line in joined.splitlines() if line.strip().startswith("pinshop ")]


def _argument(one: click.Argument) -> dict[str, Any]:
    return {"name": one.make_metavar(click.Context(click.Command(""))), "required": one.required, "many": one.nargs == -1}


def _option(one: click.Option) -> dict[str, Any]:
    return {
        "names": [*one.opts, *one.secondary_opts],
        "help": one.help,
        "flag": one.is_flag,
        "many": one.multiple,
        "choices": list(one.type.choices) if isinstance(one.type, click.Choice) else None,
        "default": one.default if isinstance(one.default, str | int | bool) else None,
    }
