"""`python -m sandbox powerbi-export`: gold's Delta tables as the files that the Power BI project opens."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyarrow import parquet

from ingestion.errors import UserError
from sandbox.powerbi import export_gold
from sandbox.settings import SandboxSettings
from tests.powerbi.contract import ADDED, gold
from tests.powerbi.offline import OfflineModel

MINUTES = pa.table(
    {
        "minute_at": pa.array([datetime(2026, 6, 28, 3, 59, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
        "business_date": pa.array([date(2026, 6, 27)]),
        "total_sales": pa.array([Decimal("123456789012.34")], pa.decimal128(18, 2)),
    }
)


@pytest.fixture
def settings(tmp_path: Path) -> SandboxSettings:
    return SandboxSettings(state=tmp_path)


def test_money_stays_exact_and_moments_become_utc_without_a_zone(settings: SandboxSettings, tmp_path: Path) -> None:
    write_deltalake(settings.warehouse / "gold.db" / "sales", MINUTES)
    assert export_gold(settings, tmp_path / "out") == ["sales"]
    written = parquet.read_table(tmp_path / "out" / "sales.parquet")
    assert written.to_pylist() == [
        {
            "minute_at": datetime(2026, 6, 28, 3, 59),
            "business_date": date(2026, 6, 27),
            "total_sales": Decimal("123456789012.34"),
        }
    ]
    assert written.schema.field("total_sales").type == pa.decimal128(18, 2)


def test_a_second_export_replaces_the_first_and_leaves_nothing_else(settings: SandboxSettings, tmp_path: Path) -> None:
    table = settings.warehouse / "gold.db" / "sales"
    write_deltalake(table, MINUTES)
    export_gold(settings, tmp_path / "out")
    write_deltalake(table, MINUTES, mode="append")
    export_gold(settings, tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["sales.parquet"]
    assert parquet.read_table(tmp_path / "out" / "sales.parquet").num_rows == 2


def test_without_gold_it_says_what_to_do(settings: SandboxSettings, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make demo"):
        export_gold(settings, tmp_path / "out")


def test_every_table_and_column_of_the_model_is_in_the_files(
    filled: OfflineModel, shop_tables: Path, tmp_path: Path
) -> None:
    (tmp_path / "warehouse").symlink_to(shop_tables)
    export_gold(SandboxSettings(state=tmp_path), tmp_path / "out")
    for table, model in filled.model.gold_models().items():
        schema = parquet.read_schema(tmp_path / "out" / f"{model}.parquet")
        columns = {column.properties["sourceColumn"] for column in filled.model.tables[table].all("column")}
        assert columns - ADDED.get(table, set()) <= set(schema.names)
        for name, (data_type, _) in gold()[model].columns.items():
            if data_type.startswith("decimal"):
                assert pa.types.is_decimal(schema.field(name).type)
