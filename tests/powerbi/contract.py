"""What dbt says of gold, and whether the semantic model says the same: contracts, descriptions, variables, exposure."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from sandbox.settings import ROOT
from tests.powerbi.project import Project

TYPES = {
    **{"string": "string", "boolean": "boolean", "double": "double"},
    **{"int": "int64", "bigint": "int64", "date": "dateTime", "timestamp": "dateTime"},
}
ADDED = {
    "Date": {"period", "period_order"},
    "Product": {"price_tier_order"},
    "Products at Risk": {"reason_text"},
}
"""Columns that M adds to what gold has."""
MADE_IN_M = {"Time of Day", "Funnel Stage", "State Access"}
"""Tables that are no model of gold."""


@dataclass(frozen=True)
class Described:
    """A model of gold as its contract has it: column -> (type, description)."""

    description: str
    columns: dict[str, tuple[str, str]]


@cache
def doc_blocks() -> dict[str, str]:
    """dbt's doc blocks by name."""
    files = sorted((ROOT / "dbt_project" / "docs").glob("*.md"))
    block = re.compile(r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}", re.DOTALL)
    return {name: text for file in files for name, text in block.findall(file.read_text())}


@cache
def gold() -> dict[str, Described]:
    """The models of gold, their descriptions as dbt would print them."""
    models = yaml.safe_load((ROOT / "models" / "gold" / "_gold__models.yml").read_text())["models"]
    return {
        model["name"]: Described(
            _printed(model["description"]),
            {column["name"]: (column["data_type"], _printed(column["description"])) for column in model["columns"]},
        )
        for model in models
    }


def _printed(text: str) -> str:
    return plain(re.sub(r"{{ doc\('(\w+)'\) }}", lambda name: doc_blocks()[name[1]], text))


def plain(text: str) -> str:
    """A description without Markdown's marks, paragraphs kept: Power BI shows it as it is."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))
    return re.sub(r"\*\*|`", "", "\n\n".join(paragraphs))


def tables_equal_the_contracts(project: Project) -> list[str]:
    """Every table of the model has the columns and types of its contract; what builds need is left out."""
    problems = []
    read = project.model.gold_models()
    for name, table in project.model.tables.items():
        columns = {column.properties["sourceColumn"]: column for column in table.all("column")}
        if name not in read:
            problems += [] if name in MADE_IN_M else [f"{name} reads no model of gold"]
            continue
        contract = {column: it for column, it in gold()[read[name]].columns.items() if not column.endswith("_batch")}
        problems += [f"{name} lacks {column}" for column in contract.keys() - columns.keys()]
        problems += [f"{name} has {column}" for column in columns.keys() - contract.keys() - ADDED.get(name, set())]
        for column, (data_type, _) in contract.items():
            expected = TYPES.get(data_type, "decimal" if data_type.startswith("decimal(") else "?")
            if column in columns and columns[column].properties["dataType"] != expected:
                problems.append(
                    f"{name}: {column} is {data_type} in gold, {columns[column].properties['dataType']} here"
                )
    return problems


def descriptions_equal_the_docs(project: Project) -> list[str]:
    """Every description of a table, column or measure is dbt's, where dbt has one."""
    problems = []
    read = project.model.gold_models()
    for name, table in project.model.tables.items():
        if name not in read:
            continue
        model = gold()[read[name]]
        if plain(table.description) != model.description:
            problems.append(f"{name} is described otherwise than {read[name]}")
        for column in table.all("column"):
            source = column.properties["sourceColumn"]
            if source in model.columns and plain(column.description) != model.columns[source][1]:
                problems.append(f"{name}: {source} is described otherwise than in {read[name]}")
    for name, description in documented_measures().items():
        if name not in project.model.measures:
            problems.append(f"No measure {name}, which the docs define")
        elif plain(project.model.measures[name].description) != description:
            problems.append(f"Measure {name} is described otherwise than in the docs")
    return problems


def documented_measures() -> dict[str, str]:
    """Measure -> its doc block, for every measure that the docs name in bold."""
    found: dict[str, str] = {}
    for block, text in doc_blocks().items():
        names = re.match(r"\*\*(.+?)\*\*:", text, re.DOTALL)
        if block.startswith("measure_") and names:
            found |= {name.strip(): plain(text) for name in names[1].split(",")}
    return found


def numbers_equal_the_variables(project: Project) -> list[str]:
    """A number in DAX that has the name of a dbt variable beside it is that variable's."""
    variables: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    problems = []
    noted = set()
    for name, measure in project.model.measures.items():
        for number, variable in re.findall(r"([\d.]+)\)? *// (\w+)$", measure.value, re.MULTILINE):
            noted.add(variable)
            if float(number) != float(variables.get(variable, "nan")):
                problems.append(f"{name}: {variable} is {variables.get(variable)} in dbt, {number} here")
    expected = {
        *("conversion_window_days", "winner_minimum_journeys"),
        *("risk_window_days", "risk_minimum_reviews", "risk_sentiment_fall"),
    }
    return problems + [f"No measure says where {variable} is" for variable in expected - noted]


def the_exposure_names_what_is_read(project: Project) -> list[str]:
    """The exposure of the report depends on just the models that it reads."""
    exposures = yaml.safe_load((ROOT / "models" / "gold" / "_gold__exposures.yml").read_text())["exposures"]
    (exposure,) = (exposure for exposure in exposures if exposure["name"] == "power_bi_report")
    named = set(re.findall(r"ref\('(\w+)'\)", " ".join(exposure["depends_on"])))
    text = " ".join(
        partition.properties["source"]
        for table in project.model.tables.values()
        for partition in table.all("partition")
    )
    read = set(re.findall(r'GoldTable\("(\w+)"\)', text))
    return [f"The exposure and the model differ in {model}" for model in sorted(named ^ read)]
