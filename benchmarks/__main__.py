"""Command line of the benchmarks."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks import builds, freshness, full_build, incremental, ingest, start
from benchmarks.memory import watched
from benchmarks.results import RESULTS, Case, as_table, write
from benchmarks.trees import HERE, tree_of
from benchmarks.workshop import Workshop
from sandbox.console import console

MOST_MEMORY = {"freshness": 6.0, "start": 6.0}
"""GB of all processes together, where a group is what a user runs."""
GROUPS = ("ingest", "full-build", "orders-only", "incremental", "builds", "freshness", "start")


@click.command()
@click.option("--only", multiple=True, type=click.Choice(GROUPS), help="Only this group; may be given again.")
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="How often each is run.")
@click.option("--events", type=click.IntRange(1000), default=2_000_000, show_default=True, help="Of a full build.")
@click.option("--orders", type=click.IntRange(1000), default=2_000_000, show_default=True, help="Of ingest, and alone.")
@click.option("--a-day", type=click.IntRange(100), default=100_000, show_default=True, help="Events a day of history.")
@click.option("--days", multiple=True, type=click.IntRange(1), default=(1, 100), show_default=True, help="Of builds.")
@click.option("--new-events", type=click.IntRange(1), default=5_000, show_default=True, help="In each batch of builds.")
@click.option("--baseline", default=builds.BASELINE, show_default=True, help="The commit that builds are held against.")
@click.option("--rate", type=click.FloatRange(1), default=1000, show_default=True, help="Events a second, live.")
@click.option("--minutes", type=click.FloatRange(0.5), default=10, show_default=True, help="Of the live run.")
@click.option("--demo-events", type=click.IntRange(1000), default=500_000, show_default=True)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Default: in benchmarks/results.")
def main(
    *,
    only: tuple[str, ...],
    runs: int,
    events: int,
    orders: int,
    a_day: int,
    days: tuple[int, ...],
    new_events: int,
    baseline: str,
    rate: float,
    minutes: float,
    demo_events: int,
    report: Path | None,
) -> None:
    """Run each case several times, in turns with what it is compared with; print a table and write JSON.

    The machine must be quiet: nothing else at work. The whole takes hours; --only and smaller numbers take less, and
    the file says which numbers were chosen.

    Example: python -m benchmarks --only ingest
    """
    groups: dict[str, Callable[[Path], list[Case]]] = {
        "ingest": lambda folder: ingest.cases(Workshop(folder), orders, runs),
        "full-build": lambda folder: full_build.whole_shop(Workshop(folder), events, 90, runs),
        "orders-only": lambda folder: full_build.orders_only(Workshop(folder), orders, runs),
        "incremental": lambda folder: incremental.cases(folder, a_day, runs),
        "builds": lambda folder: builds.cases(
            folder, tree_of(baseline), sorted(set(days)), a_day=a_day, new_events=new_events, runs=runs
        ),
        "freshness": lambda folder: freshness.cases(folder, rate, minutes, runs),
        "start": lambda folder: start.cases(folder, demo_events, 90, runs),
    }
    chosen = only or GROUPS
    sizes = {
        "ingest": f"{orders:,} orders",
        "full-build": f"{events:,} events",
        "orders-only": f"{orders:,} orders",
        "incremental": f"{a_day:,} events a day of history",
        "builds": f"{new_events:,} new events behind {' and '.join(map(str, days))} days of {a_day:,}",
        "freshness": f"{rate:g} events a second for {minutes:g} minutes",
        "start": f"{demo_events:,} events",
    }
    scale = "; ".join(f"{name}: {sizes[name]}" for name in chosen) + f"; {runs} runs each"
    file = report or RESULTS / f"{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    file.parent.mkdir(exist_ok=True)
    commits = {"this": HERE.commit, "baseline": tree_of(baseline).commit} if "builds" in chosen else None
    cases: list[Case] = []
    for name in chosen:
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as folder,
            console.status(f"{name} ..."),
            watched(Path(folder)) as peaks,
        ):
            cases += groups[name](Path(folder) / "state")
        cases += peaks.cases(name, at_most_gb=MOST_MEMORY.get(name))
        # After each group: what an hour has shown is not lost with the next one.
        write(cases, scale, file, commits)
    console.print(as_table(cases))
    console.print(f"Written to {file}")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
