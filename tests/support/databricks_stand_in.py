"""A stand-in for Databricks: what the adapter would send there, written down and answered, without a connection.

Only the lowest call is replaced, the one that opens a connection; the adapter above it is the real one. The answers
come from the project's YAML and from the few values below. A contract's check is answered from the contract.
"""

import datetime as dt
import json
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import databricks.sql
import pytest
from dbt.adapters.databricks.spog import probe
from dbt.cli.main import dbtRunner

ROOT = Path(__file__).resolve().parents[2]
CATALOG = "a_catalog"
WORKSPACE = {"HOST": "databricks.test", "HTTP_PATH": "/sql/1.0/warehouses/0", "CATALOG": CATALOG, "TOKEN": "a-token"}

DATES = [dt.date(2026, 3, 1), dt.date(2026, 7, 14)]
OFFSETS = [("7", 0, 100, 199), ("8", 3, 0, 57)]

Row = tuple[Any, ...]
Answer = tuple[list[str], Sequence[Row]]


@dataclass(frozen=True)
class Mode:
    """A state of the workspace and how dbt is called on it."""

    name: str
    flags: tuple[str, ...] = ()
    tables_exist: bool = True
    has_new_rows: bool = True
    rows_of_a_date: int = 1000
    """How many rows of each touched date are new."""


FIRST_RUN = Mode("first run on empty tables", tables_exist=False, has_new_rows=False)
FULL_REFRESH = Mode("full refresh", flags=("--full-refresh",))
INCREMENTAL = Mode("incremental")
NOTHING_NEW = Mode("incremental with nothing new", has_new_rows=False)


