"""A hub in which nothing has landed for longer than its freshness allows is named."""

import pytest

from ingestion.errors import UserError
from tests.support.warehouse import Warehouse

OTHER_BRONZE = "bronze_of_freshness"


@pytest.fixture
def hubs(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A bronze of its own: orders landed just now, engagement two hours ago, reviews a month ago."""
    monkeypatch.setenv("DBT_BRONZE_SCHEMA", OTHER_BRONZE)
    warehouse.query(f"create schema if not exists {OTHER_BRONZE}")
    for hub, hours in {"orders": 0, "engagement": 2, "reviews": 24 * 30}.items():
        moment = f"timestampadd(hour, -{hours}, current_timestamp())"
        warehouse.query(
            f"create or replace table {OTHER_BRONZE}.{hub} using delta as "
            f"select {moment} as ingested_at, cast({moment} as date) as ingest_date"
        )
    return warehouse


def test_a_stale_hub_is_named_with_when_it_landed_last(hubs: Warehouse) -> None:
    (moment,) = hubs.query(f"select date_format(ingested_at, 'yyyy-MM-dd HH:mm') as at from {OTHER_BRONZE}.engagement")
    assert sorted(hubs.stale_sources()) == [
        f"nothing has landed in {OTHER_BRONZE}.engagement since {moment['at']} UTC",
        f"nothing has landed in {OTHER_BRONZE}.reviews for days",
    ]


def test_a_hub_that_cannot_be_asked_is_an_error_and_not_a_stale_one(hubs: Warehouse) -> None:
    hubs.query(f"alter table {OTHER_BRONZE}.reviews rename to {OTHER_BRONZE}.aside")
    hubs.query(f"create view {OTHER_BRONZE}.reviews as select 1 as other")
    try:
        with pytest.raises(UserError):
            hubs.stale_sources()
    finally:
        hubs.query(f"drop view {OTHER_BRONZE}.reviews")
        hubs.query(f"drop table {OTHER_BRONZE}.aside")
