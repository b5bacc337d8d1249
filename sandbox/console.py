"""The one console that people read, and the places where programs' noise goes instead."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ingestion.errors import UserError
from ingestion.printable import printable
from sandbox.settings import ROOT

console = Console(highlight=False)
LONGEST_TEXT = 300
"""Characters of one text that people are shown; an event may hold a million."""


def untrusted(text: str) -> Text:
    """A text that holds what events say, for printing: no markup, no control characters, not endless."""
    cut = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."
    return Text(printable(cut))


@contextmanager
def step(name: str, seconds: dict[str, float]) -> Iterator[None]:
    """Announce one step of a run, and note how many seconds it took under its name."""
    console.print(f"[bold]{name}[/bold]")
    started = time.monotonic()
    yield
    seconds[name] = round(time.monotonic() - started, 1)


@contextmanager
def noise_to(log: Path) -> Iterator[None]:
    """Send what this process and its children write to standard error into a file."""
    sys.stderr.flush()
    kept = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def run_module(module: str, *arguments: str, env: Mapping[str, str], log: Path) -> None:
    """Run one of our command lines (`python -m module ...`); people see what it prints, its noise goes to a log.

    Raises:
        UserError: it failed; the text is its own error.
    """
    with log.open("a+") as noise:
        noise.seek(0, os.SEEK_END)
        start = noise.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **env},
            stderr=noise,
            # Ctrl-C comes to us alone, and goes on as a SIGTERM that leaves time to end in order.
            start_new_session=True,
        )
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if code:
            noise.seek(start)
            lines = [line for line in noise.read().splitlines() if line.strip()]
            said = next((line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")), None)
            raise UserError(said or f"python -m {module} ended with {code}; see {log}")
