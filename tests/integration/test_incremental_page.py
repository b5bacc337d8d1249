"""The fact of docs/incremental.md is built as the page has it, and what can go wrong says what the page says."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import UserError
from sandbox.settings import ROOT
from tests.support.events import order
from tests.support.warehouse import Message, Warehouse

PAGE = (ROOT / "docs" / "incremental.md").read_text()
FACT = "fct_sales_by_city_day"
SQL, YAML = (re.findall(rf"(?s)```{kind}\n(.*?)```", PAGE)[0] for kind in ("sql", "yaml"))
ARRIVAL = datetime(2026, 6, 30, tzinfo=UTC)
GENERATION = "incremental page"
MINE = f"topic_generation = '{GENERATION}'"

Project = Callable[..., dict[str, int]]


@pytest.fixture
def project(tmp_path: Path, warehouse: Warehouse) -> Project:
    """Runs dbt on this project with the page's fact in it, changed by pairs of texts."""
    for entry in ROOT.iterdir():
        if entry.name in (
            "dbt_project",
            "tests",
            "dbt_project.yml",
            "profiles.yml",
            "packages.yml",
            "selectors.yml",
            "dbt_packages",
        ):
            (tmp_path / entry.name).symlink_to(entry)
    shutil.copytree(ROOT / "models", tmp_path / "models")

    def dbt(*arguments: str, change: dict[str, str] | None = None) -> dict[str, int]:
        sql, yaml = SQL, YAML
        for old, new in (change or {}).items():
            assert old in sql + yaml
            sql, yaml = sql.replace(old, new), yaml.replace(old, new)
        (tmp_path / "models" / "gold" / f"{FACT}.sql").write_text(sql)
        (tmp_path / "models" / "gold" / f"_{FACT}.yml").write_text(yaml)
        return warehouse.dbt(*arguments, "--project-dir", str(tmp_path), "--profiles-dir", str(ROOT))

    warehouse.seed()
    return dbt


def test_the_pages_fact_is_short() -> None:
    assert len(SQL.strip().splitlines()) <= 35
    words = re.search(r"(?s)Six things to know:(.*?)\n## ", PAGE)
    assert words
    assert len(re.findall(r"^\| \*\*", words[1], re.MULTILINE)) == 6


def test_the_pages_fact_built_in_three_batches_equals_a_full_refresh(project: Project, warehouse: Warehouse) -> None:
    batches: list[list[bytes]] = [
        [city_order("a", "Louisville"), city_order("b", "Frankfort"), city_order("c", None)],
        # A duplicate, another order of a day that stands, and a day that nobody has seen yet.
        [city_order("a", "Lexington"), city_order("d", "Louisville"), city_order("e", "Frankfort", "2026-01-20")],
        # Late ones, of a day long gone and of a new city on the first day.
        [city_order("f", "Frankfort", "2025-12-01"), city_order("g", "Paris"), city_order("d", "Paris")],
    ]
    offset = 0
    for bodies in batches:
        warehouse.land([Message(body, 0, offset + n, ARRIVAL) for n, body in enumerate(bodies)], GENERATION)
        offset += len(bodies)
        project("run", "--select", f"+{FACT}")
    incremental = city_days(warehouse)
    assert [row for row in incremental if row["city"] in ("Frankfort", "Paris", "Unknown")] == [
        {"day": "2025-12-01", "city": "Frankfort", "total_sales": 21, "order_count": 1},
        {"day": "2026-01-15", "city": "Frankfort", "total_sales": 21, "order_count": 1},
        {"day": "2026-01-15", "city": "Paris", "total_sales": 21, "order_count": 1},
        {"day": "2026-01-15", "city": "Unknown", "total_sales": 21, "order_count": 1},
        {"day": "2026-01-20", "city": "Frankfort", "total_sales": 21, "order_count": 1},
    ]
    project("run", "--full-refresh", "--select", FACT)
    assert city_days(warehouse) == incremental


