"""`pinshop plan`, `apply`, `drift`, `rollback` and `import`: promotions as code."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pinshop.cli import names
from pinshop.cli.choices import Choice
from pinshop.cli.connection import Connection, connected
from pinshop.cli.exit_codes import FINDINGS, INTERRUPTED, PARTIAL, explained
from pinshop.cli.output import say

if TYPE_CHECKING:
    from pinshop.plans import Plan

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE...")
_JOURNAL = click.option(
    "--journal",
    type=click.Path(path_type=Path, file_okay=False),
    help="What was done is kept here. Default: .pinshop beside FILE.",
)
_TAKE = click.option("--take", type=Choice(["manifest", "live"]), help="Which side holds where both changed a field.")
_FORM = click.option(
    "--format",
    "form",
    type=Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="markdown fits a comment of a pull request.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="The same as --format json; errors are JSON too.")
_EXIT_CODE = click.option("--exit-code", is_flag=True, help="Exit code 7 if there is something to change.")


class _PlanGroup(click.Group):
    """``plan show PLAN`` is a command of its own; everything else after ``plan`` are manifests and options of ``make``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args[:1] in (["show"], ["make"])
        return super().parse_args(ctx, args if named else ["make", *args])


@click.command("make")
@_FILES
@_JOURNAL
@_TAKE
@_FORM
@_JSON
@_EXIT_CODE
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan here, to apply exactly it.")
@click.option("--only", multiple=True, metavar="KIND:PATTERN", help="Such as ad_group:Spring*.")
@click.option("--except", "exclude", multiple=True, metavar="KIND:PATTERN", help="Leave these out.")
@click.option("--pause-missing", is_flag=True, help="Pause what an exclusive ad group does not declare.")
@click.option("--archive-missing", is_flag=True, help="Archive it instead, which is final.")
@connected(prints=False)
def make(
    here: Connection,
    files: tuple[Path, ...],
    journal: Path | None,
    take: Literal["manifest", "live"] | None,
    form: str,
    as_json: bool,
    exit_code: bool,
    out: Path | None,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    pause_missing: bool,
    archive_missing: bool,
) -> None:
    """Compare manifests with what Pinterest has, and say what would be changed. Only reads.

    `pinshop plan show PLAN` shows a saved plan, also one that is out of date or executed.

    \b
    Examples:
      pinshop plan promotions.yaml
      pinshop plan promotions.yaml --out spring.plan.json --format markdown
    """
    from pinshop import plans

    made = plans.make_plan(
        here.client,
        plans.load_manifest(files),
        journal=_existing(journal or plans.default_directory(files[0])),
        account=here.chosen_account,
        only=only,
        exclude=exclude,
        take=take,
        pause_missing=pause_missing,
        archive_missing=archive_missing,
    )
    if out is not None:
        made.save(out)
        say(f"Saved as {out}. pinshop apply {out} executes exactly this plan.")
    _print(made, "json" if as_json else form)
    if exit_code and not made.is_empty:
        raise SystemExit(FINDINGS)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="PLAN")
@_FORM
@_JSON
@_EXIT_CODE
@_JOURNAL
@explained
def show(file: Path, form: str, as_json: bool, exit_code: bool, journal: Path | None) -> None:
    """Show a saved plan, and whether it was executed. Nothing is sent.

    \b
    Examples:
      pinshop plan show spring.plan.json
    """
    from pinshop import plans
    from pinshop.plans.values import when

    saved = plans.load_plan(file)
    _print(saved, "json" if as_json else form)
    history = plans.history_of(saved, journal or plans.default_directory(file))
    if history is not None:
        say(f"Executed on {when(history.finished)}." if history.finished else "Begun and not finished: apply it again.")
    if exit_code and not saved.is_empty:
        raise SystemExit(FINDINGS)


