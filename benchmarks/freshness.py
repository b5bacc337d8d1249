"""Freshness: from an order in the broker to its row in gold, while `make live` runs as people run it."""

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow.compute as pc
from deltalake import DeltaTable
from numpy.typing import NDArray

from benchmarks.results import Case
from benchmarks.workshop import Workshop
from sandbox.delta import read_delta

GOLD = "gold.db/fct_sales_by_state_minute"


def cases(workshop: Workshop, rate: float, minutes: float) -> list[Case]:
    """One live run from empty tables, timed from the moment at which the shop opens.

    An order is visible from the commit by which gold has its batch: both times stand in the tables, so that looking
    costs the run nothing.
    """
    workshop.run("sandbox", "live", "--rate", str(rate), "--seconds", str(60 * minutes), seconds=60 * minutes + 900)
    sent, delays = _delays(workshop)
    in_order = delays[np.argsort(sent)]
    halves = np.array_split(in_order, 2)
    named = f"freshness at {rate:g} events/s"
    return [
        Case(f"{named}: P50", "s", [float(np.percentile(delays, 50))], at_most=10),
        Case(f"{named}: P95", "s", [float(np.percentile(delays, 95))], at_most=20),
        Case(f"{named}: P50 of the second half beside the first", "times", [_growth(halves)], at_most=1.1),
        Case(f"{named}: the longest time between two states of all gold", "s", [_longest_gap(workshop)], at_most=90),
    ]


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
