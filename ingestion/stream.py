"""The stream job: from each hub into its bronze table, by Spark Structured Streaming."""

import fcntl
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from ingestion import bronze
from ingestion.errors import UserError
from ingestion.kafka_options import kafka_options, topic_generation
from ingestion.settings import Settings
from ingestion.signals import StopRequest

REPLAY_FAILURE = 'because the return value of "scala.Option.get()" is null'
"""What Spark 4.1.1 fails with after it has replayed and committed a batch that was cut off: its Kafka source then has
no figures to report (https://issues.apache.org/jira/browse/SPARK-55271). Started again, the query goes on."""


def read(spark: SparkSession, settings: Settings, hub: str) -> DataFrame:
    """The hub as a stream of Kafka's columns, headers included, from the earliest event on."""
    return (
        spark.readStream.format("kafka")
        .options(**kafka_options(settings))
        .option("subscribe", hub)
        .option("startingOffsets", "earliest")
        .option("failOnDataLoss", "true")
        .option("includeHeaders", "true")
        .option("maxOffsetsPerTrigger", settings.max_offsets_per_trigger)
        .load()
    )


def land(table: str, generation: str, high_water: dict[int, int], last_batch: int) -> Callable[[DataFrame, int], None]:
    """What is done with each micro-batch: drop what landed before, number it, stamp it, append it.

    What the query's checkpoint says has been read can lag behind what has landed: after a crash by a batch, after a
    lost or a restored checkpoint by any number. The table itself says what it has.

    Args:
        table: the hub's bronze table.
        generation: which life of the topic this is.
        high_water: by partition, the highest offset that had landed when the query started.
        last_batch: the number of the last batch that had; nobody else numbers batches here.
    """
    numbers = count(last_batch + 1)

    def land_batch(events: DataFrame, _: int) -> None:
        bronze.append(bronze.stamp(bronze.above(events, high_water), generation, next(numbers)), table)

    return land_batch


@contextmanager
def only_one(checkpoints: str) -> Iterator[None]:
    """Hold a folder of checkpoints for one job, as far as this machine can tell, until the process ends.

    Two jobs at once would number their batches alike. A folder that is no local one, or whose disk knows no locks, is
    not held: there the job's own scheduler must run it once at a time.

    Raises:
        UserError: another job holds it.
    """
    folder = Path(checkpoints)
    if not folder.is_absolute():
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"Another stream job is at work on {folder}. Wait for it, or stop it.") from error
        except OSError:
            pass
        yield


def start_query(spark: SparkSession, settings: Settings, hub: str, *, once: bool) -> StreamingQuery:
    """Start landing one hub.

    Args:
        once: land what is there now, in batches of bounded size, and end; else go on until stopped.
    """
    separator = "/" if "/" in settings.bronze else "."
    table = f"{settings.bronze}{separator}{hub}"
    generation = settings.topic_generation or topic_generation(settings, hub)
    bronze.create_table(spark, table)
    landed = bronze.extent(spark, table)
    high_water = bronze.high_water(spark, table, generation, landed)
    trigger: dict[str, Any] = (
        {"availableNow": True} if once else {"processingTime": f"{settings.trigger_seconds} seconds"}
    )
    return (
        read(spark, settings, hub)
        .writeStream.queryName(hub)
        .foreachBatch(land(table, generation, high_water, landed.last_batch))
        # A topic made anew has a checkpoint of its own: its offsets are other offsets.
        .option("checkpointLocation", f"{settings.checkpoints}/{hub}/{generation}")
        .trigger(**trigger)
        .start()
    )


def progress_line(progress: dict[str, Any]) -> str:
    """One micro-batch in a line: rows, rows a second, and how far the broker is ahead."""
    source = progress["sources"][0]
    lag = int((source.get("metrics") or {}).get("maxOffsetsBehindLatest", 0))
    return (
        f"{progress['name']}: batch {progress['batchId']}, {progress['numInputRows']:,} rows, "
        f"{progress.get('processedRowsPerSecond', 0.0):,.0f} rows/s, lag {lag:,}"
    )


def run(
    spark: SparkSession, settings: Settings, hubs: Iterable[str], *, once: bool, report: Callable[[str], None]
) -> None:
    """Land the hubs until all is landed (`once`) or SIGTERM or SIGINT comes; then stop cleanly.

    Args:
        report: gets a line for each micro-batch that held rows.

    Raises:
        UserError: a query failed; the text says which and why. Or another job is at work on these checkpoints.
    """
    queries: dict[str, StreamingQuery] = {}
    replayed: set[str] = set()
    reported: dict[str, int] = {}
    with only_one(settings.checkpoints), StopRequest() as stop:
        try:
            for hub in hubs:
                queries[hub] = start_query(spark, settings, hub, once=once)
            while not stop.asked:
                time.sleep(0.2)
                running = any(query.isActive for query in queries.values())
                for hub, query in queries.items():
                    last = query.lastProgress
                    # All that is kept is much to send and to parse, several times a second.
                    for progress in query.recentProgress if last and last["batchId"] > reported.get(hub, -1) else ():
                        if progress["batchId"] > reported.get(hub, -1):
                            reported[hub] = progress["batchId"]
                            if progress["numInputRows"]:
                                report(progress_line(progress))
                for hub, reason in [(hub, reason) for hub in queries if (reason := _failure(queries[hub]))]:
                    if REPLAY_FAILURE not in reason or hub in replayed:
                        raise UserError(f"Landing {hub} stopped: {reason}")
                    replayed.add(hub)
                    queries[hub] = start_query(spark, settings, hub, once=once)
                    running = True
                if not running:
                    break
        finally:
            for query in queries.values():
                _stop_between_batches(query)


def _stop_between_batches(query: StreamingQuery, seconds: float = 20) -> None:
    """Let the batch at work end, for a while; then stop. A batch cut off is landed by the next run."""
    deadline = time.monotonic() + seconds
    while query.isActive and query.status["isTriggerActive"] and time.monotonic() < deadline:
        time.sleep(0.02)
    query.stop()


def _failure(query: StreamingQuery) -> str | None:
    error: StreamingQueryException | None = query.exception()
    if error is None:
        return None
    # Spark puts plans and traces behind the cause; people need the cause.
    reason = str(error).split("=== Streaming Query ===")[0].strip().splitlines()[0]
    if "Python Proxy" in reason and (
        causes := re.findall(r"^Caused by: (?:[\w.$]+: )?(.+)$", str(error), re.MULTILINE)
    ):
        # What failed in writing a batch stands at the end of a Java trace within a Python one.
        reason = causes[-1]
    if "No space left on device" in reason:
        reason += ". Make room, then run this again: it goes on where it was."
    if re.search(r"is out of range for partition|KAFKA_DATA_LOSS|Some data may have been lost", str(error)):
        return (
            "the broker dropped events before they landed. Nothing lands until you decide; the runbook's section "
            f"'Retention shorter than the outage' (docs/runbook.md) says what there is to do. Kafka said: {reason}"
        )
    if "org.apache.kafka.common.errors.TimeoutException" in str(error) or "TimeoutException" in reason:
        reason = (
            reason.rstrip(".")
            + ". The broker does not answer. Once it is back, run this again: it goes on where it was."
        )
    return reason
