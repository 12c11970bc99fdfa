"""A plan counts exactly the calls that the job then sends, and says how long the quotas make it."""

from __future__ import annotations

import pytest

from pinshop import Client, InvalidInput, Pacer
from pinshop.emulator import Emulator
from pinshop.flow.estimate import Estimate
from pinshop.flow.pacing import Quota


@pytest.fixture
def emulator():
    with Emulator(seed=7) as emulator:
        yield emulator


@pytest.fixture
def client(emulator):
    with Client(emulator.access_token, base_url=emulator.base_url, transport=emulator.transport()) as client:
        yield client


@pytest.mark.parametrize(("count", "read_back"), [(1, True), (30, True), (31, True), (95, False)])
def test_a_create_sends_as_many_calls_as_its_plan_counts(emulator, client, count, read_back):
    group = emulator.catalog_product_group_ids[0]
    items = [{"catalog_product_group_id": group, "status": "PAUSED"}] * count
    plan = client.promotions.estimate_create(emulator.ad_account_id, emulator.ad_group_id, items, read_back=read_back)
    assert len(emulator.calls) == 0
    client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items, read_back=read_back)
    assert plan.cost().total_calls == len(emulator.calls)
    assert plan.cost().calls["ads_write"] == emulator.calls.count("product_group_promotions/create") == -(-count // 30)


def test_an_analytics_job_sends_as_many_calls_as_its_plan_counts(emulator, client):
    wanted = {
        "start_date": "2026-01-01",
        "end_date": "2026-01-20",
        "columns": ["CTR"],
        "granularity": "DAY",
    }
    ids = [str(10**12 + n) for n in range(501)]
    plan = client.promotions.estimate_analytics(emulator.ad_account_id, ids, **wanted)
    assert plan.cost().calls == {"ads_analytics": 3}


def test_a_plan_checks_what_the_job_would_check(emulator, client):
    with pytest.raises(InvalidInput, match=r"items\[0\]\.staus"):
        client.promotions.estimate_update(emulator.ad_account_id, emulator.ad_group_id, [{"id": "1", "staus": "PAUSED"}])


def test_the_quota_left_decides_how_long_it_takes():
    plan = Estimate(
        operation="product_groups/analytics",
        calls={"ads_analytics": 700},
        side_by_side=1000,
        quotas=[Quota("ads_analytics", 300, 60, 100, False), Quota("ads_read", 1, 86400, 0, False)],
    )
    cost = plan.cost()
    assert (cost.seconds, cost.bound_by) == (120, "the quota of ads_analytics")  # 100 now, 300 and 300 a minute apart
    assert str(cost) == "700 ads_analytics; about 2 min, bound by the quota of ads_analytics"


def test_without_a_tight_quota_the_calls_themselves_take_the_time():
    plan = Estimate(operation="x", calls={"ads_write": 40}, side_by_side=4, quotas=[])
    assert plan.cost(call_seconds=0.5).seconds == 5


def test_the_documented_quotas_count_before_the_first_answer():
    client = Client("token", base_url="http://127.0.0.1:1/v5", pacing=Pacer())
    plan = client.promotions.estimate_analytics(
        "1",
        [str(n) for n in range(250 * 601)],
        start_date="2026-01-01",
        end_date="2026-01-02",
        columns=["CTR"],
        granularity="DAY",
    )
    assert plan.cost(call_seconds=0.001).seconds == 120
