"""The stream job lands every event once, byte for byte, however it is stopped and started again."""

import os
import re
import shutil
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_END, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from ingestion import reconcile, stream
from ingestion.settings import Settings
from sandbox.broker import PARTITIONS
from tests.support.sandboxes import TestSandbox
from tests.support.waiting import wait_until
from tests.support.warehouse import Warehouse

BODIES = [b'{"order_id": "1"}', b"not json", b"\xff\xfe not text", b"x" * 1_000_000, "😀".encode()]


class Bronze:
    """The bronze table of a sandbox, landed in and read by the Spark of the tests."""

    def __init__(self, sandbox: TestSandbox, warehouse: Warehouse) -> None:
        self._path = f"{sandbox.settings.bronze}/orders"
        self._warehouse = warehouse
        self._settings = Settings(
            kafka_bootstrap_servers=sandbox.settings.broker_address,
            bronze=str(sandbox.settings.bronze),
            silver=str(sandbox.settings.warehouse / "silver.db"),
            checkpoints=str(sandbox.settings.checkpoints),
        )

    def land(self, **changes: int) -> None:
        """Land what the broker has by the stream job's own code, without a process for it, with other settings."""
        settings = self._settings.model_copy(update=changes)
        stream.run(self._warehouse.spark, settings, ["orders"], once=True, report=lambda _: None)

    def account(self) -> str:
        """What reconciliation says of broker and bronze."""
        return reconcile.as_table(reconcile.reconcile(self._warehouse.spark, self._settings, ["orders"]))

    def rows(self, columns: str = "*") -> list[dict[str, Any]]:
        return self._warehouse.query(f"select {columns} from delta.`{self._path}`")

    def positions(self) -> Counter[tuple[Any, ...]]:
        return Counter(tuple(row.values()) for row in self.rows("topic_generation, `partition`, `offset`"))


@pytest.fixture(scope="module")
def bronze(broker_sandbox: TestSandbox, warehouse: Warehouse) -> Bronze:
    return Bronze(broker_sandbox, warehouse)


def send(sandbox: TestSandbox, folder: Path, bodies: list[bytes]) -> None:
    file = folder / "events.jsonl"
    file.write_bytes(b"\n".join(bodies) + b"\n")
    sent = sandbox.run("ingestion", "send", "--hub", "orders", str(file))
    assert sent.returncode == 0, sent.stderr


def test_every_body_lands_as_its_bytes(broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path) -> None:
    send(broker_sandbox, tmp_path, BODIES)
    landed = broker_sandbox.run("ingestion", "stream", "--once")
    assert landed.returncode == 0, landed.stderr
    assert re.search(r"orders: batch 0, 5 rows, [\d,]+ rows/s, lag 0", landed.stdout), landed.stdout
    assert Counter(bytes(row["body"]) for row in bronze.rows("body")) == Counter(BODIES)


def test_landing_again_lands_nothing_again_and_batches_are_bounded(
    broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path
) -> None:
    before = bronze.positions()
    bronze.land()
    assert bronze.positions() == before
    send(broker_sandbox, tmp_path, [b"%d" % n for n in range(100)])
    bronze.land(max_offsets_per_trigger=30)
    sizes = Counter(row["landed_batch"] for row in bronze.rows("landed_batch"))
    assert list(sizes)
    assert max(sizes) >= 5
    assert sorted(sizes) == list(range(1, max(sizes) + 1))
    assert all(size <= 30 for batch, size in sizes.items() if batch > 1)


def test_sigterm_stops_it_cleanly_and_kill_loses_and_doubles_nothing(
    broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path
) -> None:
    job = broker_sandbox.start("ingestion", "stream", "--max-offsets", "300")
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(job.stdout or ()), daemon=True)
    reader.start()
    before = len(bronze.positions())
    send(broker_sandbox, tmp_path, [b"killed %d" % n for n in range(3_000)])
    wait_until(lambda: len(bronze.positions()) > before, "some batches to land", 180, every=0.5)
    second = broker_sandbox.run("ingestion", "stream", "--once")
    assert second.returncode == 1
    assert "Another stream job is at work" in second.stderr
    os.kill(job.pid, signal.SIGKILL)
    job.wait(20)

    job = broker_sandbox.start("ingestion", "stream", "--max-offsets", "2000")
    wait_until(lambda: len(bronze.positions()) == before + 3_000, "the rest to land", 300, every=0.5)
    job.terminate()
    output, _ = job.communicate(timeout=120)
    assert job.returncode == 0, output
    assert set(bronze.positions().values()) == {1}


