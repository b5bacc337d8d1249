"""The live loop: simulator, stream job and dbt side by side, until Ctrl-C."""

import os
import subprocess
import sys
import time

from ingestion.errors import UserError
from ingestion.signals import StopRequest
from sandbox.broker import broker, start_broker
from sandbox.console import console
from sandbox.dbt import Dbt
from sandbox.demo import ingestion_environment
from sandbox.processes import only_one
from sandbox.settings import ROOT, SandboxSettings
from sandbox.setup import set_up
from sandbox.spark import spark_server, start_spark_server

NEWEST = """
    select
        sum(order_count) as orders,
        (select cast(latest_event_at as string) from gold.as_of) as latest_event_at
    from gold.fct_sales_by_state_minute
    where business_date = (select as_of_date from gold.as_of)
"""
TEST_EVERY_SECONDS = 60
FAILURES_IN_A_ROW = 3
"""So many runs of dbt may fail one after the other: somebody else's run, a full refresh or an edit may be under way."""


class Worker:
    """One of our command lines in a process of its own, its output in a log file."""

    def __init__(self, settings: SandboxSettings, name: str, *arguments: str) -> None:
        self._name = name
        self._log = settings.logs / f"live_{name}.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env={**os.environ, **ingestion_environment(settings)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is ours to hand on, in order.
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise UserError if it ended by itself."""
        if self._process.poll() is not None:
            errors = [line for line in self._log.read_text().splitlines() if line.startswith("Error: ")]
            said = errors[-1].removeprefix("Error: ") if errors else f"see {self._log}"
            raise UserError(f"The {self._name} ended: {said}")

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM, and wait for a clean end; SIGKILL if there is none in time."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                console.print(f"The {self._name} did not stop in {seconds:g} s and was killed; the next run mends it.")
                return
        console.print(f"The {self._name} is stopped.")


def run_live(settings: SandboxSettings, rate: float, seconds: float | None) -> None:
    """Run all parts until Ctrl-C, or for some seconds, then stop them in the order of the flow.

    Raises:
        UserError: a part did not start, or ended by itself.
    """
    with only_one(settings.state, "make live"), StopRequest(_say_that_it_stops) as stop:
        set_up(settings)
        workers: list[Worker] = []
        started = {"broker": False, "server": False}
        try:
            with console.status("Starting the broker and the Spark server ..."):
                started["broker"] = start_broker(settings)
                started["server"] = start_spark_server(settings)
            dbt = Dbt(settings)
            console.print(
                f"Broker at {settings.broker_address}, Spark server at 127.0.0.1:{settings.spark_server_port}. "
                "While this runs, use dbt with: --target local_server"
            )
            dbt.run("seed")
            workers += [
                Worker(settings, "stream job", "ingestion", "stream"),
                Worker(
                    settings, "simulator", "simulator", "live", "--rate", str(rate), "--ledger", str(settings.ledgers)
                ),
            ]
            console.print(f"Live at {rate:g} events a second. Ctrl-C stops all parts.")
            _loop(dbt, workers, stop, seconds)
        finally:
            for worker in reversed(workers):
                worker.stop()
            if started["server"]:
                spark_server(settings).stop()
            if started["broker"]:
                broker(settings).stop()
            console.print("All stopped.")


def _say_that_it_stops() -> None:
    console.print("Stopping: the dbt run at work ends first ...")


def _loop(dbt: Dbt, workers: list[Worker], stop: StopRequest, seconds: float | None) -> None:
    begun = time.monotonic()
    tested: float | None = None
    failures = 0
    while not stop.asked and (seconds is None or time.monotonic() - begun < seconds):
        for worker in workers:
            worker.check()
        run_started = time.monotonic()
        try:
            # The first run is cold, and where there are no tables yet it makes them all.
            dbt.run("run", show_progress=tested is None)
        except UserError as error:
            failures += 1
            if failures == FAILURES_IN_A_ROW:
                raise
            console.print(f"{error}\nThe next run tries again.", markup=False)
            continue
        failures = 0
        took = time.monotonic() - run_started
        row = dbt.query(NEWEST)[0]
        console.print(
            f"gold: {row['orders'] or 0:,} orders today, latest at {row['latest_event_at']} UTC; dbt run {took:.1f} s"
        )
        # Tests do not follow the first run at once: it is cold, and took long enough.
        tested = tested or time.monotonic()
        if time.monotonic() - tested > TEST_EVERY_SECONDS and not stop.asked:
            # Unit tests prove the SQL, not the data that just arrived.
            counts = dbt.run("test", "--exclude-resource-type", "unit_test", show_progress=False)
            tested = time.monotonic()
            console.print(f"{counts.get('pass', 0)} tests passed")
