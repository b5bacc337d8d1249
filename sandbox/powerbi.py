"""Gold as Parquet files, for Power BI on a machine without Databricks."""

from pathlib import Path

from pyarrow import parquet

from ingestion.errors import UserError
from sandbox.delta import read_delta
from sandbox.settings import SandboxSettings, private_folder


def export_gold(settings: SandboxSettings, folder: Path) -> list[str]:
    """Write each Delta table of gold to `<folder>/<table>.parquet`, in place of the one that is there; no Spark.

    Returns:
        The tables' names.

    Raises:
        UserError: nothing has been built yet.
    """
    gold = settings.warehouse / "gold.db"
    tables = sorted(log.parent for log in gold.glob("*/_delta_log"))
    if not tables:
        raise UserError(f"There are no tables of gold under {gold}. Build them first: make demo")
    private_folder(folder)
    for table in tables:
        unfinished = folder / f"{table.name}.parquet.part"
        parquet.write_table(read_delta(table), unfinished)
        # Power BI may be reading the file that is there.
        unfinished.replace(folder / f"{table.name}.parquet")
    return [table.name for table in tables]
