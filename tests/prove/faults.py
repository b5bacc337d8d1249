"""The faults: how each is put into the running pipeline. What they come to is judged elsewhere, by the ledger."""

import random
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import psutil
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from pyspark.sql import functions as F

from ingestion.contracts import HUBS
from ingestion.errors import UserError
from sandbox.broker import PARTITIONS, broker, start_broker
from sandbox.metastore import register_tables
from sandbox.spark import spark_server, start_spark_server
from tests.prove.pipeline import Pipeline, kill
from tests.support.events import order
from tests.support.tables import INCREMENTAL_TABLES
from tests.support.waiting import wait_until


class Skipped(Exception):
    """This machine does not permit the fault; the text says why."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    name: str
    """What people call it."""
    inject: Callable[[Pipeline, int, random.Random], bool]
    """Puts it into the pipeline for the n-th time (from 0), and mends nothing beyond what an operator would; returns
    whether it struck: a process may have ended before it was killed."""
    times: int = 1
    """How many strikes the long form wants; the short form wants one."""


def history_with_faults(pipe: Pipeline, _number: int, _choice: random.Random) -> bool:
    """Duplicates, late and broken messages come with the history, and are counted from the ledger."""
    pipe.send(PORTION * 3)
    return True


def out_of_order(pipe: Pipeline, _number: int, _choice: random.Random) -> bool:
    """Reviews and orders are landed and built before the views that led to them, reviews before orders."""
    pipe.send(PORTION)
    pipe.land("reviews")
    pipe.land("orders")
    # With them the table that two runs are at once at work on later: who creates it can't be overtaken.
    pipe.build("--select", "+fct_funnel_by_product_day", "+fct_reviews", f"+{OVERTAKEN_MODELS[0]}")
    pipe.land("engagement")
    return True


def kill_stream(pipe: Pipeline, _number: int, choice: random.Random) -> bool:
    """kill -9 of the stream job and its JVM; strikes where a batch was planned and not done."""
    pipe.send(PORTION)
    job = _stream_at_work(pipe)

    def in_a_batch() -> bool:
        return any(planned > done for planned, done in map(pipe.batches, HUBS))

    # Its batches are short, and seconds apart.
    wait_until(lambda: in_a_batch() or job.poll() is not None, "the next batch")
    time.sleep(choice.uniform(0, 0.5))
    kill(job.pid)
    return in_a_batch()


def kill_dbt(pipe: Pipeline, number: int, choice: random.Random) -> bool:
    """kill -9 of dbt and of the Spark server that works for it, soon after it began one of the models in turn."""
    pipe.send(PORTION // 4)
    pipe.land()
    run = pipe.start_dbt()
    assert run.stdout
    at_work: set[str] = set()

    def follow() -> None:
        for line in run.stdout or ():
            if begun := re.search(r"START sql incremental model \S+\.(\w+)", line):
                at_work.add(begun[1])
            elif ended := re.search(r"(?:OK created|ERROR creating) sql incremental model \S+\.(\w+)", line):
                at_work.discard(ended[1])

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    # 7 and their number, 18, have no common divisor: neighbours in the flow are not killed one after the other.
    model = INCREMENTAL_MODELS[7 * number % len(INCREMENTAL_MODELS)]
    wait_until(lambda: model in at_work or run.poll() is not None, f"dbt to begin {model}", 400)
    time.sleep(choice.uniform(0, 1.0))
    struck = bool(at_work) and run.poll() is None
    kill(run.pid, spark_server(pipe.settings).pid)
    reader.join(20)
    start_spark_server(pipe.settings)
    # A newer batch than the one that was cut off: whoever picks the newest alone would pass over that one.
    pipe.send(PORTION // 4)
    return struck


def kill_broker(pipe: Pipeline, _number: int, choice: random.Random) -> bool:
    """kill -9 of the broker while it takes events, just after it froze: with messages that it has got and not read."""
    pipe.send(1)
    before = pipe.in_broker()
    with ThreadPoolExecutor() as pool:
        sending = pool.submit(pipe.send, PORTION * 2, 4)
        wait_until(lambda: pipe.in_broker() > before, "the first messages")
        doomed = broker(pipe.settings).pid
        psutil.Process(doomed).suspend()
        time.sleep(choice.uniform(0.1, 0.5))
        struck = not sending.done()
        kill(doomed)
        start_broker(pipe.settings)
        sending.result()
    return struck


def kill_stream_and_dbt(pipe: Pipeline, _number: int, choice: random.Random) -> bool:
    """kill -9 of the stream job, dbt and the Spark server together."""
    pipe.send(PORTION)
    pipe.land("orders")
    run, job = pipe.start_dbt(), _stream_at_work(pipe)
    time.sleep(choice.uniform(0, 10))
    struck = run.poll() is None and job.poll() is None
    kill(job.pid, run.pid, spark_server(pipe.settings).pid)
    start_spark_server(pipe.settings)
    return struck


def _stream_at_work(pipe: Pipeline) -> "subprocess.Popen[str]":
    """The stream job as a process, in small batches, of which some are done."""

    def done() -> int:
        return sum(pipe.batches(hub)[1] for hub in HUBS)

    before = done()
    job = pipe.start_stream("--max-offsets", "100")
    wait_until(lambda: done() > before or job.poll() is not None, "a batch", 400)
    return job


def restored_checkpoint(pipe: Pipeline, _number: int, _choice: random.Random) -> bool:
    """The checkpoint is put back from an older copy; what was landed since is read again, beside what is new."""
    copy = pipe.settings.state / "copy"
    shutil.copytree(pipe.settings.checkpoints, copy)
    pipe.send(PORTION)
    pipe.land()
    shutil.rmtree(pipe.settings.checkpoints)
    copy.rename(pipe.settings.checkpoints)
    pipe.send(PORTION)
    return True


def lost_checkpoint(pipe: Pipeline, _number: int, _choice: random.Random) -> bool:
    """The checkpoint is deleted; everything that the broker still has is read again."""
    shutil.rmtree(pipe.settings.checkpoints)
    pipe.send(PORTION)
    pipe.land()
    return True


def full_disk(pipe: Pipeline, _number: int, _choice: random.Random) -> bool:
    """The disk is full while bronze is written: the job says so and ends; with room again it goes on."""
    with _small_disk(pipe.settings.bronze / "orders") as orders:
        filler = orders / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        pipe.send(PORTION)
        try:
            pipe.land()
        except UserError as error:
            if "No space left" not in str(error):
                raise
        else:
            raise AssertionError("landing on a full disk did not fail")
        filler.unlink()
        pipe.land()
    return True


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """A folder on a disk of its own of 64 MB, for a while; what is written meanwhile stays.

    Raises:
        Skipped: this machine does not permit it.
    """
    kept = folder.with_name(f"{folder.name}_kept")
    folder.rename(kept)
    folder.mkdir()
    try:
        mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
        if mounted.returncode:
            raise Skipped(f"no right to mount a small disk: {mounted.stderr.strip()}")
        try:
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            yield folder
            shutil.copytree(folder, kept, dirs_exist_ok=True)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()
        kept.rename(folder)


def clock_backwards(pipe: Pipeline, number: int, _choice: random.Random) -> bool:
    """The stream job's clock runs backwards, days at a time, from batch to batch."""
    past = datetime.now(UTC) - timedelta(days=3 * (number + 1))
    pipe.send(PORTION)
    pipe.land()
    # Picked in the present, so that a pick by the clock would not look back.
    pipe.build("--select", "+order_messages", "+engagement_messages", "+review_messages")
    pipe.send(PORTION)
    with mock.patch.object(F, "current_timestamp", side_effect=lambda: F.lit(past)):
        pipe.land()
    return True


