"""What the cases work with: a sandbox of their own, histories in its broker, clocks."""

import os
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.trees import HERE, Tree
from ingestion.senders import open_sender, open_senders
from ingestion.settings import Settings
from sandbox.broker import broker, start_broker
from sandbox.settings import SandboxSettings
from sandbox.setup import install_dbt_packages
from sandbox.spark import spark_server
from simulator.backfill import Backfill
from simulator.faults import FaultRates
from simulator.ledger import Ledger
from tests.support.sandboxes import TestSandbox

ORDERS_OF_THE_SIMULATOR = 2_000
ORDER_ID = b'"order_id":"'
FIRST_STATUS = b'"delivery_status":"Processing"'
FLAWLESS = FaultRates(**{rate.name: 0 for rate in fields(FaultRates)})


class Workshop:
    """A sandbox under an empty folder, with memory and code generation as users have them."""

    def __init__(self, folder: Path, tree: Tree = HERE) -> None:
        self.tree = tree
        self.sandbox = TestSandbox(folder, for_small_data=False, root=tree.root, python=tree.python)
        self.settings: SandboxSettings = self.sandbox.settings
        if tree != HERE:
            # Its dbt packages, and Spark's configuration as that commit has it.
            self.run("sandbox", "setup")

    def ingestion(self, name: str) -> Settings:
        """Settings of a stream job that lands into folders of its own."""
        return Settings(
            kafka_bootstrap_servers=self.settings.broker_address,
            bronze=str(self.settings.state / name / "bronze"),
            silver=str(self.settings.warehouse / "silver.db"),
            checkpoints=str(self.settings.state / name / "checkpoints"),
        )

    @contextmanager
    def broker(self) -> Iterator[None]:
        """The broker, while the block runs."""
        start_broker(self.settings)
        try:
            yield
        finally:
            broker(self.settings).stop()

    def write_event_logs(self) -> None:
        """Have every Spark that starts from now on write down its jobs and what its tasks read."""
        self.event_logs.mkdir()
        with (Path(self.sandbox.environment["SPARK_CONF_DIR"]) / "spark-defaults.conf").open("a") as conf:
            conf.write(
                f"\nspark.eventLog.enabled true\nspark.eventLog.dir file://{self.event_logs}\n"
                "spark.eventLog.compress false\nspark.eventLog.rolling.enabled false\n"
            )

    @property
    def event_logs(self) -> Path:
        """The folder of Spark's event logs, a file each."""
        return self.settings.state / "events"

    def start_server(self) -> Path:
        """Start the Spark server; its event log, after `write_event_logs`."""
        # A Spark that is about to end renames its own meanwhile: it drops the suffix.
        others = {log.name.removesuffix(".inprogress") for log in self.event_logs.iterdir()}
        self.run("sandbox", "spark", "start")
        (log,) = (log for log in self.event_logs.iterdir() if log.name.removesuffix(".inprogress") not in others)
        return log

    def stop(self) -> None:
        """Stop what runs by itself."""
        spark_server(self.settings).stop()
        broker(self.settings).stop()

    def run(self, module: str, *arguments: str, seconds: float = 3600) -> float:
        """Run one of our command lines to its end; how long it took, in seconds.

        Raises:
            RuntimeError: it failed; the text has what it said.
        """
        started = time.perf_counter()
        run: subprocess.CompletedProcess[str] = self.sandbox.run(module, *arguments, timeout=seconds)
        took = time.perf_counter() - started
        if run.returncode:
            raise RuntimeError(f"{module} {' '.join(arguments)}: {run.stdout[-3000:]}{run.stderr[-3000:]}")
        return took

    def dbt(self, *arguments: str) -> float:
        """Run one dbt command as people do, as a process; how long it took, in seconds.

        Raises:
            RuntimeError: it failed; the text has what it said.
        """
        if self.tree == HERE:
            install_dbt_packages(self.settings)
        started = time.perf_counter()
        run = subprocess.run(
            [str(self.tree.python.with_name("dbt")), *arguments, "--no-use-colors"],
            cwd=self.tree.root,
            env={**os.environ, **self.sandbox.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        took = time.perf_counter() - started
        if run.returncode:
            raise RuntimeError(f"dbt {' '.join(arguments)}: {run.stdout[-3000:]}{run.stderr[-3000:]}")
        return took

    def send_history(self, events: int, days: int, seed: int = 1) -> None:
        """Send a history of the shop, of all three hubs, that ends now."""
        ledger = ("--ledger", str(self.settings.ledgers))
        self.run("simulator", "backfill", "--events", str(events), "--days", str(days), "--seed", str(seed), *ledger)

    def send_newest(self, events: int, seed: int) -> None:
        """Send the last so many messages of another history, of 30 days: reviews of older orders are among them."""
        shop = Backfill(seed=seed, events=30 * events, days=30, until=datetime.now(UTC), rates=FaultRates())
        newest = deque(shop.events(Ledger()), maxlen=events)
        with open_senders(self.ingestion("unused")) as senders:
            for event in newest:
                senders[event.hub].send(event.body, event.key)

    def send_orders(self, count: int) -> None:
        """Send orders of the simulator, again and again, each time under new keys."""
        bodies = simulated_orders(ORDERS_OF_THE_SIMULATOR)
        with open_sender(self.ingestion("unused"), "orders") as sender:
            for number in range(count):
                body = bodies[number % len(bodies)]
                sender.send(body.replace(ORDER_ID, ORDER_ID + b"%d-" % (number // len(bodies)), 1))


def simulated_orders(count: int) -> list[bytes]:
    """The first messages of so many order lines of one flawless shop of the simulator, of 400 days that end now."""
    history = Backfill(seed=1, events=60 * count, days=400, until=datetime.now(UTC), rates=FLAWLESS, with_stories=False)
    orders = (event.body for event in history.events(Ledger()) if event.hub == "orders" and FIRST_STATUS in event.body)
    bodies = list(islice(orders, count))
    if len(bodies) < count or not all(ORDER_ID in body for body in bodies):
        raise RuntimeError("the simulator's orders are not what this benchmark expects")
    return bodies


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
