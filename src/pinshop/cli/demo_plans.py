"""A merchant's repository, from `pinshop import` to a spring sale and back, against a local Pinterest that keeps a journal.

Every command is a process of its own, as in a shell; one of them is killed in the middle of its work.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinshop.client import Client
    from pinshop.emulator import Emulator

SPRING_GROUPS = 40

#: The longest a command may take before the demo gives up on it.
_LONGEST_SECONDS = 120.0


class _Shop:
    """The directory, the emulated Pinterest, and how commands are run in it."""

    def __init__(self, say: Callable[[str], object], emulator: Emulator, client: Client, directory: Path) -> None:
        self.say, self.emulator, self.client, self.directory = say, emulator, client, directory
        self.account, self.ad_group = emulator.ad_account_id, emulator.ad_group_id
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PINTEREST_", "PINSHOP_"))}
        self._environment = {
            **kept,
            "PINTEREST_ACCESS_TOKEN": emulator.access_token,
            "PINTEREST_BASE_URL": emulator.base_url,
            "PINTEREST_AD_ACCOUNT_ID": self.account,
            "PINSHOP_CONFIG_DIR": str(directory / ".config"),
            "NO_COLOR": "1",
        }

    def title(self, text: str) -> None:
        self.say(f"\n-- {text} " + "-" * max(0, 76 - len(text)))

    def start(self, *words: str) -> subprocess.Popen[str]:
        self.say(f"\n$ pinshop {' '.join(words)}")
        return subprocess.Popen(  # noqa: S603 - this Python, and words of this file
            [sys.executable, "-m", "pinshop", *words],
            cwd=self.directory,
            env=self._environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *words: str, expect: int = 0, lines: int = 12, last: bool = False) -> str:
        """Run a command, show the beginning (or the last line) of what it says, and hold it to its exit code."""
        process = self.start(*words)
        said, _ = process.communicate(timeout=_LONGEST_SECONDS)
        shown = said.rstrip().splitlines()
        if last:
            self.say(f"  … {shown[-1] if shown else ''}")
            lines = len(shown)
        for line in shown[:lines] if not last else ():
            self.say(f"  {line}")
        if len(shown) > lines:
            self.say(f"  … {len(shown) - lines} more lines")
        if process.returncode != expect:
            raise RuntimeError(f"pinshop {' '.join(words)} ended with {process.returncode}, not {expect}:\n{said}")
        self.say(f"  (exit code {process.returncode})")
        return said

    def promotions(self) -> Counter[str]:
        """How many promotions there are, by status."""
        rows = self.client.promotions.list(
            self.account, ad_group_id=self.ad_group, entity_statuses=["ACTIVE", "PAUSED", "ARCHIVED"], page_size=250
        )
        return Counter(str(row.status) for row in rows)


def run(say: Callable[[str], object] = print) -> None:
    """Play the demo; ``say`` is given one line after the other.

    Raises:
        RuntimeError: something did not happen as the demo says.
    """
    from pinshop.client import Client
    from pinshop.emulator import Emulator

    with (
        tempfile.TemporaryDirectory() as directory,
        Emulator() as emulator,
        Client(emulator.access_token, base_url=emulator.base_url) as client,
    ):
        shop = _Shop(say, emulator, client, Path(directory))
        _open_for_business(shop)
        _import(shop)
        plan_id = _spring_sale(shop)
        _stale(shop, plan_id)
        spring = _killed_and_finished(shop)
        _rollback(shop, spring)
        _proof(shop)


def _open_for_business(shop: _Shop) -> None:
    shop.title("A shop with two promotions, and a catalog that has just been cut for spring")
    groups = shop.emulator.catalog_product_group_ids
    shop.client.promotions.create(
        shop.account,
        shop.ad_group,
        [
            {"catalog_product_group_id": groups[1], "status": "ACTIVE", "tracking_url": "https://shop.example/?c={campaignid}"},
            {"catalog_product_group_id": groups[2], "status": "PAUSED"},
        ],
    ).raise_if_failed()
    for n in range(SPRING_GROUPS):
        shop.client.catalog_product_groups.create(
            name=f"Spring {n + 1:02d}",
            feed_id=shop.emulator.feed_id,
            filters={"any_of": [{"BRAND": {"values": [f"Spring {n}"]}}]},
        )
    shop.say(f"ad account {shop.account} at {shop.emulator.base_url}: {dict(shop.promotions())}, {SPRING_GROUPS} new groups")


def _import(shop: _Shop) -> None:
    shop.title("1  The repository begins with what there is")
    shop.run("import", "--promotions-only", "--output", "promotions.yaml")
    for line in (shop.directory / "promotions.yaml").read_text(encoding="utf-8").splitlines():
        shop.say(f"  | {line}")
    shop.run("plan", "promotions.yaml", "--exit-code")


def _spring_sale(shop: _Shop) -> str:
    shop.title("2  A pull request: the spring sale")
    path = shop.directory / "promotions.yaml"
    added = (
        '      - catalog_product_group_pattern: "Spring *"\n'
        "        status: ACTIVE\n"
        '        tracking_url: "https://shop.example/spring?c={campaignid}"\n'
    )
    text = path.read_text(encoding="utf-8").replace("status: ACTIVE", "status: PAUSED") + added
    path.write_text(text, encoding="utf-8")
    shop.say("Kitchen is paused, and everything that is called Spring is promoted:")
    for line in added.splitlines():
        shop.say(f"  | {line}")
    shop.run("validate", "promotions.yaml")
    shop.say("\nThe comment of the pull request:")
    said = shop.run("plan", "promotions.yaml", "--out", "spring.plan.json", "--format", "markdown", lines=14)
    return said.partition("### Plan `")[2].partition("`")[0]


def _stale(shop: _Shop, plan_id: str) -> None:
    shop.title("3  Meanwhile somebody works in Ads Manager: the plan is stale, and refused")
    one = next(iter(shop.client.promotions.list(shop.account, ad_group_id=shop.ad_group, order="ASCENDING")))
    shop.client.promotions.update(
        shop.account, shop.ad_group, [{"id": str(one.id), "tracking_url": "https://shop.example/?c=urgent"}]
    )
    writes = _writes(shop)
    shop.run("apply", "spring.plan.json", "--plan-id", plan_id, "--max-spend", "500", "--yes", expect=2, last=True)
    if _writes(shop) != writes:
        raise RuntimeError("a stale plan has sent something")
    shop.say("Nothing was sent.")


def _killed_and_finished(shop: _Shop) -> str:
    shop.title("4  A new plan is applied, and its process is killed in the middle of the work")
    said = shop.run("plan", "promotions.yaml", "--out", "spring.plan.json", lines=4)
    plan_id = said.partition("Plan ")[2].partition(":")[0]
    # The first 30 promotions are created, but the answer never comes; then the process dies.
    shop.emulator.fail("product_group_promotions/create", hang=True, after_commit=True)
    before = shop.emulator.calls.count("product_group_promotions/create")
    command = ("apply", "spring.plan.json", "--plan-id", plan_id, "--max-spend", "500", "--yes")
    process = shop.start(*command)
    ends = time.monotonic() + _LONGEST_SECONDS
    while shop.emulator.calls.count("product_group_promotions/create") == before:
        if process.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(f"the apply was not sent: {process.communicate()[0]}")
        time.sleep(0.02)
    process.kill()
    process.communicate()
    shop.say(f"  killed (exit code {process.returncode}): {dict(shop.promotions())} at Pinterest, and nobody was told")
    shop.say("The same command does what is left:")
    shop.run(*command, lines=4)
    now = shop.promotions()
    if now != Counter(ACTIVE=SPRING_GROUPS, PAUSED=2):
        raise RuntimeError(f"not as planned: {now}")
    shop.say(f"{dict(now)} at Pinterest; {SPRING_GROUPS} new ones, none of them twice.")
    shop.run(*command, last=True)
    shop.run("plan", "promotions.yaml", "--exit-code", lines=1)
    return plan_id


def _rollback(shop: _Shop, plan_id: str) -> None:
    shop.title("5  The sale is over")
    shop.run("rollback", plan_id, "--out", "back.plan.json", lines=4)
    shop.run("apply", "back.plan.json", "--max-spend", "500", "--max-changes", "50", "--yes", lines=4)
    now = shop.promotions()
    if now != Counter(ACTIVE=1, PAUSED=SPRING_GROUPS + 1):
        raise RuntimeError(f"not as before: {now}")
    shop.say(f"{dict(now)} at Pinterest: what there was before, and the new ones paused.")
    shop.run("drift", "promotions.yaml", expect=7, lines=4)


def _proof(shop: _Shop) -> None:
    shop.title("The journal of the emulated Pinterest")
    created: Counter[str] = Counter()
    active_before = False
    for number, entry in enumerate(_written(shop)):
        items = entry.json()["product_group_promotion"]
        statuses = Counter(item.get("status", "-") for item in items)
        answer = entry.status or "no answer"
        shop.say(f"  {number + 1}. {entry.operation}: {len(items)} items, {dict(statuses)} -> {answer}")
        if entry.operation.endswith("/create"):
            created.update(item["catalog_product_group_id"] for item in items)
            active_before = active_before or (number > 0 and "ACTIVE" in statuses)
    if max(created.values()) > 1 or active_before:
        raise RuntimeError(f"created twice, or created as ACTIVE: {created}")
    shop.say(f"{len(created)} promotions were created, each once, and those of the sale as PAUSED before any was activated.")


def _written(shop: _Shop) -> list[Any]:
    return [
        entry
        for entry in shop.emulator.calls
        if entry.operation.startswith("product_group_promotions/") and entry.method != "GET"
    ]


def _writes(shop: _Shop) -> int:
    return len(_written(shop))
