"""The semantic model over gold's Delta tables, its DAX evaluated by pbix-mcp's engine: no Power BI, no Spark."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from pbix_mcp.dax import engine

from tests.powerbi.tmdl import Model

Filters = dict[str, list[Any]]
MIDNIGHT = datetime(1899, 12, 30)
MADE_IN_M: dict[str, list[list[Any]]] = {
    "Time of Day": [[minute, MIDNIGHT + timedelta(minutes=minute)] for minute in range(1440)],
    "Funnel Stage": [["View", 1], ["Click", 2], ["Purchase", 3]],
    "State Access": [],
}
"""Rows of the tables that are no model of gold: the engine knows no M. Columns as TMDL has them."""


@dataclass
class OfflineModel:
    """The model's tables, filled, and a way to ask its measures."""

    model: Model
    tables: dict[str, dict[str, Any]]

    def evaluate(self, names: Sequence[str], filters: Filters, measures: dict[str, str] | None = None) -> Any:
        """Values of measures under filters on `Table.Column`; other `measures` may be given than the model's.

        Raises:
            NotImplementedError: the engine met something that it does not know, or an error, and would say blank.
        """
        of_model = {name: measure.value for name, measure in self.model.measures.items()}
        marked = {"Date": "Date"}
        values = engine.evaluate_measures_batch(
            list(names),
            self.tables,
            of_model | (measures or {}),
            dict(filters),
            "Date",
            "Date",
            [
                {"FromTable": many[0], "FromColumn": many[1], "ToTable": one[0], "ToColumn": one[1], "IsActive": True}
                for _, many, one, _ in self.model.relationships
            ],
            date_tables=marked,
            measure_tables=self.model.measure_tables,
            model_columns={table: {name for of, name in self.model.columns if of == table} for table in self.tables},
        )
        if engine._engine.unsupported_functions or engine._engine.eval_errors:
            raise NotImplementedError(f"{engine._engine.unsupported_functions} {engine._engine.eval_errors}")
        return values


def offline_model(model: Model, gold: Path) -> OfflineModel:
    """Fill the model from the Delta tables in `gold`, as a refresh of the local files would."""
    read = model.gold_models()
    tables = {}
    for name, table in model.tables.items():
        columns = table.all("column")
        if name in read:
            data = DeltaTable(gold / read[name]).to_pyarrow_table()
            # What M adds (Period, the sort orders) is no column of gold; no measure uses it.
            columns = [column for column in columns if column.properties["sourceColumn"] in data.column_names]
            values = [
                _cells(data[column.properties["sourceColumn"]], column.properties["dataType"]) for column in columns
            ]
            rows = [list(row) for row in zip(*values, strict=True)]
        else:
            rows = MADE_IN_M[name]
        tables[name] = {"columns": [column.name for column in columns], "rows": rows}
    fixed = {
        name: [column.name for column in model.tables[name].all("column") if column.properties["dataType"] == "decimal"]
        for name in tables
    }
    engine.mark_currency_columns(tables, fixed)
    return OfflineModel(model, tables)


def _cells(cells: pa.ChunkedArray, data_type: str) -> list[Any]:
    """A column as the engine has it; it adds decimals exactly where they are marked as such."""
    if data_type == "decimal":
        cells = cells.cast(pa.float64())
    if data_type == "dateTime":
        cells = cells.cast(pa.timestamp("us"))
    return list(cells.to_pylist())


def at_midnight(day: date) -> datetime:
    """A day as the engine has it."""
    return datetime.combine(day, time())
