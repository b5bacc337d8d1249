"""Everyday builds of this commit beside those of an earlier one: statements, Spark jobs, seconds."""

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import dbt_loop, event_log
from benchmarks.dbt_log import Statement, profile, statements
from benchmarks.incremental import BUILD, wait_for_another_hour
from benchmarks.results import Case, ratios
from benchmarks.trees import Tree
from benchmarks.workshop import Workshop
from sandbox.broker import start_broker

BASELINE = "c210843"
EVERYDAY = ("build",)
ONE_MODEL = ("run", "--select", "fct_sales_by_state_minute")
COLD, WARM, NEW, ONE_COLD, ONE_WARM = "cold", "warm", "new events", "one model, cold", "one model, warm"
TO_WAIT_FOR = 1_000_000
"""A history of so many events is given its hour: see `wait_for_another_hour`."""


@dataclass
class Side:
    """One commit over one history, and what its runs came to, by case and run."""

    workshop: Workshop
    is_counting: bool = True
    """Not in the turn that warms up."""
    server_log: Path = field(init=False)
    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ran: defaultdict[str, list[list[Statement]]] = field(default_factory=lambda: defaultdict(list))
    jobs: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    jobs_of_models: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _loop: "subprocess.Popen[str] | None" = None
    _commands: int = 0

    def command(self, case: str, *arguments: str, target: str) -> None:
        """Run dbt as a process, as people do, and keep what it came to."""
        logs = self._new_log()
        took = self.workshop.dbt(*arguments, "--target", target, *_debug_log(logs))
        self._keep(case, took, logs)

    def in_loop(self, case: str, *arguments: str) -> None:
        """Run dbt in a process that has run it before, against the warm server, and keep what it came to."""
        logs = self._new_log()
        begin = event_log.at_rest(self.server_log)
        process = self._process()
        assert process.stdin
        assert process.stdout
        command = [*arguments, "--target", "local_server", "--log-level", "none", *_debug_log(logs)]
        print(json.dumps(command), file=process.stdin, flush=True)
        answer = json.loads(process.stdout.readline() or '{"success": false, "error": "the loop ended"}')
        if not answer["success"]:
            raise RuntimeError(f"{self.workshop.tree.root}: dbt {arguments}: {answer['error']} See {logs}")
        event_log.at_rest(self.server_log)
        begun = event_log.jobs_begun(self.server_log, begin)
        self._keep(case, answer["seconds"], logs)
        if self.is_counting:
            self.jobs[case].append(begun.total())
            self.jobs_of_models[case].append(begun["model"])

    def close(self) -> None:
        """Stop what runs by itself."""
        if self._loop and self._loop.stdin:
            self._loop.stdin.close()
            self._loop.wait()
            self._loop = None
        self.workshop.stop()

    def figures(self, kind: str, case: str) -> list[float]:
        """Of each run of a case, how many "statements" or "Spark jobs" it was, or how many "seconds"."""
        return {
            "statements": [float(len(run)) for run in self.ran[case]],
            "Spark jobs": self.jobs[case],
            "Spark jobs of models alone": self.jobs_of_models[case],
            "seconds": self.took[case],
        }[kind]

    def profile(self, case: str) -> dict[str, Any]:
        """Where the statements of the last run of a case went."""
        return profile(self.ran[case][-1])

    def _keep(self, case: str, took: float, logs: Path) -> None:
        if not self.is_counting:
            return
        self.took[case].append(took)
        self.ran[case].append(statements(logs / "dbt.log"))

    def _new_log(self) -> Path:
        self._commands += 1
        return self.workshop.settings.logs / f"dbt_{self._commands}"

    def _process(self) -> "subprocess.Popen[str]":
        if self._loop is None:
            tree = self.workshop.tree
            with (self.workshop.settings.logs / "dbt_loop.log").open("a") as log:
                self._loop = subprocess.Popen(
                    [str(tree.python), "-P", dbt_loop.__file__],
                    cwd=tree.root,
                    env={**os.environ, **self.workshop.sandbox.environment, "PYTHONPATH": str(tree.root)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        return self._loop


@dataclass
class Behind:
    """A history of some days: landed once, built by both sides."""

    days: int
    landing: Workshop
    this: Side
    baseline: Side
    landed_at: datetime = field(init=False)

    def sides(self, turn: int) -> list[Side]:
        """Both, each first in every other turn."""
        return [self.this, self.baseline] if turn % 2 == 0 else [self.baseline, self.this]

    def land(self) -> None:
        """Land what was sent, and give each side the same files."""
        self.landing.run("ingestion", "stream", "--once")
        for side in (self.this, self.baseline):
            link_tables(self.landing.settings.bronze, side.workshop.settings.bronze)


def cases(folder: Path, baseline: Tree, days: Sequence[int], *, a_day: int, new_events: int, runs: int) -> list[Case]:
    """Both commits over the same bronze tables, in turns, behind each length of history.

    Cold is a process with a Spark of its own; warm is a process that has run dbt before, against a Spark server that
    has. One warm turn is not counted.
    """
    histories = [
        Behind(
            count,
            Workshop(folder / f"landing_{count}"),
            Side(Workshop(folder / f"this_{count}")),
            Side(Workshop(folder / f"baseline_{count}", baseline)),
        )
        for count in days
    ]
    with ExitStack() as to_stop:
        for behind in histories:
            to_stop.callback(behind.landing.stop)
            for side in behind.sides(0):
                to_stop.callback(side.close)
            _prepare(behind, a_day)
        if max(days) * a_day >= TO_WAIT_FOR:
            wait_for_another_hour(max(behind.landed_at for behind in histories))
        for turn in range(runs):
            for behind in histories:
                for side in behind.sides(turn):
                    side.command(COLD, *EVERYDAY, target="local")
                    side.command(ONE_COLD, *ONE_MODEL, target="local")
        for behind in histories:
            for side in behind.sides(0):
                side.server_log = side.workshop.start_server()
        for turn in range(runs + 1):
            for behind in histories:
                _warm_turn(behind, turn, new_events)
    return _figures(histories, a_day, new_events)


def _prepare(behind: Behind, a_day: int) -> None:
    """Land a history and build it on both sides."""
    start_broker(behind.landing.settings)
    behind.landing.send_history(a_day * behind.days, behind.days)
    behind.land()
    behind.landed_at = datetime.now(UTC)
    for side in behind.sides(0):
        side.workshop.write_event_logs()
        side.workshop.dbt(*BUILD, "--target", "local")


def _warm_turn(behind: Behind, turn: int, new_events: int) -> None:
    """On both sides a build after new events, one after nothing, and one model as a command."""
    behind.landing.send_newest(new_events, seed=1_000 + turn)
    behind.land()
    for side in behind.sides(turn):
        side.is_counting = turn > 0
        side.in_loop(NEW, *EVERYDAY)
        side.in_loop(WARM, *EVERYDAY)
        side.command(ONE_WARM, *ONE_MODEL, target="local_server")


def _figures(histories: Sequence[Behind], a_day: int, new_events: int) -> list[Case]:
    new = f"{new_events:,} new events"
    found: list[Case] = []
    for behind in histories:
        name = f"{behind.days} {'day' if behind.days == 1 else 'days'} of {a_day:,} events behind"
        for kind, what, case, at_most, times in (
            ("statements", "nothing new", COLD, 120, None),
            ("statements", new, NEW, None, 0.5),
            ("Spark jobs", new, NEW, None, 0.5),
            ("Spark jobs of models alone", new, NEW, None, None),
            ("seconds", "cold, nothing new", COLD, None, 0.5),
            ("seconds", "warm, nothing new", WARM, None, 0.4),
            # Behind a long history the target is of this commit alone, below.
            ("seconds", f"warm, {new}", NEW, None, 0.6 if behind.days == 1 else None),
            ("seconds", "one model, warm", ONE_WARM, 5, None),
            ("seconds", "one model, cold", ONE_COLD, None, 0.5),
        ):
            ours, theirs = (side.figures(kind, case) for side in (behind.this, behind.baseline))
            where = behind.this.profile(case)
            unit = "s" if kind == "seconds" else ""
            label = f"builds: {kind}, {what}, {name}"
            found += [
                Case(f"{label}: this commit", unit, ours, at_most=at_most, profile=where),
                Case(f"{label}: baseline", unit, theirs),
            ]
            # A commit that tells Spark no node's name has no jobs of models.
            if all(theirs):
                found.append(ratios(f"{label}: this beside baseline", ours, theirs, at_most=times, profile=where))
    least, most = histories[0], histories[-1]
    if most.days > least.days:
        found.append(
            ratios(
                f"builds: seconds, warm, {new}: {most.days} days beside {least.days}",
                most.this.took[NEW],
                least.this.took[NEW],
                at_most=1.2,
                profile=most.this.profile(NEW),
            )
        )
    return found


def _debug_log(folder: Path) -> list[str]:
    """Flags of dbt; without a limit to the log's size, so that it is one file."""
    flags = ("--log-level-file", "debug", "--log-format-file", "json", "--log-file-max-bytes", "0")
    return ["--log-path", str(folder), *flags]


def link_tables(source: Path, target: Path) -> None:
    """Give a folder the Delta tables of another: the same files, which Delta never changes once they are written."""
    for folder, _, names in os.walk(source):
        there = target / Path(folder).relative_to(source)
        there.mkdir(parents=True, exist_ok=True)
        for name in names:
            ours, theirs = Path(folder) / name, there / name
            # Such as `_last_checkpoint`, which is replaced.
            if theirs.exists() and not theirs.samefile(ours):
                theirs.unlink()
            if not theirs.exists():
                theirs.hardlink_to(ours)
