"""A product's category may change: by the catalogue, by its first order, by a replay. Sales follow; none is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from ingestion.errors import UserError
from tests.support.events import order
from tests.support.warehouse import Message, Warehouse

GENERATION = "products"
AT = datetime(2026, 6, 30, 15, tzinfo=UTC)
DAY = "2026-04-03"
OFFSETS = count()
FACT = "fct_sales_by_state_minute"


@pytest.fixture(scope="module")
def shop(warehouse: Warehouse) -> Iterator[Warehouse]:
    """The warehouse with its catalogue, which is put back at the end."""
    warehouse.seed()
    warehouse.query(
        "create or replace table silver.catalogue_kept using delta as select * from silver.product_catalogue"
    )
    warehouse.dbt("run", "--select", f"+{FACT}")
    yield warehouse
    warehouse.query("insert overwrite silver.product_catalogue select * from silver.catalogue_kept")
    warehouse.query("drop table silver.catalogue_kept")


def sell(warehouse: Warehouse, **fields: Any) -> None:
    """Land an order of a day that only these tests sell on."""
    offset = next(OFFSETS)
    sold = {"order_id": f"products {offset}", "timestamp": f"{DAY}T10:00:00"} | fields
    warehouse.land([Message(order(**sold), 0, offset, AT)], GENERATION)


def build(warehouse: Warehouse) -> None:
    warehouse.dbt("run", "--selector", "hot_path")


def sales(warehouse: Warehouse) -> dict[str, int]:
    """Orders of the day by category."""
    rows = warehouse.query(
        f"select category, sum(order_count) as n from gold.{FACT} where business_date = '{DAY}' group by category"
    )
    return {row["category"]: row["n"] for row in rows}


def equals_a_full_refresh(warehouse: Warehouse) -> bool:
    tables = {
        "gold.dim_product": ("category_batch",),
        f"gold.{FACT}": ("processed_batch", "category_batch"),
        "silver.product_sightings": ("order_batch", "engagement_batch", "review_batch"),
    }
    incremental = {table: warehouse.rows(table, without) for table, without in tables.items()}
    warehouse.dbt("run", "--full-refresh", "--select", "product_sightings", "dim_product", FACT)
    return incremental == {table: warehouse.rows(table, without) for table, without in tables.items()}


def test_sales_follow_a_product_that_the_catalogue_moves_drops_and_lists_again(shop: Warehouse) -> None:
    (listed,) = shop.query("select product_id, category from silver.product_catalogue order by product_id limit 1")
    product, category = listed["product_id"], listed["category"]
    sell(shop, product_id=product, category="Called so by its order")
    build(shop)
    assert sales(shop) == {category: 1}
    shop.query(f"update silver.product_catalogue set category = 'Moved' where product_id = '{product}'")
    build(shop)
    assert sales(shop) == {"Moved": 1}
    shop.query(f"delete from silver.product_catalogue where product_id = '{product}'")
    build(shop)
    assert sales(shop) == {"Called So By Its Order": 1}
    assert shop.query(f"select is_inferred from gold.dim_product where product_id = '{product}'") == [
        {"is_inferred": True}
    ]
    assert equals_a_full_refresh(shop)
    shop.query(
        f"insert into silver.product_catalogue select * from silver.catalogue_kept where product_id = '{product}'"
    )
    build(shop)
    assert sales(shop) == {category: 1}
    assert equals_a_full_refresh(shop)


def test_an_order_that_a_replay_accepts_gives_its_product_the_category_if_it_landed_first(shop: Warehouse) -> None:
    before = sales(shop)
    sell(shop, product_id="NEW-R", category="First landed", state="Kentuckee")
    sell(shop, product_id="NEW-R", category="Landed later")
    build(shop)
    assert sales(shop) == before | {"Landed Later": 1}
    shop.query("insert into silver.us_state_aliases values ('KENTUCKEE', 'KY')")
    shop.dbt("run", "--select", "order_keys")
    shop.dbt("run-operation", "replay_quarantined", "--args", "{hub: orders, reason: unknown_state}")
    build(shop)
    assert sales(shop) == before | {"First Landed": 2}
    assert equals_a_full_refresh(shop)


def test_a_fact_whose_dimension_is_behind_fails_and_loses_nothing(shop: Warehouse) -> None:
    before = sales(shop)
    sell(shop, product_id="NEW-B", category="Behind")
    # Of the same batch of silver, so that its number would count as read.
    sell(shop, category="Electronics")
    shop.dbt("run", "--select", "order_messages", "fct_order_lines")
    with pytest.raises(UserError, match=f"dim_product is behind.*{FACT}"):
        shop.dbt("run", "--select", FACT)
    assert sales(shop) == before
    build(shop)
    assert sales(shop) == before | {"Behind": 1, "Electronics": before.get("Electronics", 0) + 1}


def test_a_price_edit_changes_what_lands_behind_it_and_nothing_else(shop: Warehouse) -> None:
    (listed,) = shop.query("select product_id, list_price from silver.product_catalogue order by product_id limit 1")
    product, price = listed["product_id"], listed["list_price"]

    def prices(table: str) -> list[Any]:
        """Of the orders that the test has sent, in their order."""
        sold = f"select price from silver.{table} where order_id like 'priced %' order by order_id"
        return [row["price"] for row in shop.query(sold)]

    def sell_without_a_price(number: int) -> None:
        sell(shop, order_id=f"priced {number}", product_id=product, price=None)

    sell_without_a_price(1)
    shop.dbt("run", "--select", "order_messages")
    sell_without_a_price(2)
    shop.query(f"update silver.product_catalogue set list_price = list_price + 1 where product_id = '{product}'")
    shop.dbt("snapshot")
    sell_without_a_price(3)
    shop.query(f"delete from silver.product_catalogue where product_id = '{product}'")
    shop.dbt("snapshot")
    sell_without_a_price(4)
    shop.query(
        f"insert into silver.product_catalogue select * from silver.catalogue_kept where product_id = '{product}'"
    )
    shop.dbt("snapshot")
    sell_without_a_price(5)
    shop.dbt("run", "--select", "order_messages")
    # The second landed before the edit and was judged after it; the fourth had no price to take.
    assert prices("order_lines") == [price, price, price + 1, price]
    # What a full refresh would judge.
    assert prices("stg_event_hub__orders") == [price, price, price + 1, None, price]
