"""The short form of `make prove`: each fault once, on the real parts, in a process with a Spark of its own."""

import re
import subprocess
import sys

import pytest

from sandbox.settings import ROOT
from tests.prove.faults import FAULTS

FIRST_OF_THE_HISTORYS_OWN = "duplicates, within and across batches and days"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The table's cells by fault, as the run wrote them."""
    report = tmp_path_factory.mktemp("prove") / "report.md"
    run = subprocess.run(
        [sys.executable, "-m", "tests.prove", "--short", "--report", str(report)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in report.read_text().splitlines()
        if line.startswith("| ")
    ]
    return {name: rest for name, *rest in cells[1:]}


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS])
def test_after_a_fault_nothing_is_lost_and_nothing_counted_twice(name: str, rows: dict[str, list[str]]) -> None:
    times, lost, twice, differences, _seconds, note = rows[name]
    if note.startswith("skipped"):
        pytest.skip(note)
    assert (times, lost, twice, differences) == ("1", "0", "0", "0")


def test_the_history_held_faults_of_every_kind(rows: dict[str, list[str]]) -> None:
    names = list(rows)
    own = names[names.index(FIRST_OF_THE_HISTORYS_OWN) : -1]
    assert len(own) == 6
    assert all(int(rows[name][0].replace(",", "")) > 0 for name in own)
    late = next(name for name in own if name.startswith("events late"))
    assert int(re.findall(r"to (\d+) days", late)[0]) > 45


def test_at_the_end_gold_is_the_ledgers_and_a_full_refresh_changes_no_row(rows: dict[str, list[str]]) -> None:
    *_, (name, (_times, lost, twice, differences, *_rest)) = rows.items()
    assert name == "all of them together, at the end"
    assert (lost, twice, differences) == ("0", "0", "0")
