"""Interrupted anywhere and repeated = uninterrupted: every fault at every request, and a kill at every line of the journal."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from pinshop import plans
from pinshop.api.http import Reply, Request
from pinshop.emulator import Emulator
from pinshop.errors import ConnectError, PinshopError, PlanRefused
from plans.conftest import World, client_of  # type: ignore[import-not-found]

HTML = "<html><body>Bad Gateway \xe9</body></html>"
#: What happens to one request: the fault the emulator is told. "refused" never reaches it, "killed" ends the process.
FAULTS: dict[str, dict[str, Any]] = {
    "refused": {},
    "killed before": {},
    "killed after": {},
    "reset before": {"drop": True},
    "reset after": {"drop": True, "after_commit": True},
    "timeout before": {"hang": True},
    "timeout after": {"hang": True, "after_commit": True},
    "500 before": {"status": 500},
    "500 after": {"status": 500, "after_commit": True},
    "502 html before": {"status": 502, "body": HTML},
    "502 html after": {"status": 502, "body": HTML, "after_commit": True},
    "truncated": {"truncate": 40},
    "200 but html": {"status": 200, "body": HTML, "after_commit": True},
    "200 but cut": {"status": 200, "body": '{"items": [{"data": {"id": "42600', "after_commit": True},
    "200 but empty": {"status": 200, "body": '{"items": []}', "after_commit": True},
    "429": {"status": 429, "code": 8},
    "429 with Retry-After": {"status": 429, "code": 8, "headers": {"retry-after": "7"}},
    "400 with a wait": {"status": 400, "code": 1, "message": "Too fast. Retry after 3 seconds."},
    "401 expired": {"status": 401, "code": 2, "message": "Authentication failed."},
    "403": {"status": 403, "code": 29, "message": "Not permitted."},
    "one item refused": {"items": [0], "code": 1, "message": "Not now."},
    "slow": {"latency_seconds": 61},
}
#: A list that is empty and says 200 cannot be told from the truth, so these befall writes only.
LIES = {"200 but empty"}
WRITES_ONLY = {*LIES, "one item refused"}

MANIFEST = """
    account: $account
    campaigns:
      - name: Spring
        objective_type: SALES
        intended_promotion_type: CATALOG
        is_campaign_budget_optimization: true
        daily_spend_cap: 50 USD
        status: ACTIVE
    ad_groups:
      - id: $group
        promotions:
          - {catalog_product_group_id: $0, status: PAUSED}
          - {catalog_product_group_id: $1, status: ACTIVE, tracking_url: "https://new.example/"}
          - {catalog_product_group_id: $2, status: ACTIVE}
          - {catalog_product_group_id: $3, status: ARCHIVED}
      - name: Spring, everyone
        campaign: Spring
        billable_event: CLICKTHROUGH
        status: ACTIVE
        promotions:
          - {catalog_product_group_id: $2, status: ACTIVE}
          - {catalog_product_group_id: $4}
"""


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs but what the system itself does."""


class Troubled:
    """A transport on which the n-th request meets a fault."""

    def __init__(self, emulator: Emulator, faults: dict[int, str]) -> None:
        def sleep(seconds: float) -> None:
            emulator.clock.advance(seconds=seconds)

        self._emulator, self._inner, self._faults = emulator, emulator.transport(sleep), faults
        self.count = 0

    def send(self, request: Request, /) -> Reply:
        kind = self._faults.get(self.count)
        self.count += 1
        if kind is None or (kind in WRITES_ONLY and request.method == "GET"):
            return self._inner.send(request)
        if kind == "refused":
            raise ConnectError("Connection refused")
        if kind == "killed before":
            raise Killed
        if kind == "killed after":
            self._inner.send(request)
            raise Killed
        self._emulator.fail(**FAULTS[kind])
        try:
            return self._inner.send(request)
        finally:
            self._emulator.stop_failing()

    def close(self) -> None:
        pass


def prepared(template: Emulator, directory: Any) -> World:
    emulator = template.fork()
    world = World(emulator, client_of(emulator), directory)
    world.create(
        {"catalog_product_group_id": world.groups[0], "status": "ACTIVE"},
        {"catalog_product_group_id": world.groups[1], "status": "PAUSED", "tracking_url": "https://old.example/"},
        {"catalog_product_group_id": world.groups[3], "status": "PAUSED"},
    )
    return world


