"""What a benchmark came to: figures of several runs beside their target, as a table for people and as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.table import Table

from sandbox.java import find_java

RESULTS = Path(__file__).with_name("results")
PACKAGES = ("pyspark", "delta-spark", "dbt-core", "dbt-spark", "confluent-kafka")


@dataclass(frozen=True)
class Case:
    """One figure with its target.

    A target is a bound: `at_most` or `at_least`; a figure without either is there to be known.
    """

    name: str
    unit: str
    runs: Sequence[float]
    at_most: float | None = None
    at_least: float | None = None
    profile: Mapping[str, Any] | None = None
    """Where it goes: shown where the target is missed."""

    @property
    def value(self) -> float:
        """The median of the runs."""
        return median(self.runs)

    @property
    def target(self) -> str:
        """The target in words; empty if there is none."""
        bounds = [("at most", self.at_most), ("at least", self.at_least)]
        return " and ".join(f"{words} {bound:g}" for words, bound in bounds if bound is not None)

    @property
    def met(self) -> bool | None:
        """Whether the median keeps to the target; None without a target."""
        if not self.target:
            return None
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "target": self.target,
            "met": self.met,
            "runs": [round(run, 3) for run in self.runs],
            **({"profile": self.profile} if self.profile and self.met is False else {}),
        }


def ratios(name: str, ours: Sequence[float], theirs: Sequence[float], **more: Any) -> Case:
    """One figure in units of another, run by run: two that ran one after the other met the same machine."""
    return Case(name, "times", [mine / other for mine, other in zip(ours, theirs, strict=True)], **more)


def machine() -> str:
    """This machine in a few words."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{platform.system()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB"


def versions() -> dict[str, str]:
    """Of what the figures depend on."""
    java = find_java().resolve().parent.parent.name
    return {"python": platform.python_version(), "java": java, **{name: version(name) for name in PACKAGES}}


def write(cases: Sequence[Case], scale: str, file: Path, commits: Mapping[str, str] | None = None) -> None:
    """Write the figures as JSON.

    Args:
        scale: how much data they are of, in words.
        commits: of the code that was compared, if two commits were.
    """
    result = {
        "machine": machine(),
        "versions": versions(),
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "scale": scale,
        **({"commits": dict(commits)} if commits else {}),
        "cases": [case.as_dict() for case in cases],
    }
    file.write_text(json.dumps(result, indent=2) + "\n")


def as_table(cases: Sequence[Case]) -> Table:
    """Medians with their spread."""
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column("case", min_width=50)
    for name in ("median", "lowest", "highest"):
        table.add_column(name, justify="right")
    for name in ("unit", "target", ""):
        table.add_column(name)
    for case in cases:
        numbers = (f"{number:,.2f}" for number in (case.value, min(case.runs), max(case.runs)))
        verdict = {True: "met", False: "missed", None: ""}[case.met]
        table.add_row(case.name, *numbers, case.unit, case.target, verdict)
    return table
