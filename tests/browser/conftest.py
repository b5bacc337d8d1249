"""The tables of a built shop, as the dashboard reads them."""

import os
from pathlib import Path

import pytest

from dashboard.gold import TABLES, Gold, gold_of, latest_versions, read_table
from sandbox.settings import SandboxSettings


@pytest.fixture(scope="session")
def shop_tables() -> Path:
    """A warehouse folder with gold.db and silver.db: SHOP_TABLES, or what `make demo` built here."""
    named = os.environ.get("SHOP_TABLES")
    folder = Path(named) if named else SandboxSettings().warehouse
    missing = TABLES.keys() - dict(latest_versions(folder)).keys()
    if missing or not (folder / "silver.db" / "order_messages").exists():
        if named:
            pytest.fail(f"SHOP_TABLES names {folder}, which holds no built shop")
        pytest.skip(f"no built shop in {folder}: run `make demo`, or set SHOP_TABLES to a warehouse folder")
    return folder


@pytest.fixture(scope="session")
def gold(shop_tables: Path) -> Gold:
    """Gold of that shop."""
    versions = latest_versions(shop_tables)
    return gold_of({table: read_table(shop_tables, table, version) for table, version in versions}, versions)