def two_runs_of_dbt(pipe: Pipeline, number: int, _choice: random.Random) -> bool:
    """Two runs of dbt at once: one is held between a model's pick and its merge until the other, which has picked more,
    has ended. The one that was overtaken must say so and write nothing."""
    pipe.send(PORTION)
    pipe.land()
    model = OVERTAKEN_MODELS[number % len(OVERTAKEN_MODELS)]
    held = pipe.start_dbt("--log-level", "debug", "--select", f"+{model}")
    assert held.stdout
    for line in held.stdout:
        # What dbt says as soon as a model is compiled.
        if "Writing injected SQL" in line and f'.{model}"' in line:
            psutil.Process(held.pid).suspend()
            break
    else:
        raise AssertionError(f"dbt ended before it had compiled {model}")
    try:
        pipe.send(PORTION)
        pipe.land()
        other = pipe.start_dbt("--select", f"+{model}")
        said = other.communicate(timeout=900)[0]
        assert other.returncode == 0, said[-3000:]
    finally:
        # Whatever came of it, nobody is left standing still.
        psutil.Process(held.pid).resume()
    said = held.communicate(timeout=900)[0]
    if not any("Another run of dbt has written" in line and f".{model}" in line for line in said.splitlines()):
        raise AssertionError(f"{model} was overtaken, and the run did not say so:\n{said[-3000:]}")
    return True