def test_a_lost_or_restored_checkpoint_lands_nothing_twice_and_skips_nothing(
    broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path
) -> None:
    checkpoints = broker_sandbox.settings.checkpoints
    before = bronze.positions()
    shutil.copytree(checkpoints, tmp_path / "copy")
    send(broker_sandbox, tmp_path, [b"landed after the copy"])
    bronze.land()
    shutil.rmtree(checkpoints)
    shutil.move(tmp_path / "copy", checkpoints)
    send(broker_sandbox, tmp_path, [b"sent after the restore"])
    bronze.land()
    assert bronze.positions().keys() >= before.keys()
    assert len(bronze.positions()) == len(before) + 2

    shutil.rmtree(checkpoints)
    send(broker_sandbox, tmp_path, [b"sent after the loss"])
    bronze.land()
    assert len(bronze.positions()) == len(before) + 3
    assert set(bronze.positions().values()) == {1}


def test_a_topic_made_anew_is_another_generation(broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path) -> None:
    generations = {row["topic_generation"] for row in bronze.rows("distinct topic_generation")}
    admin = AdminClient({"bootstrap.servers": broker_sandbox.settings.broker_address})
    admin.delete_topics(["orders"])["orders"].result(20)
    wait_until(lambda: "orders" not in admin.list_topics(timeout=5).topics, "the topic to go")
    admin.create_topics([NewTopic("orders", num_partitions=PARTITIONS)])["orders"].result(20)
    wait_until(
        lambda: (topic := admin.list_topics(timeout=5).topics.get("orders")) and topic.partitions, "the new topic"
    )
    send(broker_sandbox, tmp_path, [b"after"])
    bronze.land()
    rows = [row for row in bronze.rows("topic_generation, body") if row["topic_generation"] not in generations]
    assert [bytes(row["body"]) for row in rows] == [b"after"]


def test_events_that_the_broker_dropped_too_early_stop_the_job_until_somebody_decides(
    broker_sandbox: TestSandbox, bronze: Bronze
) -> None:
    # One partition, so that what is gone lies between what landed and what is kept.
    produce(broker_sandbox, [b"landed"])
    bronze.land()
    before = sum(bronze.positions().values())
    produce(broker_sandbox, [b"gone before it landed"] * 8)
    drop_all_events(broker_sandbox)
    produce(broker_sandbox, [b"kept"])

    job = broker_sandbox.run("ingestion", "stream", "--once")
    assert job.returncode == 1
    errors = [line for line in job.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, job.stderr
    assert "dropped events before they landed" in errors[0]
    assert "Retention shorter than the outage" in errors[0]
    assert sum(bronze.positions().values()) == before
    assert "never landed, and the broker holds them no more: lost" in bronze.account()

    # What the runbook says.
    shutil.rmtree(broker_sandbox.settings.checkpoints / "orders")
    bronze.land()
    assert sum(bronze.positions().values()) == before + 1
    assert "never landed: a gap" in bronze.account()


def test_a_broker_that_goes_away_is_said_in_one_line_and_the_next_run_goes_on(
    broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path
) -> None:
    before = sum(bronze.positions().values())
    send(broker_sandbox, tmp_path, [b"before"])
    job = broker_sandbox.start("ingestion", "stream")
    wait_until(lambda: sum(bronze.positions().values()) == before + 1, "the first event to land", 180, every=0.5)
    assert broker_sandbox.run("sandbox", "broker", "stop").returncode == 0
    output, _ = job.communicate(timeout=400)
    assert job.returncode == 1
    errors = [line for line in output.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, output
    assert "The broker does not answer. Once it is back, run this again" in errors[0]

    assert broker_sandbox.run("sandbox", "broker", "start").returncode == 0
    send(broker_sandbox, tmp_path, [b"after it came back"])
    bronze.land()
    assert sum(bronze.positions().values()) == before + 2


def produce(sandbox: TestSandbox, bodies: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": sandbox.settings.broker_address})
    for body in bodies:
        producer.produce("orders", body, partition=0)
    assert producer.flush(20) == 0


def drop_all_events(sandbox: TestSandbox) -> None:
    """The broker drops what it has of the hub, as it does once retention has passed."""
    admin = AdminClient({"bootstrap.servers": sandbox.settings.broker_address})
    until_now = [TopicPartition("orders", partition, OFFSET_END) for partition in range(PARTITIONS)]
    for dropped in admin.delete_records(until_now).values():
        dropped.result(20)
