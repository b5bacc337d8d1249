"""Delta tables without Spark."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable


def read_delta(folder: Path, columns: Sequence[str] | None = None, version: int | None = None) -> pa.Table:
    """A table, or some of its columns, at its newest or another version.

    Timestamps are UTC and lose their zone, as Databricks' connector for Power BI gives them.

    Raises:
        deltalake.exceptions.DeltaError, OSError, pyarrow.ArrowException: it can't be read.
    """
    delta = DeltaTable(str(folder), version=version)
    table = delta.to_pyarrow_dataset().to_table(columns=list(columns) if columns else None)
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.timestamp("us")))
    return table
