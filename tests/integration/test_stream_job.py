"""The stream job lands every event once, byte for byte, however it is stopped and started again."""

import os
import re
import shutil
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_END, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from sandbox.broker import PARTITIONS
from tests.support.sandboxes import TestSandbox
from tests.support.warehouse import Warehouse

BODIES = [b'{"order_id": "1"}', b"not json", b"\xff\xfe not text", b"x" * 1_000_000, "😀".encode()]


class Bronze:
    """The bronze table of a sandbox, read by the Spark of the tests."""

    def __init__(self, sandbox: TestSandbox, warehouse: Warehouse) -> None:
        self._path = f"{sandbox.settings.bronze}/orders"
        self._warehouse = warehouse

    def rows(self, columns: str = "*") -> list[dict[str, object]]:
        return self._warehouse.query(f"select {columns} from delta.`{self._path}`")

    def positions(self) -> Counter[tuple[object, ...]]:
        return Counter(tuple(row.values()) for row in self.rows("topic_generation, `partition`, `offset`"))


@pytest.fixture(scope="module")
def bronze(broker_sandbox: TestSandbox, warehouse: Warehouse) -> Bronze:
    return Bronze(broker_sandbox, warehouse)


def send(sandbox: TestSandbox, folder: Path, bodies: list[bytes]) -> None:
    file = folder / "events.jsonl"
    file.write_bytes(b"\n".join(bodies) + b"\n")
    sent = sandbox.run("ingestion", "send", "--hub", "orders", str(file))
    assert sent.returncode == 0, sent.stderr


def land(sandbox: TestSandbox, *options: str) -> str:
    landed = sandbox.run("ingestion", "stream", "--once", *options)
    assert landed.returncode == 0, landed.stderr
    return landed.stdout


def test_every_body_lands_as_its_bytes(broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path) -> None:
    send(broker_sandbox, tmp_path, BODIES)
    output = land(broker_sandbox)
    assert re.search(r"orders: batch 0, 5 rows, [\d,]+ rows/s, lag 0", output), output
    assert Counter(bytes(row["body"]) for row in bronze.rows("body")) == Counter(BODIES)  # type: ignore[call-overload]


def test_landing_again_lands_nothing_again_and_batches_are_bounded(
    broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path
) -> None:
    before = bronze.positions()
    land(broker_sandbox)
    assert bronze.positions() == before
    send(broker_sandbox, tmp_path, [b"%d" % n for n in range(100)])
    land(broker_sandbox, "--max-offsets", "30")
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
    wait_for(lambda: len(bronze.positions()) > before, "some batches to land")
    second = broker_sandbox.run("ingestion", "stream", "--once")
    assert second.returncode == 1
    assert "Another stream job is at work" in second.stderr
    os.kill(job.pid, signal.SIGKILL)
    job.wait(20)

    job = broker_sandbox.start("ingestion", "stream", "--max-offsets", "2000")
    wait_for(lambda: len(bronze.positions()) == before + 3_000, "the rest to land", 300)
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
    land(broker_sandbox)
    shutil.rmtree(checkpoints)
    shutil.move(tmp_path / "copy", checkpoints)
    send(broker_sandbox, tmp_path, [b"sent after the restore"])
    land(broker_sandbox)
    assert bronze.positions().keys() >= before.keys()
    assert len(bronze.positions()) == len(before) + 2

    shutil.rmtree(checkpoints)
    send(broker_sandbox, tmp_path, [b"sent after the loss"])
    land(broker_sandbox)
    assert len(bronze.positions()) == len(before) + 3
    assert set(bronze.positions().values()) == {1}


def test_a_topic_made_anew_is_another_generation(broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path) -> None:
    generations = {row["topic_generation"] for row in bronze.rows("distinct topic_generation")}
    admin = AdminClient({"bootstrap.servers": broker_sandbox.settings.broker_address})
    admin.delete_topics(["orders"])["orders"].result(20)
    wait_for(lambda: "orders" not in admin.list_topics(timeout=5).topics, "the topic to go")
    admin.create_topics([NewTopic("orders", num_partitions=PARTITIONS)])["orders"].result(20)
    wait_for(
        lambda: bool(admin.describe_topics(TopicCollection(["orders"]))["orders"].result(5).partitions), "a leader"
    )
    send(broker_sandbox, tmp_path, [b"after"])
    land(broker_sandbox)
    rows = [row for row in bronze.rows("topic_generation, body") if row["topic_generation"] not in generations]
    assert [bytes(row["body"]) for row in rows] == [b"after"]  # type: ignore[call-overload]


def test_events_that_the_broker_dropped_too_early_stop_the_job_until_somebody_decides(
    broker_sandbox: TestSandbox, bronze: Bronze
) -> None:
    # One partition, so that what is gone lies between what landed and what is kept.
    produce(broker_sandbox, [b"landed"])
    land(broker_sandbox)
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
    assert "never landed, and the broker holds them no more: lost" in reconcile(broker_sandbox)

    # What the runbook says.
    shutil.rmtree(broker_sandbox.settings.checkpoints / "orders")
    land(broker_sandbox)
    assert sum(bronze.positions().values()) == before + 1
    assert "never landed: a gap" in reconcile(broker_sandbox)


def test_a_broker_that_goes_away_is_said_in_one_line_and_the_next_run_goes_on(
    broker_sandbox: TestSandbox, bronze: Bronze, tmp_path: Path
) -> None:
    before = sum(bronze.positions().values())
    send(broker_sandbox, tmp_path, [b"before"])
    job = broker_sandbox.start("ingestion", "stream")
    wait_for(lambda: sum(bronze.positions().values()) == before + 1, "the first event to land")
    assert broker_sandbox.run("sandbox", "broker", "stop").returncode == 0
    output, _ = job.communicate(timeout=400)
    assert job.returncode == 1
    errors = [line for line in output.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, output
    assert "The broker does not answer. Once it is back, run this again" in errors[0]

    assert broker_sandbox.run("sandbox", "broker", "start").returncode == 0
    send(broker_sandbox, tmp_path, [b"after it came back"])
    land(broker_sandbox)
    assert sum(bronze.positions().values()) == before + 2


def produce(sandbox: TestSandbox, bodies: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": sandbox.settings.broker_address})
    for body in bodies:
        producer.produce("orders", body, partition=0)
    assert producer.flush(20) == 0


def reconcile(sandbox: TestSandbox) -> str:
    account = sandbox.run("ingestion", "reconcile", "--hub", "orders")
    assert account.returncode == 1, account.stderr
    return account.stdout


def drop_all_events(sandbox: TestSandbox) -> None:
    """The broker drops what it has of the hub, as it does once retention has passed."""
    admin = AdminClient({"bootstrap.servers": sandbox.settings.broker_address})
    until_now = [TopicPartition("orders", partition, OFFSET_END) for partition in range(PARTITIONS)]
    for dropped in admin.delete_records(until_now).values():
        dropped.result(20)


def wait_for(condition: "object", what: str, seconds: float = 180) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except Exception:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.5)