@dataclass
class StandIn:
    """Answers as a workspace would, and keeps what it was asked, with the id of the node that asked.

    Each table has one number for its batches, the lower the further down the lineage it stands, so that a predicate
    tells whose numbers it was made of. With nothing new all numbers are the same.
    """

    manifest: Any
    mode: Mode
    asked: list[tuple[str, str]] = field(default_factory=list)
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of tables, by the ids of their nodes, beyond those that the project configures."""
    time_zone: str = "Etc/UTC"
    type_of_a_mix: str = "bigint"
    """Of a number and a text: string unless ANSI mode is on."""
    session: dict[str, str] = field(default_factory=dict)
    """What sessions are opened with."""

    def __post_init__(self) -> None:
        nodes = self.manifest.nodes | self.manifest.sources
        upstream = {key: node.depends_on_nodes for key, node in self.manifest.nodes.items() if node.is_relational}
        order = list(TopologicalSorter(upstream).static_order())
        self.tables = {(nodes[key].schema, nodes[key].identifier): nodes[key] for key in order}
        self.batches = {key: 1000 - (place if self.mode.has_new_rows else 0) for place, key in enumerate(order)}

    def table_in(self, sql: str) -> Any:
        """The first table that a statement names; a merge's temporary view counts as the table it is for."""
        if view := re.search(r"`(\w+)__dbt_tmp`", sql):
            return next(node for node in self.manifest.nodes.values() if node.is_relational and node.name == view[1])
        named = re.search(rf"`{CATALOG}`\.`(\w+)`\.`(\w+)`", sql)
        assert named, f"This names no table: {sql}"
        return self.tables[named[1], named[2]]

    def answer(self, node_id: str, sql: str) -> Answer:
        """Names of columns, with a type where it matters, and rows."""
        for pattern, answer in self.answers(node_id, sql).items():
            if re.match(pattern, sql):
                return answer()
        raise AssertionError(f"{node_id} asks what the stand-in has no answer for: {sql}")

    def answers(self, node_id: str, sql: str) -> dict[str, Callable[[], Answer]]:
        dates = DATES if self.mode.has_new_rows else []
        offsets = OFFSETS if self.mode.has_new_rows else []
        is_filled = self.mode.tables_exist
        return {
            r"select (min|max)\(\w+_batch\) from": lambda: (["batch"], [(self.batch_in(sql) if is_filled else None,)]),
            r"\s*select\s+\(select max\(\w+_batch\)": lambda: (["newest", "seen", "number"], [self.marks(sql)]),
            r"select min\(landed_batch\), max\(landed_batch\)": lambda: (["batch"] * 2, [(self.batch_in(sql),) * 2]),
            r"select greatest\(": lambda: (
                ["date", "orders", "engagement", "reviews"],
                [(DATES[-1], *[self.batch_in(sql)] * 3) if is_filled else (None,) * 4],
            ),
            r"select cast\(cast\(convert_timezone": lambda: (["landed"], [(str(DATES[-1]),)]),
            r"select as_of_date from": lambda: (["date"], [(DATES[-1] if is_filled else None,)]),
            r"select current_timezone\(\)": lambda: (["zone", "type"], [(self.time_zone, self.type_of_a_mix)]),
            r"select 1 as nothing_new": lambda: (["nothing"], [(1,)]),
            r"select cast\((touched|business_date) as string\)": lambda: (
                ["touched", "rows"],
                [(str(date), self.mode.rows_of_a_date) for date in dates],
            ),
            r"select topic_generation, partition, min\(offset\), max\(offset\) from": lambda: (list("abcd"), offsets),
            r"select\s+count\(\*\) as failures": lambda: (
                ["failures", "should_warn", "should_error"],
                [(0, False, False)],
            ),
            r"(?s)select \* from \(.*limit 0$": lambda: (self.columns_of_contract(node_id), []),
            r"(?s)DESCRIBE TABLE EXTENDED .* AS JSON$": lambda: (["json_metadata"], [(self.described(sql),)]),
            # As the model would make the table: nothing to alter in each run.
            r"(?i)show tblproperties": lambda: (
                ["key", "value"],
                list(
                    (
                        (self.manifest.nodes[node_id].config.get("tblproperties") or {})
                        | self.properties.get(node_id, {})
                    ).items()
                ),
            ),
            r"SELECT\s+table_name,": lambda: self.list_tables(sql),
            r"(?i)(create|insert|merge|show|describe|alter|comment on|drop view)\b": lambda: (["nothing"], []),
            r"(?is)select\s.*information_schema": lambda: (["nothing"], []),
        }

    def batch_in(self, sql: str) -> int:
        return self.batches[self.table_in(sql).unique_id]

    def marks(self, sql: str) -> tuple[int | None, ...]:
        """How far each of the tables stands that a question asks for; 0 where it asks for none."""
        asked = re.findall(r"(?:\(select max\(\w+\) from (\S+)\)|(0)) as", sql)
        if not self.mode.tables_exist:
            return tuple(None for _ in asked)
        return tuple(self.batch_in(table) if table else 0 for table, _ in asked)

    def columns_of_contract(self, node_id: str) -> list[str]:
        return [f"{column.name} {column.data_type}" for column in self.manifest.nodes[node_id].columns.values()]

    def described(self, sql: str) -> str:
        table = self.table_in(sql)
        # Comments are kept, but `create or replace` drops them.
        is_kept = (
            self.mode.tables_exist
            and table.config.materialized == "incremental"
            and "--full-refresh" not in self.mode.flags
        )
        columns = [
            {"name": column.name, "type": {"name": "string"}, **({"comment": column.description} if is_kept else {})}
            for column in table.columns.values()
        ]
        return json.dumps({"columns": columns})

    def list_tables(self, sql: str) -> Answer:
        names = ["table_name", "table_type", "file_format", "table_owner", "databricks_table_type"]
        view, table = ("view", None, "owner", None), ("table", "delta", "owner", "managed")
        return names, [
            (name, *(view if node.config.get("materialized") == "view" else table))
            for (schema, name), node in self.tables.items()
            if self.mode.tables_exist and f"table_schema = '{schema}'" in sql
        ]

    def connect(self, **arguments: Any) -> "Connection":
        """In place of `databricks.sql.connect`."""
        assert arguments["server_hostname"] == WORKSPACE["HOST"]
        self.session = arguments["session_configuration"]
        return Connection(self)


