"""The tables in memory, read again when their Delta version changes and not before."""

from functools import lru_cache
from pathlib import Path
from threading import Lock

import pyarrow as pa

from dashboard.gold import TABLES, Gold, TableVersion, Versions, gold_of, read_table

_reading = Lock()


def gold_at(warehouse: Path, versions: Versions) -> Gold:
    """Gold at these versions, read once for all who look.

    Raises:
        NothingBuiltError: a table is missing or can't be read.
    """
    with _reading:
        return _gold(warehouse, versions)


@lru_cache(maxsize=2)
def _gold(warehouse: Path, versions: Versions) -> Gold:
    return gold_of({one.table: _table(warehouse, one) for one in versions}, versions)


@lru_cache(maxsize=2 * len(TABLES))
def _table(warehouse: Path, one: TableVersion) -> pa.Table:
    return read_table(warehouse, one.table, one.version)
