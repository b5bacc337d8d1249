"""The page that Streamlit runs, again after every choice. Started by `python -m dashboard`."""

import sys
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard import formats
from dashboard.filters import Filters
from dashboard.gold import Gold, NothingBuiltError, Versions, latest_versions
from dashboard.markup import heading, note
from dashboard.perspectives import (
    conversion_analysis,
    customer_reviews,
    executive_overview,
    pipeline_health,
    social_engagement,
)
from dashboard.slicers import slicers
from dashboard.store import gold_at
from dashboard.style import CSS, ICON

LOOK_EVERY_SECONDS = 2

PERSPECTIVES: dict[str, Callable[[Gold, Filters], None]] = {
    "Executive Overview": executive_overview.draw,
    "Conversion Analysis": conversion_analysis.draw,
    "Social Engagement": social_engagement.draw,
    "Customer Sentiment & Reviews": customer_reviews.draw,
    "Pipeline Health": lambda gold, _: pipeline_health.draw(gold),
}


def main(warehouse: Path) -> None:
    """Draw the chosen page over the newest tables."""
    st.set_page_config(page_title="E-commerce market analysis", page_icon=ICON, layout="wide")
    st.html(CSS)
    versions = latest_versions(warehouse)
    try:
        gold = gold_at(warehouse, versions)
    except NothingBuiltError as error:
        _say_that_nothing_is_built(error)
    else:
        _draw(gold)
    _watch(warehouse, versions)


def _draw(gold: Gold) -> None:
    with st.sidebar:
        # A bound choice, not Streamlit's pages: links keep the slicers, and no path but "/" is asked for.
        name = st.radio("Page", list(PERSPECTIVES), key="page", label_visibility="collapsed", bind="query-params")
    filters = slicers(gold)
    st.html(heading(name, _context(gold, filters, is_sliced=name != "Pipeline Health")))
    PERSPECTIVES[name](gold, filters)


def _context(gold: Gold, filters: Filters, is_sliced: bool) -> str:
    named = {row["state_code"]: row["state_name"] for row in gold.rows("select state_code, state_name from dim_state")}
    chosen = (
        formats.period(filters.first_date, filters.last_date),
        ", ".join(named[state] for state in filters.states) or "all states",
        ", ".join(filters.categories) or "all categories",
    )
    reaches = f"data up to {formats.day(gold.as_of_date)}, built {gold.refreshed_at:%Y-%m-%d %H:%M} UTC"
    text = " \N{MIDDLE DOT} ".join((*(chosen if is_sliced else ()), reaches))
    return text[0].upper() + text[1:]


def _say_that_nothing_is_built(error: NothingBuiltError) -> None:
    st.html(
        heading(
            "No shop to look at yet", "This page looks again every few seconds, and shows the shop once it is there."
        )
    )
    st.html(note(str(error)))
    st.markdown(
        "In another terminal, in the project's folder:\n"
        "- `make demo` sends a history of the shop and builds all tables (some minutes);\n"
        "- `make live` does so as it goes on;\n"
        "- `dbt build` builds the tables of what has landed already."
    )


@st.fragment(run_every=LOOK_EVERY_SECONDS)
def _watch(warehouse: Path, drawn: Versions) -> None:
    """Draw anew when a table has a new version, and no build has written since the last look."""
    newest = latest_versions(warehouse)
    seen = st.session_state.get("seen_versions")
    st.session_state["seen_versions"] = newest
    if newest != drawn and newest == seen:
        st.rerun()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
