"""How much memory the processes of a benchmark hold at their peak."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from benchmarks.results import Case
from sandbox.broker import broker
from sandbox.settings import SandboxSettings
from sandbox.spark import spark_server

SECONDS_BETWEEN_LOOKS = 0.5


class Peaks:
    """Peak resident memory: of each process, and of all together at one moment. Bytes."""

    def __init__(self) -> None:
        self.of_each: dict[str, int] = {}
        self.of_all = 0

    def look(self, settings: SandboxSettings) -> None:
        """Look once at this process, its children and the sandbox's daemons."""
        together = 0
        for process in _processes(settings):
            with suppress(psutil.NoSuchProcess):
                held = process.memory_info().rss
                together += held
                name = _name(process.cmdline())
                self.of_each[name] = max(self.of_each.get(name, 0), held)
        self.of_all = max(self.of_all, together)

    def cases(self, at_most_gb: float) -> list[Case]:
        """As figures; the target is of all together."""
        each = [Case(f"peak memory: {name}", "GB", [held / 1e9]) for name, held in sorted(self.of_each.items())]
        return [*each, Case("peak memory: all processes together", "GB", [self.of_all / 1e9], at_most=at_most_gb)]


@contextmanager
def watched(settings: SandboxSettings) -> Iterator[Peaks]:
    """Look at the memory again and again while the block runs."""
    peaks, over = Peaks(), threading.Event()

    def watch() -> None:
        while not over.wait(SECONDS_BETWEEN_LOOKS):
            peaks.look(settings)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def _processes(settings: SandboxSettings) -> set[psutil.Process]:
    found = {psutil.Process(), *psutil.Process().children(recursive=True)}
    for daemon in (broker(settings), spark_server(settings)):
        if pid := daemon.pid:
            found.add(psutil.Process(pid))
    return found


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
        ("benchmarks", "the benchmark itself"),
    ):
        if sign in line:
            return name
    return command[0].rpartition("/")[2] if command else "unknown"
