"""A journey is counted once, at the place of its first event, in whatever order and runs its events arrive."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.support.events import engagement, order
from tests.support.tables import INCREMENTAL_TABLES
from tests.support.warehouse import Message, Warehouse

GENERATION = "journeys"
ARRIVAL = datetime(2026, 6, 30, tzinfo=UTC)
BLOG_IN_KENTUCKY = ("Blog", "KY")
Place = tuple[str, str, str]
Funnel = dict[str, dict[Place, dict[str, Any]]]

_numbers = count()


def event(session: str, product: str, kind: str = "view", at: str = "2026-06-15T15:00:00", **fields: Any) -> bytes:
    return engagement(
        event_id=f"journeys {next(_numbers)}",
        session_id=f"journeys {session}",
        product_id=product,
        event_type=kind,
        timestamp=at,
        **fields,
    )


def purchase(session: str, product: str, at: str = "2026-06-15T15:30:00", **fields: Any) -> bytes:
    return order(
        order_id=f"journeys {next(_numbers)}",
        session_id=f"journeys {session}",
        product_id=product,
        timestamp=at,
        content_type="Blog",
        **fields,
    )


SENT_TWICE = event("a", "J-7")
# What arrives in each run, by hub; each case has a product of its own.
RUNS: list[dict[str, list[bytes]]] = [
    {
        "engagement": [
            *(event("a", "J-1"), event("b", "J-1"), event("b", "J-1", "click")),
            *(event("a", "J-2", "click"), event("b", "J-2"), event("b", "J-2", "click")),
            event("a", "J-3", "click"),
            event("a", "J-4", "like", at="2026-06-16T15:00:00"),
            *(event("a", "J-6", "click"), event("b", "J-6", "like")),
            *(SENT_TWICE, SENT_TWICE, event("a", "J-7", at="2026-06-15T16:00:00")),
            *(event("a", "J-8"), event("b", "J-8"), event("a", "J-9")),
        ],
        "orders": [
            *(purchase("a", "J-5"), order(order_id="journeys no session", product_id="J-5")),
            purchase("a", "J-9"),
        ],
    },
    # Of this run only the journeys are built: the funnel sees two moves of J-4 at once.
    {"engagement": [event("a", "J-4", at="2026-06-15T15:00:00")]},
    {
        "engagement": [
            event("b", "J-2", at="2026-06-10T15:00:00", state="NY", content_type="Video"),
            event("a", "J-3", at="2026-04-01T15:00:00"),
            event("a", "J-4", at="2026-06-14T15:00:00"),
            event("a", "J-5"),
            SENT_TWICE,
        ],
        "orders": [purchase("b", "J-1"), purchase("a", "J-1", price=5.0, quantity=1)],
    },
]


@pytest.fixture(scope="module")
def funnels(warehouse: Warehouse) -> tuple[Funnel, Funnel]:
    """The funnel after the first run and after the last, by product and place."""
    offsets = count()
    warehouse.seed()
    seen: list[Funnel] = []
    for number, hubs in enumerate(RUNS):
        for hub, bodies in hubs.items():
            warehouse.land([Message(body, 7, next(offsets), ARRIVAL) for body in bodies], GENERATION, hub)
        if number == 1:
            warehouse.dbt("run", "--select", "+journeys")
            continue
        warehouse.dbt("run", "--select", "+fct_funnel_by_product_day")
        funnel: Funnel = {}
        for row in warehouse.query("select * from gold.fct_funnel_by_product_day where product_id like 'J-%'"):
            place = (str(row["business_date"]), row["content_type"], row["state_code"])
            funnel.setdefault(row["product_id"], {})[place] = row
        seen.append(funnel)
    return seen[0], seen[1]


def steps(funnel: Funnel, product: str) -> dict[Place, tuple[int, int, int]]:
    """Journeys viewed, clicked and purchased, by place."""
    return {
        place: (row["journeys_viewed"], row["journeys_clicked"], row["journeys_purchased"])
        for place, row in funnel[product].items()
    }


def test_a_purchase_that_arrives_later_moves_the_stage(funnels: tuple[Funnel, Funnel]) -> None:
    place = ("2026-06-15", *BLOG_IN_KENTUCKY)
    assert steps(funnels[0], "J-1") == {place: (2, 1, 0)}
    assert steps(funnels[1], "J-1") == {place: (2, 2, 2)}
    assert funnels[1]["J-1"][place]["attributed_sales"] == Decimal("26.00")


def test_an_earlier_view_that_arrives_late_moves_the_date_and_the_old_group_shrinks(
    funnels: tuple[Funnel, Funnel],
) -> None:
    assert steps(funnels[0], "J-2") == {("2026-06-15", *BLOG_IN_KENTUCKY): (1, 1, 0)}
    assert steps(funnels[1], "J-2") == {
        ("2026-06-10", "Video", "NY"): (1, 1, 0),
        ("2026-06-15", *BLOG_IN_KENTUCKY): (0, 0, 0),
    }
    assert [row["journey_count"] for row in funnels[1]["J-2"].values()] == [1, 1]


def test_a_group_that_its_last_journey_leaves_disappears(funnels: tuple[Funnel, Funnel]) -> None:
    assert list(funnels[0]["J-3"]) == [("2026-06-15", *BLOG_IN_KENTUCKY)]
    assert list(funnels[1]["J-3"]) == [("2026-04-01", *BLOG_IN_KENTUCKY)]


def test_two_moves_between_two_runs_of_gold_leave_nothing_behind(funnels: tuple[Funnel, Funnel]) -> None:
    assert list(funnels[0]["J-4"]) == [("2026-06-16", *BLOG_IN_KENTUCKY)]
    assert steps(funnels[1], "J-4") == {("2026-06-14", *BLOG_IN_KENTUCKY): (1, 0, 0)}


def test_a_purchase_without_a_view_is_beside_the_funnel_until_its_view_arrives(
    funnels: tuple[Funnel, Funnel],
) -> None:
    ((before,), (after,)) = (list(funnel["J-5"].values()) for funnel in funnels)
    assert list(steps(funnels[0], "J-5").values()) == [(0, 0, 0)]
    assert (before["unviewed_journeys_clicked"], before["unviewed_journeys_purchased"]) == (1, 1)
    assert (before["attributed_sales"], before["unviewed_sales"]) == (Decimal("0.00"), Decimal("21.00"))
    assert list(steps(funnels[1], "J-5").values()) == [(1, 1, 1)]
    assert (after["attributed_sales"], after["unviewed_sales"]) == (Decimal("21.00"), Decimal("0.00"))
    assert after["unviewed_journeys_purchased"] == 0


def test_a_click_or_a_like_without_a_view_is_no_journey_viewed(funnels: tuple[Funnel, Funnel]) -> None:
    (row,) = funnels[1]["J-6"].values()
    assert list(steps(funnels[1], "J-6").values()) == [(0, 0, 0)]
    assert (row["journey_count"], row["unviewed_journeys_clicked"]) == (2, 1)


def test_a_view_that_is_sent_twice_or_happens_twice_is_one_journey(funnels: tuple[Funnel, Funnel]) -> None:
    for funnel in funnels:
        (row,) = funnel["J-7"].values()
        assert (row["journey_count"], row["journeys_viewed"]) == (1, 1)


def test_another_product_of_the_session_and_another_session_are_other_journeys(
    funnels: tuple[Funnel, Funnel],
) -> None:
    assert list(steps(funnels[0], "J-8").values()) == [(2, 0, 0)]
    assert list(steps(funnels[0], "J-9").values()) == [(1, 1, 1)]


def test_the_funnel_built_run_by_run_equals_a_full_refresh(
    warehouse: Warehouse, funnels: tuple[Funnel, Funnel]
) -> None:
    tables = {table: INCREMENTAL_TABLES[table] for table in ("silver.journeys", "gold.fct_funnel_by_product_day")}
    incremental = {table: warehouse.rows(table, without) for table, without in tables.items()}
    warehouse.dbt("run", "--full-refresh", "--select", "journeys", "fct_funnel_by_product_day")
    for table, without in tables.items():
        assert warehouse.rows(table, without) == incremental[table], table
        assert incremental[table], table
