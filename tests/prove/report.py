"""What the fault run came to, as a table for people and as a page of the documentation."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil
from rich.table import Table

from sandbox.java import find_java


@dataclass(frozen=True)
class Row:
    """One fault's outcome. None where there is nothing to count or to time."""

    fault: str
    times: int | None
    lost: int | None = None
    twice: int | None = None
    differences: int | None = None
    seconds: float | None = None
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """As text."""
        numbers = (self.times, self.lost, self.twice, self.differences)
        return (
            self.fault,
            *("" if number is None else f"{number:,}" for number in numbers),
            "" if self.seconds is None else f"{self.seconds:.0f}",
            self.note,
        )


HEAD = ("fault", "times", "lost", "counted twice", "other differences", "seconds to recover", "")


def as_table(rows: list[Row]) -> Table:
    """For the terminal."""
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for name in HEAD:
        is_text = name in ("fault", "")
        table.add_column(name, justify="left" if is_text else "right", min_width=52 if name == "fault" else None)
    for row in rows:
        table.add_row(*row.cells())
    return table


def as_markdown(rows: list[Row], command: str, sent: int, minutes: float) -> str:
    """For `docs/reliability.md`: the table, and how it came about."""
    lines = [
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, {minutes:.0f} minutes, {sent:,} messages. {machine()}.",
        "",
        "| " + " | ".join(HEAD[:-1]) + " | note |",
        "|---|" + "---:|" * 5 + "---|",
    ]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """This machine in a few words."""
    java = find_java().resolve()
    return (
        f"{platform.system()}, {len(os.sched_getaffinity(0))} cores, {psutil.virtual_memory().total / 2**30:.0f} GB, "
        f"Python {platform.python_version()}, {java.parent.parent.name}"
    )
