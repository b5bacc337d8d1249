"""The benchmarks' own arithmetic: targets, ratios, and the plan of the job that does the same by hand."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.memory import Peaks
from benchmarks.one_job import plan
from benchmarks.results import Case, ratios, write


def model(name: str, sql: str, *parents: str, **config: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "package_name": "real_time_market",
        "schema": "silver",
        "name": name,
        "config": {"materialized": "table", **config},
        "depends_on": {"nodes": [f"model.x.{parent}" for parent in parents]},
        "compiled_code": sql,
    }


@pytest.mark.parametrize(
    ("bounds", "met"),
    [
        ({}, None),
        ({"at_most": 2}, True),
        ({"at_most": 1.9}, False),
        ({"at_least": 2}, True),
        ({"at_least": 2.1}, False),
        ({"at_least": 1, "at_most": 1.5}, False),
    ],
)
def test_the_median_is_held_against_the_target(bounds: dict[str, float], met: bool | None) -> None:
    # The mean is 4, the median 2.
    assert Case("a case", "s", [1, 2, 9], **bounds).met is met


def test_ratios_are_of_runs_side_by_side() -> None:
    assert ratios("ours beside theirs", [10, 30], [5, 10]).runs == [2, 3]
    with pytest.raises(ValueError, match="shorter"):
        ratios("one is missing", [10, 30], [5])


def test_the_file_says_what_was_measured_where_and_whether_it_met_its_target(tmp_path: Path) -> None:
    write([Case("a case", "s", [3, 1, 2], at_most=2)], "small", tmp_path / "result.json")
    result = json.loads((tmp_path / "result.json").read_text())
    assert result.keys() == {"machine", "versions", "date", "scale", "cases"}
    assert result["cases"] == [
        {"name": "a case", "value": 2, "unit": "s", "target": "at most 2", "met": True, "runs": [3, 1, 2]}
    ]


def test_the_job_by_hand_makes_parents_first_and_picks_nothing() -> None:
    picked = "select * from a where landed_batch > 0 and landed_batch <= 7 and b <= 7 and processed_batch <= 3"
    manifest = {
        "nodes": {
            "model.x.child": model("child", picked, "parent", partition_by="business_date"),
            "model.x.parent": model("parent", "select 1", "seed", materialized="view"),
            "model.x.seed": {**model("seed", ""), "resource_type": "seed", "depends_on": {}},
            "test.x.one": {**model("one", ""), "resource_type": "test"},
        }
    }
    assert plan(manifest, Path("/seeds")) == [
        {"name": "silver.seed", "kind": "seed", "path": "/seeds/seed"},
        {"name": "silver.parent", "kind": "view", "sql": "select 1", "partition_by": None},
        {
            "name": "silver.child",
            "kind": "table",
            "sql": "select * from a where true and b <= 7 and true",
            "partition_by": "business_date",
        },
    ]


def test_memory_is_that_of_the_processes_that_work_under_the_folder(tmp_path: Path) -> None:
    # Each with a copy of itself, as a JVM is for a moment when it starts a program.
    hold = """
import os, signal, time
held = bytearray(200_000_000)
copy = os.fork() or time.sleep(60)
print(flush=True)
input()
os.kill(copy, signal.SIGKILL)
"""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", hold],
            env={**os.environ, "SANDBOX_STATE": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for folder in (tmp_path / "one", tmp_path / "two", tmp_path.parent / "elsewhere")
    ]
    peaks = Peaks()
    try:
        for process in started:
            assert process.stdout
            process.stdout.readline()
        peaks.look(tmp_path)
    finally:
        for process in started:
            process.communicate(b"\n")
    peaks.look(tmp_path)
    assert 0.4e9 < peaks.of_all < 0.6e9, "two of three, and what they held stays known"
    assert [0.2 < case.value < 0.3 for case in peaks.cases("a group")[:-1]] == [True]
    assert [case.met for case in peaks.cases("a group", at_most_gb=0.3)] == [None, False]
