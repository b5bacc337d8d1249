"""Every model as dbt would send it to Databricks, read by Spark's parser.

dbt builds the whole project for the target `databricks`, once as a full refresh and once incrementally, with the real
adapter. Only its lowest call is replaced: instead of a connection it gets a stand-in that writes each statement down
and answers from the project's YAML and from the numbers and dates below. So what is read here are the statements
themselves, `create table`, `create view` and `merge` included.

What this does not prove: Databricks itself is never asked. No table, column or type is resolved (the stand-in answers
the check of a contract from the contract), nothing runs, and the parser is open-source Spark's: what only one of the
two accepts goes unseen, but for the functions, which are held to the list below.
"""

import datetime as dt
import json
import re
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.cli.main import dbtRunner
from py4j.protocol import Py4JJavaError
from pyspark.java_gateway import launch_gateway

ROOT = Path(__file__).resolve().parents[2]
CATALOG = "market_test"
MODES = ["full refresh", "incremental"]

DATES = [dt.date(2026, 3, 1), dt.date(2026, 7, 14)]
DATE_BOUND = "{0}business_date in (date'2026-03-01', date'2026-07-14')"
OFFSETS = [("1", 0, 100, 199), ("2", 3, 0, 57)]
OFFSET_BOUND = (
    "({0}topic_generation = '1' and {0}partition = 0 and {0}offset between 100 and 199"
    " or {0}topic_generation = '2' and {0}partition = 3 and {0}offset between 0 and 57)"
)
# Incremental models whose merge may look at the whole table: it stays small.
UNBOUNDED = {"dim_product"}

# Functions that Databricks documents, for SQL warehouses and for runtime 16.2 or later.
# https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-functions-builtin-alpha
ON_DATABRICKS = set(
    """
    array array_compact bool_and btrim cast coalesce concat convert_timezone count count_if current_date
    current_timestamp date_format date_trunc explode floor from_json get_json_object hour if initcap left length locate
    lower ltrim make_date map max min minute month named_struct ntile nullif quarter regexp_replace replace row_number
    schema_of_variant sequence size struct sum trim try_cast try_parse_json try_validate_utf8 upper variant_get weekday
    xxhash64 year
    """.split()
)
# What may stand before a parenthesis without being a function.
WORDS = set(
    "and array as between by decimal distinct else except exists from in insert join not on or over partitioned select "
    "struct table then union using values when where with".split()
)


@dataclass
class StandIn:
    """Answers like a workspace where every table exists, and keeps what it was asked.

    A table's batch numbers are one number of its own, the lower the further down the lineage: 1000 for what comes
    first. That way a predicate tells whose numbers it was made of.
    """

    manifest: Any
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        nodes = self.manifest.nodes | self.manifest.sources
        lineage = {key: set(getattr(node.depends_on, "nodes", [])) for key, node in self.manifest.nodes.items()}
        order = [key for key in TopologicalSorter(lineage).static_order() if not key.startswith("test.")]
        self.tables = {(nodes[key].schema, nodes[key].identifier): nodes[key] for key in order}
        self.batches = {key: 1000 - place for place, key in enumerate(order)}

    def batch_of(self, sql: str) -> int:
        return self.batches[self.table_in(sql).unique_id]

    def table_in(self, sql: str) -> Any:
        """The first table that a statement names; a temporary view counts as the table it is for."""
        if view := re.search(r"`(\w+)__dbt_tmp`", sql):
            return next(node for (_, name), node in self.tables.items() if name == view.group(1))
        found = re.search(rf"`{CATALOG}`\.`(\w+)`\.`(\w+)`", sql)
        assert found, f"This names no table: {sql}"
        return self.tables[found.groups()]

    def answer(self, node_id: str, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows; of a contract's check, columns with their types and no row."""
        for pattern, answer in self.answers.items():
            if re.match(pattern, sql):
                return answer(self, node_id, sql)
        raise AssertionError(f"{node_id} asks what the stand-in has no answer for: {sql}")

    def catalog(self, node_id: str, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        (schema,) = re.findall(r"table_schema = '(\w+)'", sql)
        names = ["table_name", "table_type", "file_format", "table_owner", "databricks_table_type"]
        return names, [
            (name, "view", None, "owner", None)
            if node.config.get("materialized") == "view"
            else (name, "table", "delta", "owner", "managed")
            for (of_schema, name), node in self.tables.items()
            if of_schema == schema
        ]

    def columns_as_json(self, node_id: str, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        columns = [{"name": name, "type": {"name": "string"}} for name in self.table_in(sql).columns]
        return ["json_metadata"], [(json.dumps({"columns": columns}),)]

    def contract(self, node_id: str, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return [f"{column.name} {column.data_type}" for column in self.manifest.nodes[node_id].columns.values()], []

    def nothing(self, node_id: str, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return ["nothing"], []

    answers: dict[str, Callable[["StandIn", str, str], tuple[list[str], list[tuple[Any, ...]]]]] = field(
        init=False,
        default_factory=lambda: {
            r"select (max|min)\(\w+_batch\) from": lambda self, _, sql: (["batch"], [(self.batch_of(sql),)]),
            r"select max\(business_date\) from": lambda *_: (["date"], [(DATES[-1],)]),
            r"select min\(business_date\) from": lambda *_: (["date"], [(DATES[0],)]),
            r"select distinct business_date from": lambda *_: (["date"], [(date,) for date in DATES]),
            r"select topic_generation, partition, min\(offset\), max\(offset\) from": lambda *_: (list("abcd"), OFFSETS),
            r"select\s+count\(\*\) as failures": lambda *_: (["failures", "should_warn", "should_error"], [(0, False, False)]),
            r"(?s)select \* from \(.*limit 0$": StandIn.contract,
            r"(?s)SELECT\s+table_name,.*information_schema": StandIn.catalog,
            r"(?s)DESCRIBE TABLE EXTENDED .* AS JSON$": StandIn.columns_as_json,
            r"(?is)(show|describe|create|insert|merge)\s|select\s.*information_schema": StandIn.nothing,
        },
    )

    def connect(self, **_: Any) -> Any:
        """In place of `databricks.sql.connect`."""
        connection = SimpleNamespace(get_session_id_hex=lambda: "session", close=lambda: None)
        connection.cursor = lambda: Cursor(self, connection)
        return connection


@dataclass
class Cursor:
    """As much of a Databricks cursor as the adapter uses."""

    stand_in: StandIn
    connection: Any
    query_id: str = "query"
    description: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> "Cursor":
        comment = re.match(r"/\*(.*?)\*/\s*", sql, re.DOTALL)
        node_id = json.loads(comment.group(1)).get("node_id", "") if comment else ""
        statement = sql[comment.end() :] if comment else sql
        self.stand_in.asked.append((node_id, statement))
        names, self.rows = self.stand_in.answer(node_id, statement)
        self.description = [(name, data_type or "string") for name, _, data_type in (n.partition(" ") for n in names)]
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        return self.rows[:size]

    def close(self) -> None:
        pass