plan = _PlanGroup("plan", commands={"make": make, "show": show}, help=make.help)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="PLAN|FILE...")
@_JOURNAL
@_TAKE
@click.option("--plan-id", metavar="ID", help="Refuse any other plan: at least 12 characters of what was approved.")
@click.option("--max-spend", metavar="AMOUNT", help="How much more may be spent a day, in the account's currency. Default: 0.")
@click.option("--allow-unlimited", is_flag=True, help="Let budgets begin that nothing limits.")
@click.option("--max-changes", type=int, metavar="N", help="Default: 50, and 30 % of the live promotions.")
@click.option("--keep-going", is_flag=True, help="Activate even if something before has failed.")
@click.option("--allow-other-user", is_flag=True, help="Apply what another user planned.")
@click.option(
    "--dry-run", "only_shown", is_flag=True, help="As pinshop plan: show what would be done, and why it would be refused."
)
@click.option("--json", "as_json", is_flag=True, help="Print what came of every change as JSON; errors are JSON too.")
@connected(asks=True, prints=False)
def apply(
    here: Connection,
    files: tuple[Path, ...],
    journal: Path | None,
    take: Literal["manifest", "live"] | None,
    plan_id: str | None,
    max_spend: str | None,
    allow_unlimited: bool,
    max_changes: int | None,
    keep_going: bool,
    allow_other_user: bool,
    only_shown: bool,
    as_json: bool,
) -> None:
    """Execute a saved plan, or plan manifests and execute that. The same command again finishes what was interrupted.

    \b
    Examples:
      pinshop plan promotions.yaml --out spring.plan.json
      pinshop apply spring.plan.json --yes
    """
    from pinshop import plans

    if len(files) == 1 and files[0].suffix == ".json":
        wanted = plans.load_plan(files[0])
    else:
        manifest = plans.load_manifest(files)
        known = _existing(journal or plans.default_directory(files[0]))
        wanted = plans.make_plan(here.client, manifest, journal=known, account=here.chosen_account, take=take)
    if only_shown:
        plans.check_approval(wanted, plan_id)
        _print(wanted, "json" if as_json else "text")
        limits: Any = {"max_spend": max_spend, "allow_unlimited": allow_unlimited, "max_changes": max_changes}
        for reason in plans.what_moved(here.client, wanted) + plans.why_refused(wanted, **limits):
            say(f"Would be refused: {_as_options(reason)}")
        say("Dry run: nothing was sent.")
        return
    where = journal or plans.default_directory(files[0])
    _apply(
        here,
        wanted,
        where,
        max_spend=max_spend,
        allow_unlimited=allow_unlimited,
        max_changes=max_changes,
        plan_id=plan_id,
        keep_going=keep_going,
        allow_other_user=allow_other_user,
        as_json=as_json,
    )


def _apply(here: Connection, wanted: Plan, journal: Path, *, as_json: bool, **options: Any) -> None:
    """Show, ask, execute, and say what came of it."""
    from pinshop import plans

    if not as_json:
        say(wanted.to_text())
    plans.check_approval(wanted, options.get("plan_id"))
    if wanted.is_empty:
        if as_json:
            sys.stdout.write(plans.Applied(plan=wanted, outcomes=[]).to_json().decode())
        return
    here.confirm(f"Plan {wanted.short_id} will be executed.")
    shown = (lambda outcome: say(str(outcome))) if sys.stderr.isatty() and not as_json else None
    try:
        applied = plans.apply(here.client, wanted, journal=journal, progress=shown, **options)
    except plans.GuardRefused as refused:
        refused.message = _as_options(refused.message)
        raise
    except KeyboardInterrupt:
        say("\nInterrupted. The same command again does what is left.")
        raise SystemExit(INTERRUPTED) from None
    click.echo(applied.to_json().decode().rstrip("\n") if as_json else plans.applied_text(applied).rstrip("\n"))
    if applied.error is not None:
        raise applied.error
    if not applied.ok and as_json:
        raise SystemExit(PARTIAL)
    if not applied.ok:
        say("The same command again does what is left.")
        raise SystemExit(PARTIAL)


