"""The Power BI project as it stands: nothing is reported by any check. That each can report is in test_mutants."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.powerbi import best_practices
from tests.powerbi.checks import CHECKS, Check
from tests.powerbi.contract import documented_measures
from tests.powerbi.microsoft import MicrosoftTools
from tests.powerbi.project import POWERBI, Project
from tests.powerbi.report import PERSPECTIVES, sources
from tests.powerbi.schemas import files_keep_their_schema


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nothing_is_reported(project: Project, check: Check) -> None:
    assert check(project) == []


@pytest.mark.parametrize("rule", best_practices.RULES, ids=lambda rule: rule.__name__)
def test_best_practice(project: Project, rule: best_practices.Rule) -> None:
    assert rule(project.model) == []


def test_files_keep_microsofts_schemas(project: Project, schemas: Path) -> None:
    assert files_keep_their_schema(project, schemas) == []


def test_microsofts_tmdl_reader_reads_the_same_model(project: Project, tools: MicrosoftTools, tmp_path: Path) -> None:
    assert tools.tmdl_problems(project, tmp_path) == []


def test_microsofts_validator_accepts_the_report(project: Project, tools: MicrosoftTools) -> None:
    assert tools.report_problems(project) == []


def test_microsofts_parser_accepts_the_m(project: Project, tools: MicrosoftTools) -> None:
    assert tools.m_problems(project) == []


FORMATS = {
    "$#,0": "Revenue, Cancelled Revenue, Returned Revenue, Net Revenue, Minute Revenue, Attributed Revenue",
    "$#,0.00": "Average Order Value",
    "#,0": "Orders, Order Lines, Units, Journeys Viewed, Journeys Clicked, Journeys Purchased, "
    "Views, Clicks, Likes, Reviews",
    "0.0%": "Conversion %, Click Drop-off %, Purchase Drop-off %, Winner Score, Engagement Rate, "
    "Positive %, Neutral %, Negative %, New Customer Revenue %, Repeat Customer %",
    "0.00": "Value Index, Average Rating",
    "0": "Sentiment Index, At-risk Score",
    "+0.0%;-0.0%;0.0%": "Revenue change %, Orders change %",
    '+0.0 "pp";-0.0 "pp";0.0 "pp"': "Conversion change",
    "+0.00;-0.00;0.00": "Rating change",
}
"""Format -> the measures that are shown by it, in the browser's dashboard too."""


def test_every_defined_measure_has_its_format(project: Project) -> None:
    formats = {name: measure.properties.get("formatString") for name, measure in project.model.measures.items()}
    expected = {name: form for form, names in FORMATS.items() for name in names.split(", ")}
    assert expected.keys() == documented_measures().keys()
    assert {name: formats[name] for name in expected} == expected


def test_minutes_are_refreshed_as_far_back_as_events_come_late(project: Project) -> None:
    (policy,) = project.model.tables["Sales by Minute"].all("refreshPolicy")
    assert policy.properties["incrementalGranularity"] == "day"
    # The simulator's late events come up to ten days after they happened.
    assert int(policy.properties["incrementalPeriods"]) > 10
    (partition,) = project.model.tables["Sales by Minute"].all("partition")
    assert policy.properties["sourceExpression"] == partition.properties["source"]
    assert ">= RangeStart" in partition.properties["source"]
    assert "< RangeEnd" in partition.properties["source"]


def test_tables_are_imported_through_one_function(project: Project) -> None:
    partitions = [partition for table in project.model.tables.values() for partition in table.all("partition")]
    assert {partition.properties["mode"] for partition in partitions} == {"import"}
    sources = "\n".join(partition.properties["source"] for partition in partitions)
    assert not re.search(r"Databricks|File|Folder|Parquet", sources)
    shared = project.model.expressions["GoldTable"].value
    assert re.search(r"Databricks\.Catalogs\(\s*DatabricksServer,\s*DatabricksHttpPath,", shared)
    assert "Folder.Contents(GoldFolder)" in shared


def test_the_documented_switch_to_direct_query_is_a_model_too(
    project: Project, tools: MicrosoftTools, tmp_path: Path
) -> None:
    shutil.copytree(project.folder, tmp_path / "powerbi")
    tables = tmp_path / "powerbi" / "MarketAnalysis.SemanticModel" / "definition" / "tables"
    minutes = (tables / "Sales by Minute.tmdl").read_text()
    policy, partition = minutes.index("\trefreshPolicy"), minutes.index("\tpartition")
    asked = 'm\n\t\tmode: directQuery\n\t\tsource = GoldTable("fct_sales_by_state_minute")\n'
    (tables / "Sales by Minute.tmdl").write_text(
        f"{minutes[: min(policy, partition)]}\tpartition 'Sales by Minute' = {asked}"
    )
    for name, mode in (("State", "dual"), ("Category", "dual"), ("As of", "directQuery")):
        file = tables / f"{name}.tmdl"
        file.write_text(file.read_text().replace("mode: import", f"mode: {mode}"))
    switched = Project(tmp_path / "powerbi")
    assert tools.tmdl_problems(switched, tmp_path / "bim") == []
    assert tools.m_problems(switched) == []


def test_a_state_reader_is_kept_to_states_in_every_fact(project: Project) -> None:
    (role,) = project.model.roles
    related = {many[0] for _, many, one, _ in project.model.relationships if one[0] == "State"}
    denied = {rule.name for rule in role.all("tablePermission") if rule.value == "FALSE()"}
    assert related | (denied & best_practices.FACTS) == best_practices.FACTS
    assert "Products at Risk" in denied


def test_no_secret_and_no_user_is_written_down(project: Project) -> None:
    for file in project.folder.rglob("*"):
        if file.is_file():
            assert not re.search(r"dapi[0-9a-f]{8}|password\s*=|AccountKey=|Bearer ", file.read_text(), re.IGNORECASE)
    (partition,) = project.model.tables["State Access"].all("partition")
    assert partition.properties["source"].endswith("{})")


def test_the_readme_names_every_visual_with_its_measures_and_facts(project: Project) -> None:
    row = re.compile(r"^\| (.+?) \| `(\w+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
    named = {
        (page, visual): (measures, facts)
        for page, visual, measures, facts in row.findall((POWERBI / "README.md").read_text())
    }
    expected = {}
    for name, title in PERSPECTIVES.items():
        for visual in project.pages[name].visuals:
            if visual.type not in ("slicer", "textbox"):
                measures, facts = sources(project, visual)
                expected[title, visual.name] = (", ".join(measures), ", ".join(f"`{fact}`" for fact in facts))
    assert named == expected


def test_what_publishing_replaces_stands_in_the_model_once(project: Project) -> None:
    text = "\n".join(file.read_text() for file in project.folder.rglob("*.tmdl"))
    replaced = yaml.safe_load((POWERBI / "parameter.yml").read_text())["find_replace"]
    assert {each["find_value"]: text.count(each["find_value"]) for each in replaced} == {
        each["find_value"]: 1 for each in replaced
    }
