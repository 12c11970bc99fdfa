"""An emulator at a fixed moment, a client on it whose waiting takes no time, and manifests made for it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from pinshop import Client, plans
from pinshop.emulator import Emulator

MOMENT = "2026-03-01T12:00:00Z"


def client_of(emulator: Emulator, transport: Any = None, token: Any = None, **options: Any) -> Client:
    def sleep(seconds: float) -> None:
        emulator.clock.advance(seconds=seconds)

    return Client(
        token or emulator.access_token,
        base_url=emulator.base_url,
        api_version=emulator.api_version,
        transport=transport or emulator.transport(sleep),
        clock=emulator.clock.seconds,
        sleep=sleep,
        random=lambda: 0.5,
        on_event=lambda _: None,
        **options,
    )


@pytest.fixture(scope="session")
def template() -> Iterator[Emulator]:
    emulator = Emulator(now=MOMENT)
    yield emulator
    emulator.close()


@pytest.fixture
def emulator(template: Emulator) -> Iterator[Emulator]:
    fork = template.fork()
    yield fork
    fork.close()


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return client_of(emulator)


class World:
    """One emulator with what tests of plans do to it again and again."""

    def __init__(self, emulator: Emulator, client: Client, directory: Any) -> None:
        self.emulator, self.client, self.journal = emulator, client, directory
        self.account, self.ad_group = emulator.ad_account_id, emulator.ad_group_id
        self.groups = emulator.catalog_product_group_ids

    def manifest(self, text: str, **options: Any) -> plans.Manifest:
        """A manifest; ``$account``, ``$group`` and ``$0`` … ``$4`` stand for the seeded ids."""
        text = textwrap.dedent(text).replace("$account", f'"{self.account}"').replace("$group", f'"{self.ad_group}"')
        for index, group in enumerate(self.groups):
            text = text.replace(f"${index}", f'"{group}"')
        return plans.parse_manifest(text, **options)

    def promoted(self, body: str, group: str = "") -> plans.Manifest:
        """A manifest of the seeded ad group; ``body`` are its promotions, ``group`` its other lines."""
        lines = "".join(f"    {line}\n" for line in textwrap.dedent(group).strip().splitlines())
        promotions = textwrap.indent(textwrap.dedent(body).strip(), " " * 6)
        return self.manifest(f"account: $account\nad_groups:\n  - id: $group\n{lines}    promotions:\n{promotions}\n")

    def plan(self, manifest: plans.Manifest, **options: Any) -> plans.Plan:
        return plans.make_plan(self.client, manifest, journal=self.journal, **options)

    def apply(self, plan: plans.Plan, **options: Any) -> plans.Applied:
        return plans.apply(self.client, plan, journal=self.journal, **{"max_spend": "1000", "max_changes": 100_000, **options})

    def create(self, *items: dict[str, Any]) -> list[str]:
        """Promotions made by somebody else; returns their ids."""
        result = self.client.promotions.create(self.account, self.ad_group, list(items))
        result.raise_if_failed()
        return [outcome.id or "" for outcome in result]

    def live(self, ad_group: str | None = None) -> list[Any]:
        return list(
            self.client.promotions.list(
                self.account,
                ad_group_id=ad_group or self.ad_group,
                entity_statuses=["ACTIVE", "PAUSED", "DRAFT", "ARCHIVED"],
                order="ASCENDING",
                page_size=250,
            )
        )

    def writes(self) -> list[Any]:
        """The calls that could change something."""
        return [entry for entry in self.emulator.calls if entry.method != "GET" and "oauth" not in entry.operation]


@pytest.fixture
def world(emulator: Emulator, client: Client, tmp_path: Any) -> World:
    return World(emulator, client, tmp_path / "journal")
