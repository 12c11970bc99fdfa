"""`pinshop fmt`, `validate` and `schema`: manifests as files. Nothing is sent."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pinshop.cli.exit_codes import FINDINGS, USAGE, explained
from pinshop.cli.output import say

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE...")


@click.command()
@_FILES
@click.option("--check", is_flag=True, help="Change nothing; exit code 7 if a file would be changed.")
@explained
def fmt(files: tuple[Path, ...], check: bool) -> None:
    """Format manifests: UTF-8, two spaces, ids in quotes. Comments stay where they are.

    \b
    Examples:
      pinshop fmt promotions.yaml
    """
    from pinshop import plans
    from pinshop.files.atomic import replace_file

    changed = []
    for file in files:
        before = _read(file)
        after = plans.format_manifest(before, file=str(file)).encode()
        if after == before:
            continue
        changed.append(file)
        if not check:
            mode = file.stat().st_mode & 0o777
            replace_file(file, after)
            file.chmod(mode)
    for file in changed:
        say(f"{'would format' if check else 'formatted'} {file}")
    if check and changed:
        raise SystemExit(FINDINGS)


@click.command()
@_FILES
@explained
def validate(files: tuple[Path, ...]) -> None:
    """Check manifests. Every mistake is named with file, line, field, what was given and what is allowed.

    \b
    Examples:
      pinshop validate promotions.yaml
    """
    from pinshop import plans
    from pinshop.errors import ManifestError

    try:
        plans.load_manifest(files)
    except ManifestError as error:
        for problem in error.problems:
            say(str(problem))
        raise SystemExit(USAGE) from None
    say(f"{', '.join(map(str, files))}: nothing wrong")


@click.command()
@explained
def schema() -> None:
    """Print the JSON schema of manifests. Editors read it from the first line of a YAML file.

    \b
    Examples:
      pinshop schema
    """
    import json

    from pinshop import plans

    sys.stdout.write(json.dumps(plans.schema(), indent=2, ensure_ascii=False) + "\n")


def _read(file: Path) -> bytes:
    from pinshop.errors import InvalidInput

    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput("FILE", str(file), f"a file that can be read ({error.strerror})") from None