def state(world: World) -> list[Any]:
    """What there is, without ids and times."""
    found: list[Any] = [
        ("campaign", one.name, one.status, one.daily_spend_cap) for one in world.client.campaigns.list(world.account)
    ]
    for group in world.client.ad_groups.list(world.account):
        found.append(("ad group", group.name, group.status))
        found += [(group.name, row.catalog_product_group_name, row.status, row.tracking_url) for row in world.live(group.id)]
    return sorted(found, key=repr)


@pytest.fixture(scope="module")
def undisturbed(template: Emulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], int]:
    """What an apply without any fault leaves, and how many requests it takes."""
    world = prepared(template, tmp_path_factory.mktemp("journal"))
    plan = world.plan(world.manifest(MANIFEST))
    before = world.emulator.calls.count()
    assert world.apply(plan).ok
    requests = world.emulator.calls.count() - before
    assert world.plan(world.manifest(MANIFEST)).is_empty
    return state(world), requests


def apply_until_done(world: World, plan: plans.Plan, faults: dict[int, str]) -> int:
    """The same command again and again; the faults befall the first run. Returns how many runs it took."""
    client = client_of(world.emulator, Troubled(world.emulator, faults), max_attempts=2)
    for run in itertools.count(1):
        assert run < 8, "it does not come to an end"
        before = len(world.writes())
        try:
            applied = plans.apply(client, plan, journal=world.journal, max_spend="1000", max_changes=1000)
            if applied.ok:
                return run
            assert_nothing_was_activated_after_a_failure(applied, world.writes()[before:])
        except (PinshopError, Killed) as error:
            assert not isinstance(error, PlanRefused), error
        activations = [b'"ACTIVE"' in entry.body for entry in world.writes()[before:]]
        assert activations == sorted(activations), "an activation came before something else"
        client = client_of(world.emulator)
    raise AssertionError


def assert_nothing_was_activated_after_a_failure(applied: plans.Applied, wrote: list[Any]) -> None:
    if any(one.stage != "activate" and one.state not in ("done", "already") for one in applied.outcomes):
        assert not any(b'"ACTIVE"' in entry.body for entry in wrote)


def check(world: World, manifest: plans.Manifest, plan: plans.Plan, undisturbed: list[Any]) -> None:
    assert state(world) == undisturbed
    keys = Counter(
        (row.ad_group_id, row.catalog_product_group_id)
        for g in world.client.ad_groups.list(world.account)
        for row in world.live(g.id)
    )
    assert max(keys.values()) == 1, "something was created twice"
    assert world.plan(manifest).is_empty
    sent = len(world.writes())
    assert world.apply(plan).ok
    assert len(world.writes()) == sent, "applying it again changed something"
    back = plans.rollback(world.client, world.journal, plan.short_id)  # what a killed run did is undone as well
    assert world.apply(back).ok
    assert [row.status for row in world.live() if row.catalog_product_group_id in world.groups[:3]] == [
        "ACTIVE",
        "PAUSED",
        "PAUSED",
    ]
    new = [group.id for group in world.client.ad_groups.list(world.account) if group.id != world.ad_group]
    assert [row.status for group in new for row in world.live(group)] == ["PAUSED", "PAUSED"]


@pytest.mark.soak
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_at_any_request_and_then_again_is_as_if_nothing_had_happened(kind, template, undisturbed, tmp_path, rounds):
    expected, requests = undisturbed
    step = rounds(4, 1)  # every request in `make soak`; else every fourth, and together the kinds meet them all
    for at in range(list(FAULTS).index(kind) % step, requests, step):
        world = prepared(template, tmp_path / str(at))
        manifest = world.manifest(MANIFEST)
        plan = world.plan(manifest)
        apply_until_done(world, plan, {at: kind})
        check(world, manifest, plan, expected)
        world.emulator.close()


@pytest.mark.soak
def test_several_faults_at_random_requests(template, undisturbed, tmp_path, rounds):
    expected, requests = undisturbed
    for seed in range(rounds(10, 2000)):
        draw = random.Random(seed)
        faults = {draw.randrange(requests + 10): draw.choice(list(FAULTS)) for _ in range(draw.randint(2, 5))}
        world = prepared(template, tmp_path / str(seed))
        manifest = world.manifest(MANIFEST)
        plan = world.plan(manifest)
        apply_until_done(world, plan, faults)
        check(world, manifest, plan, expected)
        world.emulator.close()


