"""How much memory the processes of a benchmark hold at their peak."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.results import Case

SECONDS_BETWEEN_LOOKS = 0.5
LEAST = 50e6
"""What held fewer bytes has no line of its own: shells and the like, which come and go."""


class Peaks:
    """Peak resident memory: of each kind of process, and of all together at one moment. Bytes."""

    def __init__(self) -> None:
        self.of_each: dict[str, int] = {}
        self.of_all = 0

    def look(self, folder: Path) -> None:
        """Look once at all processes that work on the sandboxes under a folder: their environment names it.

        The benchmark itself, which was started before there was a folder, is no part of what it measures.
        """
        together = 0
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if any(str(folder) in value for value in process.environ().values()) and not _is_copy(process):
                    held = process.memory_info().rss
                    together += held
                    name = _name(process.cmdline())
                    self.of_each[name] = max(self.of_each.get(name, 0), held)
        self.of_all = max(self.of_all, together)

    def cases(self, group: str, at_most_gb: float | None = None) -> list[Case]:
        """As figures; the target is of all together."""
        named = f"{group}: peak memory, "
        each = [Case(named + name, "GB", [held / 1e9]) for name, held in sorted(self.of_each.items()) if held > LEAST]
        return [*each, Case(named + "all processes together", "GB", [self.of_all / 1e9], at_most=at_most_gb)]


@contextmanager
def watched(folder: Path) -> Iterator[Peaks]:
    """Look at the memory again and again while the block runs."""
    peaks, over = Peaks(), threading.Event()

    def watch() -> None:
        while not over.wait(SECONDS_BETWEEN_LOOKS):
            peaks.look(folder)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def _is_copy(process: psutil.Process) -> bool:
    """Whether it was forked a moment ago and is not yet the program it is to become: its memory is its parent's."""
    parent = process.parent()
    return parent is not None and parent.cmdline() == process.cmdline()


def _name(command: list[str]) -> str:
    """What a process is, from its command line."""
    line = " ".join(command)
    for sign, name in (
        ("kafka.Kafka", "broker"),
        ("HiveThriftServer2", "Spark server"),
        ("pyspark-shell", "Spark of a Python process"),
        ("ingestion stream", "stream job (Python)"),
        ("simulator", "simulator"),
        ("sandbox demo", "make demo (Python, dbt)"),
        ("sandbox live", "make live (Python, dbt)"),
    ):
        if sign in line:
            return name
    return command[0].rpartition("/")[2] if command else "unknown"
