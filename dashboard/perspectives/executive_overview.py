"""Executive Overview, drawn."""

from collections.abc import Sequence

import streamlit as st

from dashboard import formats
from dashboard.charts.bars import bars
from dashboard.charts.over_time import minutes
from dashboard.filters import Filters
from dashboard.gold import Gold, Row
from dashboard.markup import Column, cards, note
from dashboard.measures import MINUTE_REVENUE, REVENUE
from dashboard.perspectives.visual import visual
from dashboard.queries import executive_overview as queries

MOST_STATES = 15


def draw(gold: Gold, filters: Filters) -> None:
    """Cards, Revenue by state, Minute Revenue of the as_of day."""
    st.html(cards(queries.cards(gold, filters), filters.days))
    shown = queries.what_stays(gold, filters)
    st.html(
        note(
            f"Net Revenue is {shown['Net Revenue']}: Revenue without {shown['Cancelled Revenue']} that is Cancelled "
            f"and {shown['Returned Revenue']} that came back. Average Order Value {shown['Average Order Value']}; "
            f"{shown['Orders']} orders have {shown['Order Lines']} lines and {shown['Units']} pieces."
        )
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _states(queries.revenue_by_state(gold, filters))
    with right:
        _minutes(gold, queries.minute_revenue(gold, filters))


def _states(rows: Sequence[Row]) -> None:
    rows = [row for row in rows if row["Revenue"]]
    total = sum(row["Revenue"] for row in rows)
    shown, rest = rows[:MOST_STATES], rows[MOST_STATES:]
    others = (
        f", the {MOST_STATES} highest; {len(rest)} more have {formats.dollars(sum(row['Revenue'] for row in rest))}"
        if rest
        else ""
    )
    visual(
        "revenue_by_state",
        f"{rows[0]['state_name']} leads with {formats.percent(rows[0]['Revenue'] / total)} of Revenue" if rows else "",
        f"Revenue by state{others}",
        bars(shown, "state_name", "Revenue", REVENUE.show),
        columns=[Column("State", "state_name"), *map(Column.of, queries.BY_STATE)],
        rows=rows,
        empty="No orders in this selection",
    )


def _minutes(gold: Gold, rows: Sequence[Row]) -> None:
    total = sum(row["Minute Revenue"] for row in rows)
    best = max(rows, key=lambda row: row["Minute Revenue"], default=None)
    hours: dict[int, Row] = {}
    for row in rows:
        hour = hours.setdefault(row["minute_of_day"] // 60, {"hour": row["minute_of_day"] // 60, "Minute Revenue": 0})
        hour["Minute Revenue"] += row["Minute Revenue"]
    visual(
        "minute_revenue",
        f"{formats.dollars(total)} on {formats.day(gold.as_of_date)}; the best minute, "
        f"{formats.clock(best['minute_of_day'])}, had {formats.dollars(best['Minute Revenue'])}"
        if best
        else "",
        "Minute Revenue of the latest day, by the business's clock; the period does not change it",
        minutes(rows, "Minute Revenue", MINUTE_REVENUE.show) if rows else None,
        columns=[Column("Hour", "hour", lambda hour: formats.clock(60 * hour)), Column.of(MINUTE_REVENUE)],
        rows=list(hours.values()),
        empty=f"No orders on {formats.day(gold.as_of_date)} in this selection",
    )
