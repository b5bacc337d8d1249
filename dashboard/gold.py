"""Gold as the dashboard reads it: the Delta tables at fixed versions, in a DuckDB of their own."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from dashboard.measures import MACROS
from ingestion.errors import UserError
from sandbox.delta import read_delta

Row = dict[str, Any]


class TableVersion(NamedTuple):
    """One table at one version, and when that was written: a table made anew begins to count anew."""

    table: str
    version: int
    written_ns: int


Versions = tuple[TableVersion, ...]

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "as_of": ("as_of_date", "latest_event_at", "refreshed_at"),
    "dim_category": ("category",),
    "dim_content_type": ("content_type", "is_known"),
    "dim_date": ("business_date", "week_start_date", "month_start_date"),
    "dim_product": ("product_id", "product_name", "category", "list_price", "is_expensive"),
    "dim_state": ("state_code", "state_name"),
    "fct_engagement_by_product_day": (
        *("business_date", "product_id", "content_type", "state_code"),
        *("views", "clicks", "likes"),
    ),
    "fct_funnel_by_product_day": (
        *("business_date", "product_id", "content_type", "state_code"),
        *("journeys_viewed", "journeys_clicked", "journeys_purchased"),
        *("attributed_sales", "unviewed_journeys_purchased"),
    ),
    "fct_order_lines": (
        *("business_date", "product_id", "state_code"),
        *("order_key", "delivery_status", "quantity", "total_amount", "returned_amount", "net_amount", "is_kept"),
    ),
    "fct_reviews": (
        *("business_date", "product_id", "state_code"),
        *("rating", "has_text", "sentiment_score", "sentiment_bucket"),
    ),
    "fct_sales_by_state_minute": ("business_date", "minute_of_day", "category", "state_code", "total_sales"),
    "pipeline_health": (
        *("hub", "landed_hour_at", "landed", "accepted", "updates", "duplicates", "quarantined", "latest_event_at"),
        *("delay_to_silver_p50_seconds", "delay_to_silver_p95_seconds"),
    ),
    "products_at_risk": (
        *("product_id", "reason", "risk_score", "review_count", "average_rating", "average_rating_before"),
        *("sentiment_index", "sentiment_index_before", "negative_share", "flagged_since"),
    ),
}
"""The models that the dashboard reads, and their columns."""

# A fact whose product a running build has not added yet still counts, under its id.
_VIEW: Final = """
    create view {name} as
    select
        facts.*,
        dates.week_start_date,
        dates.month_start_date,
        coalesce(states.state_name, facts.state_code) as state_name,
        coalesce(products.product_name, facts.product_id) as product_name,
        coalesce(products.category, 'Unknown') as category,
        products.list_price,
        coalesce(products.is_expensive, false) as is_expensive,
        as_of.as_of_date
    from {fact} as facts
    left join dim_date as dates on facts.business_date = dates.business_date
    left join dim_state as states on facts.state_code = states.state_code
    left join dim_product as products on facts.product_id = products.product_id
    cross join as_of
"""
VIEWS: Final = {
    "sales": "fct_order_lines",
    "funnel": "fct_funnel_by_product_day",
    "engagement": "fct_engagement_by_product_day",
    "reviews": "fct_reviews",
}
"""Facts with their dimensions beside, by the names that the queries use."""


class NothingBuiltError(UserError):
    """There is no gold to show, or not all of it."""


@dataclass(frozen=True)
class Gold:
    """The tables at one version each. Safe to use from several threads."""

    versions: Versions
    _database: duckdb.DuckDBPyConnection

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a query, by column name; `$name` in it is a parameter."""
        cursor = self._database.cursor().execute(sql, dict(parameters or {}))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def row(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Row:
        """The one row of a query that has one."""
        (row,) = self.rows(sql, parameters)
        return row

    @cached_property
    def as_of_date(self) -> date:
        """The latest business date: what "today" is."""
        day: date = self._as_of["as_of_date"]
        return day

    @cached_property
    def refreshed_at(self) -> datetime:
        """When gold was built last (UTC, without a zone)."""
        moment: datetime = self._as_of["refreshed_at"]
        return moment

    @cached_property
    def first_date(self) -> date:
        """The first business date with an order, where the data begins."""
        day: date | None = self.row("select min(business_date) as first_date from fct_order_lines")["first_date"]
        return day or self.as_of_date

    @cached_property
    def _as_of(self) -> Row:
        return self.row("select * from as_of")


def latest_versions(warehouse: Path) -> Versions:
    """The tables that are there, each with its newest version. Lists folders, opens no table."""
    versions = []
    for table in TABLES:
        commits = (_folder(warehouse, table) / "_delta_log").glob("*.json")
        newest = max((commit for commit in commits if commit.stem.isdigit()), default=None)
        # A table may go while it is looked at.
        with suppress(FileNotFoundError):
            if newest:
                versions.append(TableVersion(table, int(newest.stem), newest.stat().st_mtime_ns))
    return tuple(versions)


def read_table(warehouse: Path, table: str, version: int | None = None) -> pa.Table:
    """The columns of one table that the dashboard needs; times are UTC and lose their zone.

    Raises:
        NothingBuiltError: it can't be read at this version; a build may have replaced it just now.
    """
    try:
        return read_delta(_folder(warehouse, table), TABLES[table], version)
    except (DeltaError, OSError, pa.ArrowException) as error:
        raise NothingBuiltError(f"The table gold.{table} can't be read: {error}") from error


def gold_of(tables: Mapping[str, pa.Table], versions: Versions = ()) -> Gold:
    """The tables, joined and ready for questions.

    Raises:
        NothingBuiltError: a table is missing, or no event has reached gold yet.
    """
    if missing := [table for table in TABLES if table not in tables]:
        raise NothingBuiltError(f"Not built yet: {', '.join(f'gold.{table}' for table in missing)}.")
    if not tables["as_of"].num_rows or tables["as_of"]["as_of_date"][0].as_py() is None:
        raise NothingBuiltError("The tables are there, and empty: no event has reached gold yet.")
    database = duckdb.connect(config={"threads": 2, "autoinstall_known_extensions": False})
    for name, data in tables.items():
        database.register("arriving", data)
        database.execute(f"create table {name} as select * from arriving")
        database.unregister("arriving")
    for name, fact in VIEWS.items():
        database.execute(_VIEW.format(name=name, fact=fact))
    database.execute(
        "create view sales_by_minute as select facts.*, as_of.as_of_date"
        " from fct_sales_by_state_minute as facts cross join as_of"
    )
    for macro in MACROS:
        database.execute(macro)
    # From here on nothing but these tables: no file, no network.
    database.execute("set enable_external_access = false")
    database.execute("set lock_configuration = true")
    return Gold(versions, database)


def _folder(warehouse: Path, table: str) -> Path:
    return warehouse / "gold.db" / table
