"""Which hours of a state are one surge: the query as dbt compiles it, over rows made by hand."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.support.warehouse import Warehouse

STATES = ("KY", "LA", "MA", "NY", "OH", "PA", "RI", "TX", "UT", "WA")
Surges = dict[str, list[dict[str, Any]]]

# Midnight in New York is 04:00 UTC.
ORDERS = {
    "KY": {"2026-06-10 02": 60, "2026-06-10 03": 60, "2026-06-10 04": 60, "2026-06-10 05": 60},
    "OH": {"2026-06-12 03": 60, "2026-06-12 05": 60},
    "PA": {"2026-06-13 15": 60, "2026-06-13 18": 60},
    "TX": {"2026-06-14 17": 40, "2026-06-14 18": 60, "2026-06-14 19": 40},
    "NY": {"2026-06-16 15": 40},
}
"""Orders by hour where they are not ten, as else for twenty days: 60 flag a surge, 40 reach half the score."""


@pytest.fixture(scope="module")
def surges(warehouse: Warehouse) -> Surges:
    """What the query says of each state, in the order of time."""
    cases = ", ".join(
        f"('{state}', timestamp'{hour}:00:00', {orders})"
        for state, hours in ORDERS.items()
        for hour, orders in hours.items()
    )
    states = f"select explode(array{STATES}) as state_code"
    tables = {
        "gold.as_of": "select date'2026-06-20' as as_of_date",
        "gold.dim_state": f"select state_code, state_code as state_name from ({states})",
        "gold.fct_order_lines": f"""
            select
                state_code,
                ordered_at,
                cast(convert_timezone('America/New_York', ordered_at) as date) as business_date,
                explode(sequence(1, coalesce(order_count, 10))) as order_key
            from ({states})
            cross join (
                select explode(sequence(timestamp'2026-06-01', timestamp'2026-06-20', interval 1 hour)) as ordered_at
            )
            left join (values {cases}) as cases (state_code, ordered_at, order_count) using (state_code, ordered_at)
        """,
    }
    queries = warehouse.perspectives().queries["executive_overview"]
    (sql,) = (query.sql for query in queries if query.name == "state_surges")
    found: Surges = {}
    for row in warehouse.query(re.sub(r"gold\.\w+", lambda table: f"({tables[table[0]]})", sql)):
        found.setdefault(row["state_code"], []).append(row)
    return {state: sorted(rows, key=lambda row: row["begins_at"]) for state, rows in found.items()}


def spans(surges: Surges, state: str) -> list[tuple[datetime, datetime, int]]:
    return [(row["begins_at"], row["ends_at"], row["orders"]) for row in surges[state]]


def test_a_surge_past_midnight_in_new_york_is_one(surges: Surges) -> None:
    assert spans(surges, "KY") == [(datetime(2026, 6, 10, 2), datetime(2026, 6, 10, 6), 240)]


def test_one_lower_hour_does_not_end_a_surge_and_does_not_count(surges: Surges) -> None:
    assert spans(surges, "OH") == [(datetime(2026, 6, 12, 3), datetime(2026, 6, 12, 6), 120)]


def test_two_lower_hours_end_it(surges: Surges) -> None:
    assert spans(surges, "PA") == [
        (datetime(2026, 6, 13, 15), datetime(2026, 6, 13, 16), 60),
        (datetime(2026, 6, 13, 18), datetime(2026, 6, 13, 19), 60),
    ]


def test_hours_of_half_the_score_belong_to_the_surge_and_are_not_flagged_alone(surges: Surges) -> None:
    assert spans(surges, "TX") == [(datetime(2026, 6, 14, 17), datetime(2026, 6, 14, 20), 140)]
    assert surges["TX"][0]["is_flagged"]
    assert [row["is_flagged"] for row in surges["NY"]] == [False]
    assert surges.keys() == ORDERS.keys()
