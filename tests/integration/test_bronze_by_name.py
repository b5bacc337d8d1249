"""dbt knows bronze's tables by name, whoever made them and whatever was set on them since."""

from ingestion import bronze
from tests.support.events import order
from tests.support.warehouse import Message, Warehouse


def test_a_table_with_properties_of_its_own_is_known_again_with_all_its_rows(warehouse: Warehouse) -> None:
    warehouse.land([Message(order(order_id="by name"))], "by name")
    warehouse.dbt("seed", "--select", "us_states")
    rows = warehouse.rows("bronze.orders")
    warehouse.query("alter table bronze.orders set tblproperties ('delta.logRetentionDuration' = 'interval 60 days')")
    # As after a lost metastore: only the name goes, the files stay.
    warehouse.query("drop table bronze.orders")
    warehouse.dbt("seed", "--select", "us_states")
    assert warehouse.rows("bronze.orders") == rows
    properties = {row["key"]: row["value"] for row in warehouse.query("show tblproperties bronze.orders")}
    assert properties["delta.logRetentionDuration"] == "interval 60 days"
    assert properties["delta.dataSkippingNumIndexedCols"] == str(bronze.INDEXED_COLUMNS)
