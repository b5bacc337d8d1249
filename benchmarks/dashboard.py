"""How long people wait for the browser dashboard, in a headless Chromium on this machine.

Opens the first page in a new browser, turns to each other page, and changes a slicer on each; a wait ends when
everything is drawn. Run: python -m benchmarks.dashboard
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import click

from dashboard.app import PERSPECTIVES
from dashboard.slicers import LAST_DAYS
from sandbox.settings import SandboxSettings
from tests.support.dashboard_server import Visitor, headless_chromium, served

PAGES = tuple(PERSPECTIVES)
# The first of them is chosen when a page opens: it comes last.
PERIODS = tuple(reversed(LAST_DAYS))


def look(address: str, waited: Callable[[str, float], None]) -> None:
    """Look at all pages once, and say what each step took, in seconds."""

    @contextmanager
    def clock(what: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        waited(what, time.perf_counter() - started)

    with headless_chromium() as browser:
        visitor = Visitor(browser, address)
        with clock("first page, nothing in the browser's cache"):
            with clock("its cards"):
                visitor.page.goto(address, wait_until="commit")
                visitor.page.wait_for_function("document.querySelector('.card .value')", polling="raf")
            visitor.wait(PAGES[0])
        with clock("first page again"):
            visitor.open()
        for page in PAGES:
            if page != PAGES[0]:
                with clock("another page"):
                    visitor.turn_to(page)
            # (What the last page shows is not sliced.)
            for period in PERIODS if page != PAGES[-1] else ():
                before = visitor.told()
                with clock("a slicer"):
                    visitor.choose("Period", period)
                    visitor.wait(page, told=before)
        visitor.close()


@click.command()
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True)
@click.option("--warehouse", type=click.Path(file_okay=False, path_type=Path), help="Default: what make demo built.")
def main(runs: int, warehouse: Path | None) -> None:
    """Print the median and the longest wait of each kind."""
    seconds: dict[str, list[float]] = defaultdict(list)
    folder = warehouse or SandboxSettings().warehouse
    with tempfile.TemporaryDirectory() as logs, served(folder.resolve(), Path(logs) / "log") as address:
        # The server's first look at the tables is its start.
        look(address, lambda *_: None)
        for _ in range(runs):
            look(address, lambda what, took: seconds[what].append(took))
    for what, waits in seconds.items():
        click.echo(f"{what}: median {median(waits):.2f} s, longest {max(waits):.2f} s, of {len(waits)}")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.dashboard")
