"""Command line of the fault run."""

import random
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from sandbox.console import console
from sandbox.dbt import MASTER_DATA
from tests.prove.faults import FAULTS, Fault, Skipped
from tests.prove.pipeline import Pipeline, State
from tests.prove.report import Row, as_markdown, as_table


@click.command()
@click.option("--short", is_flag=True, help="One of each kind, one full refresh at the end.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Of the history and the moments.")
@click.option(
    "--only",
    multiple=True,
    help="Of all but the first two, which fill the tables, only those with this in their name; may be given again.",
)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the table here, as Markdown.")
def main(short: bool, seed: int, only: tuple[str, ...], report: Path | None) -> None:
    """Break the running pipeline in every way and hold the outcome against the ledger; exit with 1 on a difference.

    Example: python -m tests.prove --short --seed 7
    """
    # The first two fill the tables: what strikes a run that only begins to make them shows nothing of the next one.
    first, others = FAULTS[:2], FAULTS[2:]
    chosen = first + [fault for fault in others if not only or any(word in fault.name for word in only)]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        pipe = Pipeline(Path(folder), seed, events=60_000 if not short else 20_000)
        rows: list[Row] = []
        try:
            for row in prove(pipe, chosen, seed, short=short, say=console.print):
                rows.append(row)
                if report:
                    # After each row: what hours have shown is not lost with the run.
                    minutes = (time.monotonic() - started) / 60
                    report.write_text(as_markdown(rows, command_line(), pipe.ledger.sent, minutes))
        finally:
            pipe.stop()
    console.print(as_table(rows))
    if any(row.lost or row.twice or row.differences for row in rows):
        sys.exit(1)


def command_line() -> str:
    """What was typed, but for where the report goes."""
    arguments = list(sys.argv[1:])
    if "--report" in arguments:
        at = arguments.index("--report")
        del arguments[at : at + 2]
    return shlex.join(["python", "-m", "tests.prove", *arguments])


def prove(
    pipe: Pipeline, faults: list[Fault], seed: int, *, short: bool, say: Callable[[str], object]
) -> Iterator[Row]:
    """Put the faults in, one kind after the other, and check after each.

    Args:
        pipe: not started.
        faults: which, in this order.
        seed: of the moments.
        short: at most once each; bronze alone is held against the ledger after each, silver and gold at the end.
        say: gets a line for each step.

    Yields:
        A row for each fault, as soon as it is judged, then what came with the history, and all of them together.
    """
    choice = random.Random(seed)

    def told(row: Row, found: list[str]) -> Row:
        say(f"{row.fault}: {'all is well' if not found else '; '.join(found[:5])} ({row.seconds or 0:.0f} s)")
        return row

    pipe.start()
    pipe.dbt.run(*MASTER_DATA, show_progress=False)
    for fault in faults:
        try:
            begun = time.monotonic()
            times = strike(pipe, fault, 1 if short else fault.times, choice)
            struck = time.monotonic()
            pipe.land()
            if short:
                state, seconds = pipe.check_landed(), time.monotonic() - begun
            else:
                pipe.build()
                seconds = time.monotonic() - struck
                state = pipe.check()
                state.differences.extend(pipe.check_full_refresh())
        except Skipped as reason:
            yield told(Row(fault.name, 0, note=f"skipped: {reason}"), [])
            continue
        yield told(_row(fault.name, times, state, seconds), state.differences)
    # To the end of the history: who is latest is late by as long as the whole of it.
    pipe.send()
    pipe.land()
    yield from counted(pipe)
    begun = time.monotonic()
    pipe.build()
    seconds = time.monotonic() - begun
    state = pipe.check()
    state.differences.extend(pipe.check_full_refresh())
    yield told(_row("all of them together, at the end", None, state, seconds), state.differences)


def strike(pipe: Pipeline, fault: Fault, times: int, choice: random.Random) -> int:
    """Put one kind of fault in until it has struck so many times, or has missed too often; how many times it struck."""
    struck = 0
    for number in range(3 * times):
        struck += fault.inject(pipe, number, choice)
        if struck == times:
            break
    return struck


def _row(name: str, times: int | None, state: State, seconds: float) -> Row:
    return Row(name, times, state.lost, state.twice, len(state.differences), seconds)


def counted(pipe: Pipeline) -> list[Row]:
    """How often the history's own faults struck, as the ledger counts them."""
    hubs = pipe.ledger.hubs.values()
    delays = pipe.backfill.seconds_to_sending()[: pipe.ledger.sent]
    days = delays / 86_400
    reasons = sum((hub.reasons for hub in hubs), start=type(pipe.ledger.hubs["orders"].reasons)())
    return [
        Row("duplicates, within and across batches and days", sum(hub.duplicates for hub in hubs)),
        Row(f"events late by an hour to {np.max(days):.0f} days", int(np.sum(days > 1 / 24))),
        Row("broken JSON", reasons["broken_json"]),
        Row("a field renamed", reasons["missing_product"]),
        Row("a field retyped", reasons["bad_price"] + reasons["wrong_type"] + reasons["bad_rating"]),
        Row("a field added", sum(hub.new_fields for hub in hubs)),
    ]


if __name__ == "__main__":
    main(prog_name="python -m tests.prove")
