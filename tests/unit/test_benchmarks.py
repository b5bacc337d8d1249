"""The benchmarks' own arithmetic: targets, ratios, counts, and the plan of the job that does the same by hand."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.builds import link_tables
from benchmarks.dbt_log import Statement, profile, statements
from benchmarks.event_log import jobs_begun
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
def test_the_median_is_held_against_the_target(bounds: dict[str, Any], met: bool | None) -> None:
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


def test_the_file_names_both_commits_where_two_were_compared(tmp_path: Path) -> None:
    commits = {"this": "a" * 40, "baseline": "b" * 40}
    write([Case("a case", "s", [1])], "small", tmp_path / "result.json", commits)
    assert json.loads((tmp_path / "result.json").read_text())["commits"] == commits


def test_only_a_missed_target_has_its_profile() -> None:
    where: dict[str, Any] = {"slowest": []}
    shown = [Case("a case", "s", [2], at_most=bound, profile=where).as_dict().get("profile") for bound in (1, 3, None)]
    assert shown == [where, None, None]


def logged(name: str, thread: str, **data: Any) -> str:
    return json.dumps({"info": {"name": name, "thread": thread, "msg": "SQL status: not this text"}, "data": data})


def test_a_statement_is_counted_once_with_its_sender_however_threads_take_turns(tmp_path: Path) -> None:
    orders, views = {"unique_id": "model.shop.orders"}, {"unique_id": "test.shop.views"}
    log = tmp_path / "dbt.log"
    log.write_text(
        "\n".join(
            [
                logged("SQLQuery", "one", sql='/* {"app": "dbt"} */\n  merge into\n  orders', node_info=orders),
                logged("SQLQuery", "two", sql="select 'SQL status: OK in 9 seconds'", node_info=views),
                logged("SQLQueryStatus", "two", elapsed=0.5, node_info=views),
                logged("Note", "two", message="SQL status: OK in 9 seconds"),
                logged("SQLQueryStatus", "one", elapsed=2, node_info=orders),
                logged("SQLQuery", "one", sql="this one fails", node_info=orders),
                logged("SQLQuery", "one", sql="show schemas"),
                logged("SQLQueryStatus", "one", elapsed=1),
            ]
        )
    )
    assert statements(log) == [
        Statement("test.shop.views", "select 'SQL status: OK in 9 seconds'", 0.5),
        Statement("model.shop.orders", "merge into orders", 2),
        Statement("dbt", "show schemas", 1),
    ]


def test_a_profile_adds_up_by_kind_and_names_the_slowest() -> None:
    ended = [Statement(f"{kind}.shop.it", kind, took) for kind, took in (("model", 1), ("test", 3), ("model", 2))]
    found = profile(ended, slowest=2)
    assert found["by kind"] == {"model": {"statements": 2, "seconds": 3}, "test": {"statements": 1, "seconds": 3}}
    assert [slow["seconds"] for slow in found["slowest"]] == [3, 2]


def test_jobs_are_counted_from_where_a_run_began_by_who_sent_them(tmp_path: Path) -> None:
    def began(description: str) -> str:
        properties = {"spark.job.description": description} if description else {}
        return json.dumps({"Event": "SparkListenerJobStart", "Properties": properties}) + "\n"

    before = began('/* {"node_id": "model.shop.orders"} */ merge')
    log = tmp_path / "events"
    log.write_text(
        before
        + before
        + began('/* {"app": "dbt", "node_id": "test.shop.unique"} */ select')
        + json.dumps({"Event": "SparkListenerJobEnd"})
        + "\n"
        + began("")
    )
    assert jobs_begun(log, len(before)) == {"model": 1, "test": 1, "dbt": 1}


def test_linked_tables_are_the_same_files_and_follow_what_is_replaced(tmp_path: Path) -> None:
    landed, linked = tmp_path / "landed", tmp_path / "linked"
    (landed / "orders" / "_delta_log").mkdir(parents=True)
    part, last = landed / "orders" / "part", landed / "orders" / "_delta_log" / "_last_checkpoint"
    part.write_text("rows")
    last.write_text("10")
    link_tables(landed, linked)
    newer = tmp_path / "newer"
    newer.write_text("20")
    newer.rename(last)
    link_tables(landed, linked)
    assert (linked / "orders" / "part").samefile(part)
    assert (linked / "orders" / "_delta_log" / "_last_checkpoint").read_text() == "20"


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
