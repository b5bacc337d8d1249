"""The start: `make demo` where everything is installed."""

from pathlib import Path

from benchmarks.results import Case
from benchmarks.workshop import Workshop


def cases(folder: Path, events: int, days: int, runs: int) -> list[Case]:
    """The demo from nothing, each time in a new sandbox."""
    took = [
        Workshop(folder / f"demo_{number}").run("sandbox", "demo", "--events", str(events), "--days", str(days))
        for number in range(runs)
    ]
    return [Case(f"start: make demo, {events:,} events", "s", took, at_most=240)]
