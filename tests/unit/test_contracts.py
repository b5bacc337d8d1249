"""What is written down twice says the same: contract and parse schema, bronze's columns and dbt's source."""

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from ingestion import bronze
from ingestion.contracts import HUBS, contract
from tests.support.events import ORDER

ROOT = Path(__file__).resolve().parents[2]
SPARK_TYPES = {"string": "string", "number": "double", "integer": "double"}
"""How silver reads a contract's type: any JSON number as double, so that 2.5 pieces are a reason, not a null."""


@pytest.mark.parametrize("hub", HUBS)
def test_silver_parses_exactly_the_contracts_fields(hub: str) -> None:
    model = (ROOT / "models" / "silver" / f"stg_event_hub__{hub}.sql").read_text()
    fields = re.search(r"{% set fields %}(.*?){% endset %}", model, re.DOTALL)
    assert fields
    parsed = dict(field.split() for field in fields[1].split(","))
    expected = {name: SPARK_TYPES[field["type"]] for name, field in contract(hub)["properties"].items()}
    if hub == "orders":
        # Some producers send it as a text.
        expected["line_number"] = "string"
    assert parsed == expected


@pytest.mark.parametrize("hub", HUBS)
def test_a_contract_is_a_valid_schema_with_every_field_described(hub: str) -> None:
    schema = contract(hub)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert all(field["description"] for field in schema["properties"].values())
    assert set(schema["required"]) <= set(schema["properties"])


def test_an_order_of_the_fourteen_fields_fits_the_contract() -> None:
    assert len(contract("orders")["required"]) == 14
    jsonschema.validate(ORDER, contract("orders"))


@pytest.mark.parametrize("hub", HUBS)
def test_the_source_has_exactly_bronzes_columns(hub: str) -> None:
    sources = yaml.safe_load((ROOT / "models" / "bronze" / "_bronze__sources.yml").read_text())["sources"][0]["tables"]
    table = next(table for table in sources if table["name"] == hub)
    assert {column["name"]: column["data_type"] for column in table["columns"]} == bronze.COLUMNS
    assert [column["name"] for column in table["columns"]] == list(bronze.COLUMNS)


def test_dbt_makes_an_empty_bronze_table_as_the_stream_job_does() -> None:
    macro = (ROOT / "dbt_project" / "macros" / "set_up_local_spark.sql").read_text()
    assert f"'delta.dataSkippingNumIndexedCols' = '{bronze.INDEXED_COLUMNS}'" in macro
    assert "partitioned by (ingest_date)" in macro
