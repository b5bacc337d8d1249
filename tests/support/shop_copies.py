"""Copies of a shop's gold with a difference: real Delta tables, so that the dashboard reads them as it reads any."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from dashboard.gold import TABLES

Change = Callable[[pa.Table], pa.Table]


def read_gold(warehouse: Path) -> dict[str, pa.Table]:
    """All gold tables that the dashboard reads, with all their columns."""
    return {table: DeltaTable(str(warehouse / "gold.db" / table)).to_pyarrow_table() for table in TABLES}


def write_gold(warehouse: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write gold tables; one that is there gets a new version."""
    for name, table in tables.items():
        write_deltalake(str(warehouse / "gold.db" / name), table, mode="overwrite")


def with_column(table: pa.Table, name: str, values: list[object]) -> pa.Table:
    """The table with other values in one column."""
    place = table.schema.get_field_index(name)
    return table.set_column(place, name, pa.array(values, table.schema.field(place).type))


def renamed(table: pa.Table, column: str, names: Mapping[str, str]) -> pa.Table:
    """The table with some values of a text column replaced."""
    return with_column(table, column, [names.get(value, value) for value in table[column].to_pylist()])
