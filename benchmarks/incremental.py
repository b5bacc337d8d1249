"""What one batch of new events costs, with more and more history behind it: a run of all models and their tests."""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.results import Case, ratios
from benchmarks.workshop import Workshop, seconds, simulated_orders
from ingestion.senders import open_sender
from sandbox.broker import start_broker
from sandbox.dbt import Dbt
from sandbox.spark import start_spark_server

DAYS = (1, 10, 100)
BATCH = 5_000
BUILD = ("build", "--exclude-resource-type", "unit_test")


@dataclass
class Behind:
    """One workshop with its days of history, and what its runs took."""

    workshop: Workshop
    days: int
    seconds: list[float] = field(default_factory=list)
    with_a_late_event: list[float] = field(default_factory=list)
    nothing_new: list[float] = field(default_factory=list)
    bytes_read: list[float] = field(default_factory=list)


def cases(folder: Path, a_day: int, runs: int) -> list[Case]:
    """Runs of dbt over batches of 5,000 new events, each length of history in a sandbox of its own, in turns.

    All in warm Spark servers, as in `make live`; one turn after the builds is not counted.
    """
    histories = [Behind(Workshop(folder / f"days_{days}"), days) for days in DAYS]
    try:
        for behind in histories:
            _prepare(behind, a_day)
        for number in range(runs + 1):
            for behind in histories:
                _one_turn(behind, number, counted=number > 0)
    finally:
        for behind in histories:
            behind.workshop.stop()
    least, middle, most = histories
    return [
        *(
            Case(f"incremental: {BATCH:,} events, {behind.days} days of {a_day:,} behind", "s", behind.seconds)
            for behind in histories
        ),
        ratios(f"incremental: {middle.days} days beside 1 day", middle.seconds, least.seconds, at_most=1.2),
        ratios(f"incremental: {most.days} days beside 1 day", most.seconds, least.seconds, at_most=1.2),
        ratios(
            f"incremental: bytes read, {most.days} days beside 1 day", most.bytes_read, least.bytes_read, at_most=1.2
        ),
        ratios(
            "incremental: with one event of 90 days ago, beside none", most.with_a_late_event, most.seconds, at_most=1.5
        ),
        ratios(
            "incremental: nothing new, beside the run before", most.nothing_new, most.with_a_late_event, at_most=0.5
        ),
    ]


def _prepare(behind: Behind, a_day: int) -> None:
    workshop = behind.workshop
    with (Path(workshop.sandbox.environment["SPARK_CONF_DIR"]) / "spark-defaults.conf").open("a") as conf:
        log = workshop.settings.state / "events"
        log.mkdir()
        conf.write(
            f"\nspark.eventLog.enabled true\nspark.eventLog.dir file://{log}\n"
            "spark.eventLog.compress false\nspark.eventLog.rolling.enabled false\n"
        )
    start_broker(workshop.settings)
    workshop.send_history(a_day * behind.days, behind.days)
    workshop.run("ingestion", "stream", "--once")
    # As `make demo` does: the server interprets expressions, which suits a batch, not a history.
    workshop.dbt(*BUILD, "--target", "local")
    os.environ.update(workshop.sandbox.environment)
    start_spark_server(workshop.settings)


def _run(workshop: Workshop) -> float:
    os.environ.update(workshop.sandbox.environment)
    dbt = Dbt(workshop.settings)
    return seconds(lambda: dbt.run(*BUILD, show_progress=False))


def _one_turn(behind: Behind, number: int, *, counted: bool) -> None:
    """A run after new events, after new events with a late one, and after nothing."""
    workshop = behind.workshop

    def land(seed: int, *, late: bool) -> None:
        workshop.send_history(BATCH, 1, seed=seed)
        if late:
            _send_late_order(workshop, seed)
        workshop.run("ingestion", "stream", "--once")

    land(1_000 + 10 * number, late=False)
    before = _read(workshop)
    took = _run(workshop)
    read = _read(workshop) - before
    land(1_001 + 10 * number, late=True)
    late = _run(workshop)
    nothing = _run(workshop)
    if counted:
        behind.seconds.append(took)
        behind.bytes_read.append(read)
        behind.with_a_late_event.append(late)
        behind.nothing_new.append(nothing)


def _send_late_order(workshop: Workshop, seed: int) -> None:
    event = json.loads(simulated_orders(1)[0])
    event |= {
        "order_id": f"late-{seed}",
        "timestamp": f"{datetime.now(UTC) - timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}",
    }
    with open_sender(workshop.ingestion("unused"), "orders") as sender:
        sender.send(json.dumps(event).encode())


def _read(workshop: Workshop) -> int:
    """Bytes of tables that the running server's tasks have read so far, from Spark's event log."""
    total = 0
    newest = max((workshop.settings.state / "events").iterdir(), key=lambda file: file.stat().st_mtime)
    for line in newest.read_text().splitlines():
        if '"SparkListenerTaskEnd"' in line:
            metrics = json.loads(line).get("Task Metrics") or {}
            total += metrics.get("Input Metrics", {}).get("Bytes Read", 0)
    return total
