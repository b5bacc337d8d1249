"""The slicers: one choice of period, states and categories for all pages."""

from datetime import date

import streamlit as st

from dashboard.filters import Filters, last_complete_days
from dashboard.gold import Gold

ALL_DAYS = "All days"
CHOSEN_DAYS = "Chosen days"
LAST_DAYS = {"Last 30 complete days": 30, "Last 7 complete days": 7}


def slicers(gold: Gold) -> Filters:
    """Draw the slicers in the sidebar, and say what they chose."""
    codes = {row["state_name"]: row["state_code"] for row in gold.rows("select * from dim_state order by state_name")}
    categories = [row["category"] for row in gold.rows("select category from dim_category order by category")]
    with st.sidebar:
        period = st.selectbox("Period", [*LAST_DAYS, ALL_DAYS, CHOSEN_DAYS], key="period", bind="query-params")
        first, last = _days(gold, period)
        states = st.multiselect("States", list(codes), placeholder="All", key="states", bind="query-params")
        chosen = st.multiselect("Categories", categories, placeholder="All", key="categories", bind="query-params")
    return Filters(first, last, tuple(codes[state] for state in states), tuple(chosen))


def _days(gold: Gold, period: str) -> tuple[date, date]:
    default = last_complete_days(30, gold.first_date, gold.as_of_date)
    if period in LAST_DAYS:
        return last_complete_days(LAST_DAYS[period], gold.first_date, gold.as_of_date)
    if period == ALL_DAYS:
        return min(gold.first_date, gold.as_of_date), gold.as_of_date
    chosen: tuple[date, ...] = st.date_input(
        "Days",
        value=default,
        min_value=min(gold.first_date, gold.as_of_date),
        max_value=gold.as_of_date,
        key="days",
        bind="query-params",
    )
    # While only the first day of a period is chosen, it is that day.
    return (chosen[0], chosen[-1]) if chosen else default
