"""How far each partition has landed is read from the last few batches, and from all of them where these don't tell."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from py4j.protocol import Py4JJavaError

from ingestion import bronze
from tests.support.warehouse import Message, Warehouse

RECENT = 2
BATCHES = RECENT + 1


@pytest.fixture(autouse=True)
def few_are_recent(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are asked first: fewer than in production, for each costs the tests a second."""
    monkeypatch.setattr(bronze, "RECENT_BATCHES", RECENT)


def landed(warehouse: Warehouse, hub: str, batches: Iterable[tuple[str, dict[int, int]]]) -> str:
    """A bronze table of batches, each of one topic and with one message a partition: partition -> offset."""
    for topic, offsets in batches:
        warehouse.land([Message(b"{}", partition, offset) for partition, offset in offsets.items()], topic, hub)
    return f"{warehouse.bronze}/{hub}"


def high_water(warehouse: Warehouse, table: str, topic: str) -> dict[int, int]:
    return bronze.high_water(warehouse.spark, table, topic, bronze.extent(warehouse.spark, table))


def forget_first_batch(warehouse: Warehouse, table: str) -> None:
    """Its files are gone: whoever reads them fails."""
    first = warehouse.spark.read.format("delta").load(table).where("landed_batch = 1")
    for file in first.inputFiles():
        Path(urlsplit(file).path).unlink()


def test_an_empty_table_has_none(warehouse: Warehouse) -> None:
    table = f"{warehouse.bronze}/no_marks"
    bronze.create_table(warehouse.spark, table)
    assert bronze.extent(warehouse.spark, table) == (0, -1)
    assert high_water(warehouse, table, "one") == {}


def test_the_last_batches_are_enough_where_all_partitions_stand_in_them(warehouse: Warehouse) -> None:
    table = landed(warehouse, "busy_marks", (("one", {0: n, 1: 7 * n}) for n in range(BATCHES)))
    forget_first_batch(warehouse, table)
    assert bronze.extent(warehouse.spark, table) == (BATCHES, 1)
    assert high_water(warehouse, table, "one") == {0: BATCHES - 1, 1: 7 * (BATCHES - 1)}


def test_a_partition_that_was_quiet_lately_is_looked_for_in_all_of_them(warehouse: Warehouse) -> None:
    batches = [("one", {0: 3, 1: 9, 2: 40}), ("one", {2: 41}), ("another", {0: 99, 1: 99, 2: 99})]
    table = landed(warehouse, "quiet_marks", batches + [("one", {0: 4 + n, 1: 10 + n}) for n in range(BATCHES)])
    assert high_water(warehouse, table, "one") == {0: 3 + BATCHES, 1: 9 + BATCHES, 2: 41}
    assert high_water(warehouse, table, "another") == {0: 99, 1: 99, 2: 99}
    assert high_water(warehouse, table, "a third") == {}
    forget_first_batch(warehouse, table)
    with pytest.raises(Py4JJavaError, match="does not exist"):
        high_water(warehouse, table, "one")
