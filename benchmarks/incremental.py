"""What one batch of new events costs, with more and more history behind it: a run of all models and their tests."""

import json
import os
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.results import Case, ratios
from benchmarks.workshop import Workshop, seconds, simulated_orders
from ingestion.senders import open_sender
from sandbox.broker import start_broker
from sandbox.dbt import Dbt

DAYS = (1, 10, 100)
BATCH = 5_000
BUILD = ("build", "--exclude-resource-type", "unit_test")


@dataclass
class Behind:
    """One workshop with its days of history, and what its runs took."""

    workshop: Workshop
    days: int
    landed_at: datetime = field(init=False)
    """When the last of the history had landed."""
    server_log: Path = field(init=False)
    """Spark's event log of the running server."""
    seconds: list[float] = field(default_factory=list)
    with_a_late_event: list[float] = field(default_factory=list)
    nothing_new: list[float] = field(default_factory=list)
    read: list[Counter[str]] = field(default_factory=list)
    """Bytes that the statements of a run read, by what they are, as `bytes_read` gives them."""
    rewritten: list[float] = field(default_factory=list)
    """Bytes of the files that merges replaced, by Delta's operation metrics."""
    files_rewritten: list[float] = field(default_factory=list)


def cases(folder: Path, a_day: int, runs: int) -> list[Case]:
    """Runs of dbt over batches of 5,000 new events, each length of history in a sandbox of its own, in turns.

    All in warm Spark servers, as in `make live`; one turn after the builds is not counted.
    """
    histories = [Behind(Workshop(folder / f"days_{days}"), days) for days in DAYS]
    try:
        for behind in histories:
            _prepare(behind, a_day)
        for number in range(runs + 1):
            if number == 1:
                wait_for_another_hour(max(behind.landed_at for behind in histories))
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
        *(
            ratios(f"incremental: {what}, {most.days} days beside 1 day", of_most, of_least, at_most=1.2)
            for what, of_most, of_least in (
                ("bytes read by all statements", _totals(most), _totals(least)),
                *(
                    (f"bytes read by {merge}", _by_one(most, merge), _by_one(least, merge))
                    for merge in _merges(most, least)
                ),
                ("bytes rewritten by merges", most.rewritten, least.rewritten),
                ("files rewritten by merges", most.files_rewritten, least.files_rewritten),
            )
        ),
        ratios(
            "incremental: with one event of 90 days ago, beside none", most.with_a_late_event, most.seconds, at_most=1.5
        ),
        ratios(
            "incremental: nothing new, beside the run before", most.nothing_new, most.with_a_late_event, at_most=0.5
        ),
    ]


def _prepare(behind: Behind, a_day: int) -> None:
    """Send, land and build a history, and start a server that writes down what its tasks read."""
    workshop = behind.workshop
    workshop.write_event_logs()
    start_broker(workshop.settings)
    workshop.send_history(a_day * behind.days, behind.days)
    workshop.run("ingestion", "stream", "--once")
    behind.landed_at = datetime.now(UTC)
    # As `make demo` does: the server interprets expressions, which suits a batch, not a history.
    workshop.dbt(*BUILD, "--target", "local")
    behind.server_log = workshop.start_server()


def wait_for_another_hour(landed_at: datetime) -> None:
    """Until it is another hour (UTC) than the one in which the histories landed.

    `pipeline_health` computes the hour again in which something landed: millions, if a whole history did.
    """
    next_hour = landed_at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    time.sleep(max(0, (next_hour - datetime.now(UTC)).total_seconds()))


def _run(workshop: Workshop) -> float:
    os.environ.update(workshop.sandbox.environment)
    dbt = Dbt(workshop.settings)
    return seconds(lambda: dbt.run(*BUILD, show_progress=False))


def _one_turn(behind: Behind, number: int, *, counted: bool) -> None:
    """A run after new events, after new events with a late one, and after nothing."""
    workshop = behind.workshop

    def land(seed: int, *, late: bool) -> None:
        workshop.send_newest(BATCH, seed)
        if late:
            _send_late_order(workshop, seed)
        workshop.run("ingestion", "stream", "--once")

    land(1_000 + 10 * number, late=False)
    logged, started = behind.server_log.stat().st_size, time.time()
    took = _run(workshop)
    read = bytes_read(behind.server_log, logged)
    files, rewritten = replaced_by_merges(workshop.settings.warehouse, started)
    land(1_001 + 10 * number, late=True)
    late = _run(workshop)
    nothing = _run(workshop)
    if counted:
        behind.seconds.append(took)
        behind.with_a_late_event.append(late)
        behind.nothing_new.append(nothing)
        behind.read.append(read)
        behind.rewritten.append(rewritten)
        behind.files_rewritten.append(files)


def _totals(behind: Behind) -> list[float]:
    """Bytes that all statements read, run by run."""
    return [sum(read.values()) for read in behind.read]


def _by_one(behind: Behind, statement: str) -> list[float]:
    """Bytes that one kind of statement read, run by run."""
    return [read[statement] for read in behind.read]


def _merges(*histories: Behind) -> list[str]:
    """The merges that read something in every run behind each history."""
    runs = [read for behind in histories for read in behind.read]
    return sorted(name for name in runs[0] if name.startswith("merge") and all(read[name] for read in runs))


def _send_late_order(workshop: Workshop, seed: int) -> None:
    event = json.loads(simulated_orders(1)[0])
    event |= {
        "order_id": f"late-{seed}",
        "timestamp": f"{datetime.now(UTC) - timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}",
    }
    with open_sender(workshop.ingestion("unused"), "orders") as sender:
        sender.send(json.dumps(event).encode())


def bytes_read(event_log: Path, begin: int) -> Counter[str]:
    """Bytes of tables that tasks read, by kind of statement, such as "merge into silver.order_keys".

    Args:
        event_log: of a Spark that runs.
        begin: where in it to begin, in bytes.
    """
    statements: dict[int, str] = {}
    read: Counter[str] = Counter()
    with event_log.open() as log:
        log.seek(begin)
        for line in log:
            if '"SparkListenerJobStart"' in line:
                job = json.loads(line)
                text = job.get("Properties", {}).get("spark.job.description", "")
                merge = re.search(r"(?i)\bmerge\s+into\s+([\w.`]+)", text)
                name = f"merge into {merge.group(1).replace('`', '')}" if merge else "other statements"
                statements.update(dict.fromkeys(job["Stage IDs"], name))
            elif '"SparkListenerTaskEnd"' in line:
                task = json.loads(line)
                size = (task.get("Task Metrics") or {}).get("Input Metrics", {}).get("Bytes Read", 0)
                read[statements.get(task["Stage ID"], "other statements")] += size
    return read


def replaced_by_merges(warehouse: Path, since: float) -> tuple[int, int]:
    """How many files, and bytes, the merges of all tables have replaced since a moment (Unix time, seconds)."""
    files = size = 0
    for log in warehouse.glob("*/*/_delta_log/*.json"):
        for line in log.read_text().splitlines():
            commit = json.loads(line).get("commitInfo")
            if commit and commit["operation"] == "MERGE" and commit["timestamp"] >= since * 1000:
                files += int(commit["operationMetrics"]["numTargetFilesRemoved"])
                size += int(commit["operationMetrics"]["numTargetBytesRemoved"])
    return files, size