NO_ARRIVALS = {
    "{% set arrived = arrivals(ref('order_messages')) %}": "{% set arrived = {'so_far': 'true', 'is_new': true} %}",
    "{% set dates = touched_dates(arrived) %}": "{% set dates = 'true' %}",
}
NOT_DATES = {"where {{ dates }} and {{ arrived.so_far }}": "where {{ arrived.so_far }}"}
CONFIG = "{{ config(materialized='incremental', partition_by='business_date') }}"


ONE_MORE_COLUMN = {"max(processed_batch)": "1 as more,\n        max(processed_batch)"}
ITS_DESCRIPTION = {
    "- {name: processed_batch": "- {name: more, data_type: int, description: More.}\n      - {name: processed_batch"
}
LEFT_OUT: list[tuple[dict[str, str], str]] = [
    (NO_ARRIVALS, f"{FACT} does not say what it reads"),
    ({"touched_dates(arrived)": "'true'"}, f"{FACT} does not say which rows a run touches"),
    ({"- {name: processed_batch, data_type: bigint": "- {name: batch, data_type: bigint"}, "no column processed_batch"),
    ({"'business_date') }}": "'business_date', unique_key='town') }}"}, f"{FACT} has no column town in its YAML"),
    (ONE_MORE_COLUMN | ITS_DESCRIPTION, "only the model: more"),
    (ONE_MORE_COLUMN, "contract"),
    ({CONFIG: CONFIG.replace(") }}", ", incremental_strategy='merge') }}")}, "there is only by_arrival"),
    ({CONFIG: CONFIG.replace(") }}", ", contract={'enforced': false}) }}")}, "has no enforced contract"),
    (NOT_DATES, "DELTA_REPLACE_WHERE_MISMATCH"),
]


def test_a_model_that_leaves_something_out_fails_and_says_what(project: Project, warehouse: Warehouse) -> None:
    at = warehouse.query(f"select count(*) as n from bronze.orders where {MINE}")[0]["n"]
    warehouse.land([Message(city_order("stands", "Louisville"), 0, at, ARRIVAL)], GENERATION)
    project("run", "--select", f"+{FACT}")
    before = city_days(warehouse)
    # Of another day than those that stand.
    warehouse.land([Message(city_order("new", "Louisville", "2026-01-25"), 0, at + 1, ARRIVAL)], GENERATION)
    project("run", "--select", "order_messages")
    for change, message in LEFT_OUT:
        with pytest.raises(UserError, match=re.escape(message)):
            project("run", "--select", FACT, change=change)
        assert city_days(warehouse) == before, message
    project("run", "--select", FACT)
    assert city_days(warehouse) != before


def test_without_its_materialization_the_strategy_is_refused(project: Project, tmp_path: Path) -> None:
    project("run", "--select", f"+{FACT}")
    (tmp_path / "dbt_project").unlink()
    shutil.copytree(ROOT / "dbt_project", tmp_path / "dbt_project")
    (tmp_path / "dbt_project" / "macros" / "materializations" / "incremental.sql").unlink()
    with pytest.raises(UserError, match="Invalid incremental strategy provided: by_arrival"):
        project("run", "--select", FACT)


def city_order(key: str, city: str | None, day: str = "2026-01-15") -> bytes:
    """An order of a day on which nothing else is sold, whichever tests share the warehouse."""
    return order(order_id=f"page {key}", city=city, timestamp=f"{day}T12:00:00")


def city_days(warehouse: Warehouse) -> list[dict[str, Any]]:
    """What the fact says of the days and cities of the orders landed here, with whole dollars as numbers."""
    return warehouse.query(
        "select cast(business_date as string) as day, city, cast(total_sales as int) as total_sales, order_count"
        f" from gold.{FACT} where (business_date, city) in"
        f" (select business_date, coalesce(city, 'Unknown') from silver.order_lines where {MINE}) order by day, city"
    )
