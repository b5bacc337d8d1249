"""dim_product is written when a run has something new for it, and left alone otherwise."""

from datetime import UTC, datetime
from itertools import count

from tests.support.events import order
from tests.support.warehouse import Message, Warehouse


def test_dim_product_is_written_when_there_is_something_new(warehouse: Warehouse) -> None:
    at = datetime(2026, 6, 30, 15, tzinfo=UTC)
    offsets = count()

    def writes(*orders: bytes) -> int:
        """How many versions a run over some more orders adds."""
        before = newest_version()
        warehouse.land([Message(body, 0, next(offsets), at) for body in orders], "products", "orders")
        warehouse.dbt("run", "--select", "order_messages", "dim_product")
        return newest_version() - before

    def newest_version() -> int:
        return int(warehouse.query("describe history gold.dim_product limit 1")[0]["version"])

    warehouse.seed()
    (listed,) = warehouse.query("select product_id from silver.product_catalogue order by 1 limit 1")
    warehouse.dbt("run", "--select", "+dim_product,resource_type:model")
    # Its marks stand where it was last written: now at the newest of all batches.
    warehouse.dbt("run", "--full-refresh", "--select", "dim_product")
    assert writes(order(order_id="of the catalogue", product_id=listed["product_id"])) == 0
    assert writes(order(order_id="of a new product", product_id="NEW-9", category="Gadgets")) == 1
    assert writes(order(order_id="of one that is known by now", product_id="NEW-9", category="Other")) == 0
    assert warehouse.query("select category from gold.dim_product where product_id = 'NEW-9'") == [
        {"category": "Gadgets"}
    ]
    price = (
        f"update silver.product_catalogue set list_price = list_price %s 1 where product_id = '{listed['product_id']}'"
    )
    warehouse.query(price % "+")
    assert writes() == 1
    warehouse.query(price % "-")
    assert writes() == 1
