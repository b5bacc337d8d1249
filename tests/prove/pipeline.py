"""The whole pipeline in one sandbox, on the real parts: what is sent, landed and built, held against the ledger."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import psutil
from pyspark.sql import SparkSession

from ingestion import stream
from ingestion.contracts import HUBS
from ingestion.reconcile import reconcile
from ingestion.senders import open_sender, open_senders
from ingestion.settings import load_settings
from ingestion.spark import spark_session
from sandbox.broker import broker, start_broker
from sandbox.dbt import Dbt
from sandbox.demo import count_in_broker
from sandbox.settings import ROOT
from sandbox.setup import DBT, install_dbt_packages
from sandbox.spark import spark_server, start_spark_server
from sandbox.summary import differences, summarise
from simulator.backfill import Backfill
from simulator.faults import FaultRates
from simulator.ledger import Ledger
from tests.support.sandboxes import TestSandbox
from tests.support.tables import INCREMENTAL_TABLES

RATES = FaultRates(
    duplicate=0.05,
    late=0.05,
    broken_json=0.02,
    missing_price=0.01,
    missing_quantity=0.01,
    unknown_state=0.01,
    other_country=0.01,
    new_field=0.02,
    retyped_field=0.01,
    renamed_field=0.01,
)
DAYS, LATE_DAYS = 75, 60


class State(NamedTuple):
    """What a check found."""

    lost: int
    """Messages that were sent and have not landed, or must be accepted and are not."""
    twice: int
    """Messages that are accepted more often than the ledger says, or judged more than once."""
    differences: list[str]
    """All that is not as it must be, in words."""


class Pipeline:
    """Broker, Spark server, stream job and dbt in one sandbox, fed from one simulated history.

    Args:
        folder: an empty folder for all state.
        seed: of the history.
        events: how many messages the history has.
    """

    def __init__(self, folder: Path, seed: int, events: int) -> None:
        self.sandbox = TestSandbox(folder / "state")
        self.sandbox.without_code_generation()
        self.settings = self.sandbox.settings
        os.environ.update(self.sandbox.environment)
        self.ledger = Ledger()
        self.backfill = Backfill(
            seed=seed,
            events=events,
            days=DAYS,
            until=datetime(2026, 6, 30, 12, tzinfo=UTC),
            rates=RATES,
            with_stories=False,
            late_days=LATE_DAYS,
        )
        self._events = self.backfill.events(self.ledger)
        self._spark: SparkSession | None = None

    @property
    def spark(self) -> SparkSession:
        """A Spark of our own, without the metastore: it lands events, and reads tables by their paths."""
        self._spark = self._spark or spark_session()
        return self._spark

    @property
    def dbt(self) -> Dbt:
        """dbt on the Spark server."""
        return Dbt(self.settings)

    def start(self) -> None:
        """Start what is not running: broker and Spark server."""
        install_dbt_packages(self.settings)
        start_broker(self.settings)
        start_spark_server(self.settings)

    def stop(self) -> None:
        """Stop all parts."""
        spark_server(self.settings).stop()
        broker(self.settings).stop()
        if self._spark:
            self._spark.stop()

    def send(self, count: int | None = None, seconds: float = 0) -> None:
        """Send the next messages of the history, all that are left if no count is given, and wait for the broker.

        Args:
            count: how many.
            seconds: over how long they are spread.
        """
        with open_senders(load_settings()) as senders:
            for event in islice(self._events, count):
                senders[event.hub].send(event.body, event.key)
                if seconds and count:
                    time.sleep(seconds / count)

    def in_broker(self) -> int:
        """How many messages the broker has taken, of all hubs."""
        return sum(count_in_broker(self.settings, hub) for hub in HUBS)

    def send_bodies(self, hub: str, bodies: Iterable[bytes]) -> None:
        """Send messages of our own; whoever calls puts them into the ledger."""
        with open_sender(load_settings(), hub) as sender:
            for body in bodies:
                self.ledger.hubs[hub].sent += 1
                sender.send(body)

    def land(self, *hubs: str) -> None:
        """Land what the broker has, by the stream job's own code in this process."""
        stream.run(self.spark, load_settings(), hubs or HUBS, once=True, report=lambda _: None)

    def build(self, *arguments: str) -> None:
        """One run of dbt over all models."""
        self.dbt.run("run", *arguments, show_progress=False)

    def start_stream(self, *options: str) -> "subprocess.Popen[str]":
        """The stream job as a process of its own."""
        return self.sandbox.start("ingestion", "stream", *options)

    def start_dbt(self, *options: str) -> "subprocess.Popen[str]":
        """A run of dbt as a process of its own, on the Spark server; its lines come as they are printed."""
        return subprocess.Popen(
            [str(DBT), "run", "--target", "local_server", "--no-use-colors", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def batches(self, hub: str) -> tuple[int, int]:
        """How many batches of the hub's query were planned, and how many of those it knows to be done."""
        folder = self.settings.checkpoints / hub
        planned, done = (
            sum(not path.name.startswith(".") for path in folder.glob(f"*/{name}/*")) for name in ("offsets", "commits")
        )
        return planned, done

    def check_landed(self) -> State:
        """Hold bronze against the ledger: every message landed, and nothing in the offsets is missing."""
        found, lost = [], 0
        for hub in HUBS:
            table = f"delta.`{self.settings.bronze}/{hub}`"
            positions = self.spark.sql(
                f"select count(distinct topic_generation, `partition`, `offset`) as n from {table}"
            ).collect()[0]["n"]
            if missing := self.ledger.hubs[hub].sent - positions:
                lost += missing
                found.append(f"{hub}: {missing:,} of {self.ledger.hubs[hub].sent:,} messages have not landed")
        return State(max(lost, 0), 0, found)

    def check(self) -> State:
        """Hold silver and gold against the ledger, and broker, bronze and silver against each other."""
        in_broker = {hub: count_in_broker(self.settings, hub) for hub in HUBS}
        summary = summarise(self.dbt, self.ledger, in_broker)
        found = differences(summary, self.ledger)
        accounts = reconcile(self.spark, load_settings(), HUBS)
        found += [
            f"{each.hub}, partition {each.partition}: {problem}" for each in accounts for problem in each.problems
        ]
        lost = twice = 0
        for hub, truth in self.ledger.hubs.items():
            account = summary["hubs"][hub]
            lost += max(truth.sent - account["landed"], 0) + max(truth.accepted - account["accepted"], 0)
            twice += max(account["accepted"] - truth.accepted, 0)
        return State(lost, twice, found)

    def check_full_refresh(self) -> list[str]:
        """Refresh all tables in full, and say which rows differ from those that the runs had come to."""
        versions = {table: self._version(table) for table in INCREMENTAL_TABLES}
        self.build("--full-refresh")
        found = []
        for table, without in INCREMENTAL_TABLES.items():
            path = self._path(table)
            before = self.spark.read.format("delta").option("versionAsOf", versions[table]).load(path).drop(*without)
            after = self.spark.read.format("delta").load(path).drop(*without)
            gone, new = before.exceptAll(after).count(), after.exceptAll(before).count()
            if gone or new:
                found.append(
                    f"{table}: {gone:,} rows are only in the incremental table, {new:,} only in the refreshed one"
                )
        return found

    def _path(self, table: str) -> str:
        schema, _, name = table.partition(".")
        return str(self.settings.warehouse / f"{schema}.db" / name)

    def _version(self, table: str) -> int:
        history = self.spark.sql(f"describe history delta.`{self._path(table)}` limit 1").collect()
        return int(history[0]["version"])


def kill(*pids: int | None) -> None:
    """SIGKILL processes and all their children, at once: nobody has time to end in order."""
    doomed: list[psutil.Process] = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            if pid:
                process = psutil.Process(pid)
                doomed += [process, *process.children(recursive=True)]
    for process in doomed:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(doomed, timeout=20)
