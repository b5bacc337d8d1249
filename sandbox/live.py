"""The live loop: simulator, stream job and dbt side by side, until Ctrl-C."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import cycle

from ingestion.errors import UserError
from ingestion.signals import StopRequest
from sandbox.broker import broker, start_broker
from sandbox.console import console
from sandbox.dbt import MASTER_DATA, Dbt
from sandbox.demo import ingestion_environment
from sandbox.processes import only_one
from sandbox.settings import ROOT, SandboxSettings
from sandbox.setup import set_up
from sandbox.spark import spark_server, start_spark_server
from simulator.rhythm import BUSINESS_ZONE

NEWEST = """
    select
        sum(line_count) as lines,
        date_format(max(minute_at), 'HH:mm') as latest_minute
    from gold.fct_sales_by_state_minute
    where business_date = date'{today}'
"""
HOT_PATH = "hot_path"
PARTS = ("engagement", "reviews", "journeys", "everything_else")
"""Selectors (selectors.yml): one run after the other, each followed by a run of the hot path, which waits for one part
at the most. Side by side they would share the same cores, and the hot path would take as long as the rest."""
WHOLE = ("run",)
TEST_EVERY_SECONDS = 120
"""Now and then a part is built with its tests instead of run: they look at what this run wrote."""
FRESHNESS = ("source", "freshness")
FRESHNESS_EVERY_SECONDS = 300
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
            dbt.run(*MASTER_DATA)
            workers.append(Worker(settings, "stream job", "ingestion", "stream"))
            gold = Gold(dbt)
            console.print("Building all models once, which warms Spark up; then the shop opens ...")
            # Cold, a run takes minutes, and longer still beside a shop that is open: all of it would wait for so long.
            _take_turns(gold, iter((WHOLE,)), workers, stop, seconds=None)
            if not stop.asked:
                ledger = ("--ledger", str(settings.ledgers))
                workers.append(Worker(settings, "simulator", "simulator", "live", "--rate", str(rate), *ledger))
                console.print(f"Live at {rate:g} events a second. Ctrl-C stops all parts.")
            _take_turns(gold, turns(), workers, stop, seconds)
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


def _take_turns(
    gold: "Gold",
    commands: Iterator[tuple[str, ...]],
    workers: list[Worker],
    stop: StopRequest,
    seconds: float | None,
) -> None:
    begun = time.monotonic()
    command = next(commands, None)
    while command and not stop.asked and (seconds is None or time.monotonic() - begun < seconds):
        for worker in workers:
            worker.check()
        if gold.take(command):
            command = next(commands, None)


def turns(clock: Callable[[], float] = time.monotonic) -> Iterator[tuple[str, ...]]:
    """The commands of dbt, for ever: the hot path and the parts in turns, now and then one of them with its tests, and
    whether every hub still lands.

    Args:
        clock: seconds that have passed.
    """
    tested = asked = clock()
    to_test = cycle((HOT_PATH, *PARTS))
    next_to_test = next(to_test)
    for part in cycle(PARTS):
        if clock() - asked > FRESHNESS_EVERY_SECONDS:
            yield FRESHNESS
            asked = clock()
        for selector in (HOT_PATH, part):
            if clock() - tested > TEST_EVERY_SECONDS and selector == next_to_test:
                # Unit tests prove the SQL, not the data that just arrived.
                yield "build", "--exclude-resource-type", "unit_test", "--selector", selector
                tested = clock()
                next_to_test = next(to_test)
            else:
                yield "run", "--selector", selector


class Gold:
    """Gold, as one run of dbt after the other brings it up to date."""

    def __init__(self, dbt: Dbt) -> None:
        self._dbt = dbt
        self._failures = 0
        self._whole_at = 0.0

    def take(self, command: tuple[str, ...]) -> bool:
        """Run a command of dbt and say what it came to; whether it succeeded.

        Raises:
            UserError: so many have failed in a row.
        """
        started = time.monotonic()
        is_whole = command == WHOLE
        try:
            if command == FRESHNESS:
                for hub in self._dbt.stale_sources():
                    console.print(f"Stale: {hub}. Is the stream job at work? Its log is in .local/logs.", style="bold")
                return True
            # What dbt would write about each run into target/ nobody reads here.
            counts = self._dbt.run(*command, "--no-write-json", show_progress=is_whole)
        except UserError as error:
            self._failures += 1
            if self._failures == FAILURES_IN_A_ROW:
                raise
            console.print(f"{error}\nThe next run tries again.", markup=False)
            return False
        self._failures = 0
        ended = time.monotonic()
        if command[0] == "build":
            console.print(f"{command[-1]}: {counts.get('pass', 0)} tests passed")
        if is_whole or command[-1] == PARTS[-1]:
            self._whole_at = ended
        if is_whole or command[-1] == HOT_PATH:
            row = self._dbt.query(NEWEST.format(today=datetime.now(BUSINESS_ZONE).date()))[0]
            console.print(
                f"gold: {row['lines'] or 0:,} order lines today, latest at {row['latest_minute']} UTC; "
                f"dbt run {ended - started:.1f} s, all of gold {ended - self._whole_at:.0f} s ago"
            )
        return True