# ------------------------------------------------------------------------------- a process that is killed

CHILD = """
import os, signal, sys
from pinshop import Client, plans
from pinshop.transports.urllib3 import Urllib3Transport

at, when, path, journal = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]

class Deadly:
    def __init__(self, inner):
        self.inner, self.count = inner, 0
    def send(self, request):
        self.count += request.method != "GET"
        mine = request.method != "GET" and self.count == at
        if mine and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        reply = self.inner.send(request)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply
    def close(self):
        pass

client = Client(os.environ["TOKEN"], base_url=os.environ["BASE"])
client._transport = Deadly(client._transport)
applied = plans.apply(client, plans.load_plan(path), journal=journal, max_spend="1000", max_changes=1000, settle_seconds=0)
print(applied.summary())
sys.exit(0 if applied.ok else 1)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_at_any_batch_is_finished_by_the_same_command(when, tmp_path):
    """31 promotions to create and 31 to activate: two batches each, of 30 and 1."""
    for at in range(1, 5):
        with Emulator() as emulator:  # the child's clock is the machine's
            world = World(emulator, client_of(emulator), tmp_path / f"journal {at}")
            names = [group.id for group in every_group(world, 31)]
            manifest = world.promoted("\n".join(f'- {{catalog_product_group_id: "{one}", status: ACTIVE}}' for one in names))
            plan = world.plan(manifest)
            plan.save(tmp_path / "plan.json")
            command = [sys.executable, "-c", CHILD]
            environment = {**os.environ, "TOKEN": emulator.access_token, "BASE": emulator.base_url}
            arguments = [when, str(tmp_path / "plan.json"), str(world.journal)]
            dead = subprocess.run([*command, str(at), *arguments], env=environment, capture_output=True, text=True, check=False)
            assert dead.returncode == -signal.SIGKILL, dead.stderr
            done = subprocess.run([*command, "0", *arguments], env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr + done.stdout
            rows = world.live()
            assert sorted(row.catalog_product_group_id for row in rows) == sorted(names)
            assert {row.status for row in rows} == {"ACTIVE"}
            again = subprocess.run([*command, "0", *arguments], env=environment, capture_output=True, text=True, check=False)
            assert "already executed" in again.stdout


def every_group(world: World, count: int) -> list[Any]:
    """So many catalog product groups."""
    return [
        world.client.catalog_product_groups.create(
            name=f"Group {n:02d}", feed_id=world.emulator.feed_id, filters={"any_of": [{"BRAND": {"values": [f"Brand {n}"]}}]}
        )
        for n in range(count)
    ]


def test_half_a_line_at_the_end_of_the_journal_is_that_of_a_killed_process(template, undisturbed, tmp_path):
    expected, requests = undisturbed
    world = prepared(template, tmp_path / "whole")
    plan = world.plan(world.manifest(MANIFEST))
    world.apply(plan)
    whole = (world.journal / f"{plan.short_id}.jsonl").read_bytes()
    for at in range(4, requests, 3):
        world = prepared(template, tmp_path / str(at))
        plan = world.plan(world.manifest(MANIFEST))
        path = world.journal / f"{plan.short_id}.jsonl"
        with pytest.raises(Killed):
            plans.apply(
                client_of(world.emulator, Troubled(world.emulator, {at: "killed after"})),
                plan,
                journal=world.journal,
                max_spend="1000",
            )
        if path.exists():
            with path.open("ab") as file:
                file.write(whole[-20:-3])
        assert world.apply(plan).ok
        check(world, world.manifest(MANIFEST), plan, expected)


def test_two_processes_do_not_apply_with_one_journal(template, tmp_path):
    world = prepared(template, tmp_path / "journal")
    plan = world.plan(world.manifest(MANIFEST))
    inside: list[str] = []

    def meanwhile(_: Any) -> None:
        if not inside:
            with pytest.raises(PlanRefused, match="another process is applying"):
                plans.apply(client_of(world.emulator), plan, journal=world.journal)
            inside.append("refused")

    assert world.apply(plan, progress=meanwhile).ok
    assert inside == ["refused"]