@dataclass
class Connection:
    """As much of a connection and its cursor as the adapter uses."""

    stand_in: StandIn
    query_id: str = "a-query"
    description: list[tuple[str, str]] = field(default_factory=list)
    rows: Sequence[Row] = ()

    def cursor(self) -> "Connection":
        return Connection(self.stand_in)

    @property
    def connection(self) -> "Connection":
        return self

    def get_session_id_hex(self) -> str:
        return "a-session"

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> "Connection":
        asking = re.match(r"/\*(.*?)\*/", sql, re.DOTALL)
        node_id = json.loads(asking[1]).get("node_id", "") if asking else ""
        statement = re.sub(r"^(\s|/\*.*?\*/|--[^\n]*\n)+", "", sql, flags=re.DOTALL)
        self.stand_in.asked.append((node_id, statement))
        columns, self.rows = self.stand_in.answer(node_id, statement)
        self.description = [(name, data_type) for name, _, data_type in (column.partition(" ") for column in columns)]
        return self

    def fetchall(self) -> Sequence[Row]:
        return self.rows

    def fetchmany(self, size: int) -> Sequence[Row]:
        return self.rows[:size]

    def close(self) -> None:
        pass


@dataclass
class Build:
    """One build of the project: what each model compiled to, and the statements it sent."""

    mode: Mode
    stand_in: StandIn
    models: dict[str, Any]
    warnings: list[str]

    def statements(self, *beginnings: str) -> Iterator[tuple[str, str]]:
        """Each statement, or each that begins so, with the name of the model or test that sent it."""
        for node_id, sql in self.stand_in.asked:
            if sql.startswith(beginnings or ""):
                yield (node_id.split(".")[2] if node_id else "dbt"), sql

    @property
    def incremental_models(self) -> dict[str, Any]:
        return {name: node for name, node in self.models.items() if node.config.materialized == "incremental"}

    def batch(self, node_id: str) -> int:
        return self.stand_in.batches[node_id]


@dataclass
class OfflineDbt:
    """dbt for one target, in this process, with its files in a folder of its own and without a network."""

    folder: Path
    patch: pytest.MonkeyPatch
    warnings: list[str] = field(default_factory=list)
    calls_out: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, value in WORKSPACE.items():
            self.patch.setenv(f"DATABRICKS_{name}", value)
        self.patch.delenv("DATABRICKS_SCHEMA", raising=False)
        self.patch.delenv("DBT_SCHEMA_PREFIX", raising=False)
        # The adapter asks a host over HTTP what it is before it connects.
        self.patch.setattr(probe, "probe_host", lambda host: probe.HostMetadata(host_type=None))
        connect = socket.socket.connect

        def stay_here(this: socket.socket, address: Any) -> None:
            if address[0] != "127.0.0.1":
                self.calls_out.append(address)
                raise OSError(f"A test calls out: {address}")
            connect(this, address)

        self.patch.setattr(socket.socket, "connect", stay_here)

    def __call__(self, command: str, *flags: str, target: str = "production") -> Any:
        folders = ("--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--target-path", str(self.folder / target))
        runner = dbtRunner(callbacks=[self.note_warning])
        logs = ("--log-path", str(self.folder / "logs"))
        return runner.invoke(["--quiet", command, "--target", target, *folders, *logs, *flags])

    def note_warning(self, event: Any) -> None:
        if event.info.level in ("warn", "error"):
            self.warnings.append(event.info.msg)

    def send(self, manifest: Any, mode: Mode, *command: str, **answers: Any) -> tuple[Any, StandIn]:
        """One command, and the stand-in that answered it; `answers`: what it has other than by default."""
        stand_in = StandIn(manifest, mode, **answers)
        self.warnings.clear()
        self.patch.setattr(databricks.sql, "connect", stand_in.connect)
        return self(*command), stand_in

    def build(self, manifest: Any, mode: Mode) -> Build:
        run, stand_in = self.send(manifest, mode, "build", "--exclude-resource-type", "unit_test", *mode.flags)
        assert run.success, run.exception or [
            f"{result.node.unique_id}: {result.message}" for result in run.result if result.status in ("error", "fail")
        ]
        models = {result.node.name: result.node for result in run.result if result.node.resource_type == "model"}
        return Build(mode, stand_in, models, list(self.warnings))