def _as_options(text: str) -> str:
    """What allows a plan, as it is written on the command line: ``(max_spend=500)`` as ``(--max-spend 500)``."""
    text = text.replace("(allow_unlimited=True)", "(--allow-unlimited)")
    return re.sub(r"\((max_spend|max_changes)=([0-9.]+)\)", lambda m: f"(--{m[1].replace('_', '-')} {m[2]})", text)


@click.command()
@_FILES
@_JOURNAL
@click.option("--format", "form", type=Choice(["text", "json"]), default="text", show_default=True)
@_JSON
@click.option("--ignore", multiple=True, metavar="FIELD", help="Leave this field out.")
@connected(prints=False)
def drift(
    here: Connection, files: tuple[Path, ...], journal: Path | None, form: str, as_json: bool, ignore: tuple[str, ...]
) -> None:
    """Say what Pinterest has otherwise than manifests say: exit code 7 if anything. It cannot change anything.

    \b
    Examples:
      pinshop drift promotions.yaml
    """
    from pinshop import plans

    found = plans.drift(
        here.client,
        plans.load_manifest(files),
        journal=_existing(journal or plans.default_directory(files[0])),
        account=here.chosen_account,
        ignore=ignore,
    )
    sys.stdout.write(found.to_json().decode() if as_json or form == "json" else found.to_text().rstrip("\n") + "\n")
    if not found.is_empty:
        raise SystemExit(FINDINGS)


@click.command()
@click.argument("plan_id", required=False, metavar="[PLAN_ID]")
@click.option(
    "--journal",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".pinshop"),
    show_default=True,
    help="The journal of the plan.",
)
@_TAKE
@_FORM
@_JSON
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan here; pinshop apply executes it.")
@click.option("--archive-created", is_flag=True, help="Archive what the plan created, which is final; else it is paused.")
@connected(prints=False)
def rollback(
    here: Connection,
    plan_id: str | None,
    journal: Path,
    take: Literal["manifest", "live"] | None,
    form: str,
    as_json: bool,
    out: Path | None,
    archive_created: bool,
) -> None:
    """Plan the way back to before a plan that was applied (the last, unless PLAN_ID says which). Only reads.

    \b
    Examples:
      pinshop rollback --out back.plan.json
    """
    from pinshop import plans

    back = plans.rollback(here.client, journal, plan_id, archive_created=archive_created, take=take)
    if out is not None:
        back.save(out)
        say(f"Saved as {out}. pinshop apply {out} --journal {journal} executes exactly this plan.")
    _print(back, "json" if as_json else form)


@click.command("import")
@click.option("--ad-group", "ad_groups", multiple=True, metavar="ID|NAME", help="Only these, and their campaigns.")
@click.option("--promotions-only", is_flag=True, help="Leave out campaigns, and of ad groups all but their ids.")
@click.option("--output", "-o", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write it here.")
@connected(prints=False)
def import_(here: Connection, ad_groups: tuple[str, ...], promotions_only: bool, path: Path | None) -> None:
    """Write the manifest of what the ad account has: the same bytes for the same state, and its plan is empty.

    \b
    Examples:
      pinshop import --output promotions.yaml
    """
    from pinshop import plans
    from pinshop.files.atomic import replace_file

    groups = names.ad_groups(here, ad_groups) or None
    text = plans.import_manifest(here.client, here.account, groups, promotions_only=promotions_only)
    if path is None:
        sys.stdout.write(text)
        return
    replace_file(path, text.encode())
    if path.is_file():
        path.chmod(0o644)
    say(f"Wrote {path}.")


def _existing(directory: Path) -> Path | None:
    """A journal that is there; planning makes none."""
    return directory if directory.is_dir() else None


def _print(wanted: Plan, form: str) -> None:
    if form == "json":
        sys.stdout.write(wanted.to_json().decode())
    else:
        click.echo((wanted.to_markdown() if form == "markdown" else wanted.to_text()).rstrip("\n"))
