"""`python -m ingestion reconcile`: every kind of difference between broker, bronze and silver is found and named."""

from pathlib import Path

import pytest

from ingestion import bronze
from ingestion import reconcile as account
from ingestion.settings import Settings
from tests.support.warehouse import Message, Warehouse

NOW = "now"


class Hub:
    """The hub orders as a test makes it: what the broker says, what is in bronze and in silver."""

    def __init__(self, warehouse: Warehouse, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._spark = warehouse.spark
        self._settings = Settings(bronze=str(folder / "bronze"), silver=str(folder / "silver"))
        self._patch = monkeypatch
        self.broker_has(0, 0)

    def broker_has(self, first: int, following: int) -> None:
        self._patch.setattr(account, "topic_generation", lambda *_: NOW)
        self._patch.setattr(account, "broker_offsets", lambda *_: {0: (first, following)})

    def land(self, *offsets: int, generation: str = NOW) -> None:
        table = f"{self._settings.bronze}/orders"
        bronze.create_table(self._spark, table)
        messages = [Message(b"", 0, offset) for offset in offsets]
        rows = [(m.partition, m.offset, None, None, bytearray(m.body)) for m in messages]
        columns = (
            "partition int, offset bigint, timestamp timestamp, headers array<struct<key: string, value: binary>>,"
            " value binary"
        )
        bronze.append(bronze.stamp(self._spark.createDataFrame(rows, columns), generation, 1), table)

    def judge(self, verdict: str, *offsets: int, generation: str = NOW) -> None:
        rows = [(generation, 0, offset, verdict) for offset in offsets]
        frame = self._spark.createDataFrame(
            rows, "topic_generation string, partition int, offset bigint, verdict string"
        )
        frame.write.format("delta").mode("append").save(f"{self._settings.silver}/order_messages")

    def erase(self, *offsets: int) -> None:
        rows = [("orders", NOW, 0, offset) for offset in offsets]
        columns = "hub string, topic_generation string, partition int, offset bigint"
        frame = self._spark.createDataFrame(rows, columns)
        frame.write.format("delta").mode("append").save(f"{self._settings.bronze}/erased_positions")

    def account(self) -> list[account.Partition]:
        return account.reconcile(self._spark, self._settings, ["orders"])

    def problems(self) -> list[str]:
        return [problem for each in self.account() for problem in each.problems]


@pytest.fixture
def hub(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    one = Hub(warehouse, tmp_path, monkeypatch)
    one.land(0, 1, 2, 3)
    one.judge("accepted", 0, 1)
    one.judge("duplicate", 2)
    one.judge("rejected", 3)
    one.broker_has(0, 4)
    return one


def test_what_agrees_has_no_problems(hub: Hub) -> None:
    (partition,) = hub.account()
    assert partition.problems == []
    assert (partition.landed, partition.accepted, partition.duplicates, partition.quarantined) == (4, 2, 1, 1)
    assert account.as_dict([partition])["agrees"]
    assert "agrees" in account.as_table([partition])


def test_positions_landed_again_are_counted_and_no_difference(hub: Hub) -> None:
    hub.land(1, 2)
    (partition,) = hub.account()
    assert (partition.landed, partition.landed_again, partition.problems) == (4, 2, [])


def test_what_the_broker_has_and_bronze_lacks_has_not_landed_yet(hub: Hub) -> None:
    hub.broker_has(0, 7)
    assert hub.problems() == ["3 have not landed yet"]


def test_what_the_broker_dropped_before_it_landed_is_lost(hub: Hub) -> None:
    hub.broker_has(6, 7)
    assert hub.problems() == [
        "offsets 4 to 5 never landed, and the broker holds them no more: lost",
        "1 have not landed yet",
    ]


def test_retention_that_passed_what_landed_long_ago_is_no_difference(hub: Hub) -> None:
    hub.broker_has(3, 4)
    assert hub.problems() == []


def test_a_gap_in_the_offsets_is_named(hub: Hub) -> None:
    hub.land(6, 8)
    hub.judge("accepted", 6, 8)
    hub.broker_has(0, 9)
    assert hub.problems() == ["offsets 4 to 5 never landed: a gap", "offset 7 never landed: a gap"]


def test_what_landed_and_has_no_verdict_waits(hub: Hub) -> None:
    hub.land(4, 5)
    hub.broker_has(0, 6)
    assert hub.problems() == ["2 landed and have no verdict yet (dbt build)"]


def test_a_verdict_on_what_never_landed_and_a_second_verdict_are_found(hub: Hub) -> None:
    hub.judge("accepted", 4)
    hub.judge("duplicate", 0)
    hub.broker_has(0, 5)
    assert hub.problems() == ["1 have a verdict and are not in bronze", "1 have more than one verdict"]


def test_what_was_erased_is_no_gap_and_in_no_other_count(hub: Hub) -> None:
    hub.land(6)
    hub.judge("accepted", 6)
    hub.erase(4, 5, 7)
    hub.broker_has(0, 8)
    (partition,) = hub.account()
    assert (partition.problems, partition.landed, partition.accepted, partition.erased) == ([], 5, 3, 3)


def test_an_erasure_that_was_cut_off_is_found(hub: Hub) -> None:
    hub.erase(3)
    assert hub.problems() == ["1 are to be erased and still in bronze (erase again)"]


def test_a_hub_made_anew_under_the_old_name_is_noticed(hub: Hub) -> None:
    hub.broker_has(0, 2)
    assert hub.problems() == ["bronze has offsets up to 3, the broker gives 2 next: another topic?"]


def test_an_older_life_of_the_topic_is_held_against_silver_alone(hub: Hub) -> None:
    hub.land(0, 1, generation="before")
    hub.judge("accepted", 0, 1, generation="before")
    old, new = hub.account()
    assert (old.broker_next, old.problems, new.problems) == (None, [], [])
    assert "gone" in account.as_table([old, new])


def test_before_the_first_landing_all_is_still_to_come(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Hub(warehouse, tmp_path, monkeypatch)
    assert empty.problems() == []
    empty.broker_has(0, 5)
    assert empty.problems() == ["5 have not landed yet"]
