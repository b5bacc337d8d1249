"""The start: `make demo` where everything is installed."""

from pathlib import Path

from benchmarks.memory import Peaks, watched
from benchmarks.results import Case
from benchmarks.workshop import Workshop


def cases(folder: Path, events: int, days: int, runs: int) -> list[Case]:
    """The demo from nothing, each time in a new sandbox; and what memory it takes."""
    took: list[float] = []
    memory: list[Peaks] = []
    for number in range(runs):
        workshop = Workshop(folder / f"demo_{number}")
        with watched(workshop.settings) as peaks:
            took.append(workshop.run("sandbox", "demo", "--events", str(events), "--days", str(days)))
        memory.append(peaks)
    return [Case(f"start: make demo, {events:,} events", "s", took, at_most=240), *memory[-1].cases(at_most_gb=6)]