def lost_metastore(pipe: Pipeline, _number: int, _choice: random.Random) -> bool:
    """The metastore is lost, and made anew from the tables' own logs."""
    kill(spark_server(pipe.settings).pid)
    shutil.rmtree(pipe.settings.metastore)
    start_spark_server(pipe.settings)
    register_tables(pipe.dbt, pipe.settings)
    pipe.send(PORTION)
    return True


def topic_made_anew(pipe: Pipeline, _number: int, _choice: random.Random) -> bool:
    """The topics are deleted and created again: their offsets begin again at 0."""
    # What the broker has and nobody has read yet would be gone with its topic.
    pipe.land()
    admin = AdminClient({"bootstrap.servers": pipe.settings.broker_address})
    for deletion in admin.delete_topics(list(HUBS)).values():
        deletion.result(20)
    wait_until(lambda: not set(HUBS) & set(admin.list_topics(timeout=5).topics), "the topics to go")
    for creation in admin.create_topics([NewTopic(hub, num_partitions=PARTITIONS) for hub in HUBS]).values():
        creation.result(20)
    wait_until(lambda: has_leaders(admin), "leaders")
    pipe.send(PORTION)
    return True


def has_leaders(admin: AdminClient) -> bool:
    """Whether the broker knows all topics with all their partitions; right after their creation it may know none."""
    topics = admin.list_topics(timeout=5).topics
    return all(hub in topics and len(topics[hub].partitions) == PARTITIONS for hub in HUBS)


def key_comes_back(pipe: Pipeline, number: int, _choice: random.Random) -> bool:
    """An order's key comes again with an event date two months later; the first landed counts."""
    key = f"comes-back-{number}"
    first = {"order_id": key, "timestamp": "2026-04-20T10:20:30", "price": 10.5, "quantity": 2, "state": "KY"}
    again = first | {"timestamp": "2026-06-19T10:20:30", "price": 99.0, "quantity": 7}
    pipe.send_bodies("orders", [order(**first)])
    pipe.land()
    pipe.build("--select", "+fct_sales_by_state_minute")
    pipe.send_bodies("orders", [order(**again)])
    hub = pipe.ledger.hubs["orders"]
    hub.accepted += 1
    hub.duplicates += 1
    pipe.ledger.revenue_cents["KY"] += 2100
    pipe.ledger.items["KY"] += 2
    pipe.ledger.orders["KY"] += 1
    pipe.ledger.lines["KY"] += 1
    return True


PORTION = 400
"""Messages of the history that come with each strike of a fault."""

INCREMENTAL_MODELS = [table.partition(".")[2] for table in INCREMENTAL_TABLES]

OVERTAKEN_MODELS = (
    "fct_engagement_by_product_day",
    "order_messages",
    "journeys",
    "fct_sales_by_product_day",
    "pipeline_health",
)

FAULTS = [
    Fault("events as they come, with faults of their own", history_with_faults),
    Fault("reviews, orders and views landed in the wrong order", out_of_order),
    Fault("kill -9 of the stream job in mid-batch", kill_stream, times=20),
    Fault("kill -9 of dbt in mid-merge, with its Spark", kill_dbt, times=20),
    Fault("kill -9 of the broker while events come", kill_broker, times=5),
    Fault("kill -9 of stream job and dbt together", kill_stream_and_dbt, times=3),
    Fault("the metastore lost, made anew from the tables", lost_metastore, times=2),
    Fault("an old checkpoint restored", restored_checkpoint, times=3),
    Fault("the checkpoint deleted", lost_checkpoint, times=3),
    Fault("the disk full while bronze is written", full_disk, times=3),
    Fault("the clock running backwards between batches", clock_backwards, times=3),
    Fault("two runs of dbt at once", two_runs_of_dbt, times=5),
    Fault("a topic deleted and made anew", topic_made_anew, times=3),
    Fault("a key that comes back two months later", key_comes_back, times=3),
]
