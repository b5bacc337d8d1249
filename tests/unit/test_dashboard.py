"""The dashboard's parts that need neither tables nor a browser, and what it promises to dbt."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard import formats, measures
from dashboard.filters import Filters, last_complete_days
from dashboard.gold import TABLES, NothingBuiltError, gold_of, latest_versions
from dashboard.markup import Column, cards, safe, table
from dashboard.measures import Measure
from dashboard.queries.measured import Card
from dashboard.thresholds import thresholds
from sandbox.settings import ROOT

GOLD = ROOT / "models" / "gold"


def test_the_exposure_names_the_models_that_are_read_and_no_other() -> None:
    exposures = yaml.safe_load((GOLD / "_gold__exposures.yml").read_text())["exposures"]
    (dashboard,) = (one for one in exposures if one["name"] == "browser_dashboard")
    assert dashboard["depends_on"] == [f"ref('{model}')" for model in sorted(TABLES)]


def test_every_column_that_is_read_is_in_the_contract_and_is_used() -> None:
    models = {one["name"]: one for one in yaml.safe_load((GOLD / "_gold__models.yml").read_text())["models"]}
    code = (
        "\n".join(
            file.read_text()
            for file in sorted((ROOT / "dashboard").rglob("*.py"))
            if file.name not in ("gold.py", "markup.py")
        )
        + (ROOT / "dashboard" / "gold.py").read_text().split("_VIEW: Final", 1)[1]
    )
    for model, columns in TABLES.items():
        assert set(columns) <= {column["name"] for column in models[model]["columns"]}, model
        for column in columns:
            assert column in code, f"{model}.{column} is read for nothing"


def test_every_gold_model_is_a_table_that_can_be_read_without_spark() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["models"]["real_time_market"]
    assert (project["+file_format"], project["gold"]["+materialized"]) == ("delta", "table")
    for model in TABLES:
        assert "materialized='view'" not in (GOLD / f"{model}.sql").read_text()


def test_measures_have_the_names_of_the_docs() -> None:
    docs = (ROOT / "dbt_project" / "docs" / "measures.md").read_text()
    named = [one for one in vars(measures).values() if isinstance(one, Measure)]
    for measure in [*named, *measures.SENTIMENT_SHARES.values()]:
        # The docs have "Views, Clicks, Likes" in one paragraph, and no name for what stands beside the funnel.
        if measure is not measures.PURCHASED_UNVIEWED:
            assert f"**{measure.name}**" in docs or f" {measure.name}" in docs or f"**{measure.name}," in docs


def test_thresholds_are_those_of_dbt() -> None:
    variables = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    assert vars(thresholds()).items() <= variables.items()


@pytest.mark.parametrize(
    ("show", "value", "text"),
    [
        (formats.dollars, Decimal("1234.50"), "$1,235"),
        (formats.dollars, Decimal("-2.5"), "-$3"),
        (formats.dollars, 0, "$0"),
        (formats.number, 1234567, "1,234,567"),
        (formats.number, -45.5, "-46"),
        (formats.number, -0.3, "0"),
        (formats.percent, 0.12345, "12.3%"),
        (formats.percent, 0.0005, "0.1%"),
        (formats.two_places, 4.005, "4.01"),
        (formats.change_percent, Decimal("-0.1231"), "-12.3%"),
        (formats.change_percent, 0.5, "+50.0%"),
        (formats.change_points, -0.0046, "-0.5 pp"),
        (formats.change_two_places, 0.046, "+0.05"),
        (formats.change_two_places, -0.001, "+0.00"),
        (formats.clock, 845, "14:05"),
        (formats.duration, 0.84, "0.8 s"),
        (formats.duration, 42, "42 s"),
        (formats.duration, 720, "12 min"),
        (formats.duration, 18720, "5.2 h"),
        (formats.duration, 3829784.4, "44 days"),
    ],
)
def test_numbers_look_as_the_measures_say(show: Callable[[Any], str], value: Any, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize(
    "show",
    [
        *(formats.dollars, formats.number, formats.percent, formats.two_places, formats.duration),
        *(formats.change_percent, formats.change_points, formats.change_two_places, formats.day),
    ],
)
def test_blank_is_a_dash(show: Callable[[Any], str]) -> None:
    assert show(None) == "\N{EN DASH}"


def test_periods_say_a_year_once() -> None:
    assert formats.period(date(2026, 8, 3), date(2026, 9, 1)) == "Aug 3 to Sep 1, 2026"
    assert formats.period(date(2025, 12, 30), date(2026, 1, 2)) == "Dec 30, 2025 to Jan 2, 2026"
    assert formats.period(date(2026, 1, 2), date(2026, 1, 2)) == "Jan 2, 2026"


def test_complete_days_end_before_the_as_of_day_and_begin_with_the_data() -> None:
    today = date(2026, 11, 24)
    assert last_complete_days(30, date(2026, 1, 1), today) == (date(2026, 10, 25), date(2026, 11, 23))
    assert last_complete_days(30, date(2026, 11, 20), today) == (date(2026, 11, 20), date(2026, 11, 23))
    assert last_complete_days(30, today, today) == (today, today)
    assert last_complete_days(7, date(2026, 11, 23), today) == (date(2026, 11, 23), date(2026, 11, 23))


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    november = Filters(date(2026, 11, 1), date(2026, 11, 30), states=("KY",), categories=("Books",))
    assert november.before() == Filters(date(2026, 10, 2), date(2026, 10, 31), states=("KY",), categories=("Books",))
    assert Filters(date(2026, 3, 1), date(2026, 3, 1)).before() == Filters(date(2026, 2, 28), date(2026, 2, 28))


def test_halves_are_the_period() -> None:
    first, second = Filters(date(2026, 11, 1), date(2026, 11, 5), states=("KY",)).halves()
    assert first == Filters(date(2026, 11, 1), date(2026, 11, 3), states=("KY",))
    assert second == Filters(date(2026, 11, 4), date(2026, 11, 5), states=("KY",))


def test_texts_are_shown_and_do_nothing() -> None:
    assert safe("<img src=x onerror='a()'> & \"b\"") == (
        "&lt;img src=x onerror=&#x27;a()&#x27;&gt; &amp; &quot;b&quot;"
    )
    assert safe("a\u202eb\x1b[31m") == "a\\u202eb\\x1b[31m"
    assert safe("x" * 500, longest=10) == "x" * 9 + "\N{HORIZONTAL ELLIPSIS}"
    assert "<b>" not in table([Column("Product", "name")], [{"name": "<b>Book</b>"}])


def test_a_change_is_told_by_an_arrow_and_not_by_colour_alone() -> None:
    up, down, none = (
        cards([Card(measures.REVENUE, 10, change)], days=30) for change in (Decimal("0.1"), Decimal("-0.1"), None)
    )
    assert "\N{BLACK UP-POINTING TRIANGLE} <b>+10.0%" in up
    assert "\N{BLACK DOWN-POINTING TRIANGLE} <b>-10.0%" in down
    assert "no full period before" in none
    assert "<b>" not in none


def test_missing_tables_are_named(tmp_path: Path) -> None:
    assert latest_versions(tmp_path) == ()
    with pytest.raises(NothingBuiltError, match=r"Not built yet: gold\.as_of, .*gold\.products_at_risk"):
        gold_of({})


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "dashboard", "serve", "--port", str(port), "--warehouse", str(tmp_path)],
            cwd=ROOT,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        f"Error: Port {port} is taken by another program. Stop that one, or choose another port: DASHBOARD_PORT=..."
    ]
