"""Rules on the tables: each incremental table has its CHECKs and its keys, and our stand-in package what is used."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from sandbox.settings import ROOT
from sandbox.setup import OFFLINE_PACKAGES

Node = dict[str, Any]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Node]:
    """The nodes of dbt's manifest, models and tests."""
    target = tmp_path_factory.mktemp("rules")
    folders = ("--target-path", str(target), "--log-path", str(target))
    parsed = dbtRunner().invoke(["--quiet", "parse", "--project-dir", str(ROOT), "--profiles-dir", str(ROOT), *folders])
    assert parsed.success, parsed.exception
    found: dict[str, Node] = json.loads((target / "manifest.json").read_text())["nodes"]
    return found


def incremental(nodes: dict[str, Node]) -> dict[str, Node]:
    """The incremental models by their ids."""
    return {key: node for key, node in nodes.items() if node["config"]["materialized"] == "incremental"}


def test_every_incremental_table_has_named_checks_under_a_contract(nodes: dict[str, Node]) -> None:
    assert incremental(nodes)
    for node in incremental(nodes).values():
        assert node["config"]["contract"]["enforced"], node["name"]
        names = [check["name"] for check in node["constraints"] if check["type"] == "check"]
        assert names, node["name"]
        assert all(names), node["name"]
        assert len(names) == len(set(names)), node["name"]


def test_no_check_depends_on_when_it_is_asked(nodes: dict[str, Node]) -> None:
    for node in nodes.values():
        for check in node.get("constraints", []):
            assert not re.search(r"current_|now\(|rand|select|{", check["expression"]), node["name"]


def test_no_check_loses_its_brackets_on_databricks(nodes: dict[str, Node]) -> None:
    # dbt-databricks puts none around what begins with one and ends with one: (a) = (b).
    for node in nodes.values():
        for check in node.get("constraints", []):
            assert not re.fullmatch(r"(?s)\(.*\)", check["expression"]), f"{node['name']}: {check['name']}"


def test_every_incremental_table_is_tested_for_its_keys(nodes: dict[str, Node]) -> None:
    tests = [node for node in nodes.values() if node["resource_type"] == "test" and node.get("test_metadata")]
    tested = {
        test["attached_node"] for test in tests if test["test_metadata"]["name"] in ("keys_hold", "accepted_once")
    }
    assert incremental(nodes).keys() <= tested


def test_a_table_whose_keys_are_looked_up_is_built_before_the_test(nodes: dict[str, Node]) -> None:
    for test in nodes.values():
        if test.get("test_metadata", {}).get("name") == "keys_hold":
            for table in test["test_metadata"]["kwargs"].get("foreign_keys", {}).values():
                name = re.findall(r"ref\('(\w+)'\)", table)[0]
                assert f"model.real_time_market.{name}" in test["depends_on"]["nodes"], test["name"]


def test_the_stand_in_package_has_exactly_the_tests_that_are_used(nodes: dict[str, Node]) -> None:
    used = {
        node["test_metadata"]["name"]
        for node in nodes.values()
        if (node.get("test_metadata") or {}).get("namespace") == "dbt_expectations"
    }
    macros = Path(OFFLINE_PACKAGES, "dbt_expectations", "macros").glob("*.sql")
    held = set(re.findall(r"{% test (\w+)", "".join(file.read_text() for file in macros)))
    assert held == used


WHERE_STATE_MAY_BE_READ = {
    "modules.re": set(),
    # dbt's own name for a model's SQL, handed on whole.
    "compiled_code": {"materializations/incremental.sql"},
    # docs/decisions.md, "What tests look at is kept in `graph`"; the others list the project's nodes, as dbt documents.
    "graph.": {
        "incremental/written.sql",
        "operations/hubs.sql",
        "operations/maintain.sql",
        "set_up_local_spark.sql",
    },
}


@pytest.mark.parametrize("name", WHERE_STATE_MAY_BE_READ)
def test_no_macro_reads_sql_back_or_keeps_state_in_passing(name: str) -> None:
    macros = ROOT / "dbt_project" / "macros"
    found = {str(file.relative_to(macros)) for file in macros.rglob("*.sql") if name in file.read_text()}
    assert found == WHERE_STATE_MAY_BE_READ[name]


def test_what_a_run_wrote_is_the_only_thing_kept_in_the_graph() -> None:
    files = (ROOT / "dbt_project" / "macros").rglob("*.sql")
    uses = {use for file in files for use in re.findall(r"\bgraph\.\w+(?:\('\w+')?", file.read_text())}
    assert uses == {"graph.nodes", "graph.sources", "graph.get('rows_written'", "graph.setdefault('rows_written'"}
