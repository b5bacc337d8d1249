"""Freshness: from an order in the broker to its row in gold, while `make live` runs as people run it."""

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pyarrow.compute as pc
from deltalake import DeltaTable
from numpy.typing import NDArray

from benchmarks.results import Case
from benchmarks.workshop import Workshop
from sandbox.delta import read_delta

GOLD = "gold.db/fct_sales_by_state_minute"


class Run(NamedTuple):
    """What one live run showed: seconds, and the growth of P50 over its two halves in times."""

    p50: float
    p95: float
    growth: float
    longest_gap: float


def cases(folder: Path, rate: float, minutes: float, runs: int) -> list[Case]:
    """Live runs, each from empty tables in a new sandbox and timed from the moment at which the shop opens.

    An order is visible from the commit by which gold has its batch: both times stand in the tables, so that looking
    costs a run nothing.
    """
    seen = [_run(Workshop(folder / f"live_{number}"), rate, minutes) for number in range(runs)]
    named = f"freshness at {rate:g} events/s"
    return [
        Case(f"{named}: P50", "s", [run.p50 for run in seen], at_most=10),
        Case(f"{named}: P95", "s", [run.p95 for run in seen], at_most=20),
        Case(f"{named}: P50 of the second half beside the first", "times", [run.growth for run in seen], at_most=1.1),
        Case(
            f"{named}: the longest time between two states of all gold",
            "s",
            [run.longest_gap for run in seen],
            at_most=90,
        ),
    ]


def _run(workshop: Workshop, rate: float, minutes: float) -> Run:
    workshop.run("sandbox", "live", "--rate", str(rate), "--seconds", str(60 * minutes), seconds=60 * minutes + 900)
    sent, delays = _delays(workshop)
    if not len(delays):
        raise click.ClickException(f"No order reached gold within {minutes:g} minutes. Give it longer: --minutes")
    halves = np.array_split(delays[np.argsort(sent)], 2)
    p50, p95 = np.percentile(delays, [50, 95])
    return Run(float(p50), float(p95), _growth(halves), _longest_gap(workshop))


def _growth(halves: list[NDArray[np.float64]]) -> float:
    first, second = (float(np.median(half)) for half in halves)
    return second / first


def _commits(workshop: Workshop, table: str) -> list[tuple[int, datetime]]:
    delta = DeltaTable(str(workshop.settings.warehouse / table))
    history: list[dict[str, Any]] = delta.history()
    return sorted((int(commit["version"]), datetime.fromtimestamp(commit["timestamp"] / 1000)) for commit in history)


def _delays(workshop: Workshop) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each accepted order: when the broker took it (seconds since 1970), and seconds until gold had it."""
    folder = workshop.settings.warehouse / GOLD
    visible: dict[int, float] = {}
    reached = 0
    for version, at in _commits(workshop, GOLD):
        batches = read_delta(folder, ["processed_batch"], version)["processed_batch"]
        newest = pc.max(batches).as_py() or 0
        for batch in range(reached + 1, newest + 1):
            visible[batch] = at.timestamp()
        reached = max(reached, newest)
    messages = read_delta(
        workshop.settings.warehouse / "silver.db" / "order_messages", ["processed_batch", "enqueued_at", "verdict"]
    )
    messages = messages.filter(pc.equal(messages["verdict"], "accepted"))
    sent = messages["enqueued_at"].to_numpy().astype("datetime64[us]").astype(np.float64) / 1e6
    shown = np.array([visible[batch] for batch in messages["processed_batch"].to_pylist()])
    return sent, shown - sent


def _longest_gap(workshop: Workshop) -> float:
    """Between two commits of a model of the last part, seconds; the first gap began before the shop opened."""
    times = [at.timestamp() for _, at in _commits(workshop, "gold.db/as_of")]
    return float(np.max(np.diff(times)[1:])) if len(times) > 2 else float("nan")
