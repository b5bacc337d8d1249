"""One visual on a page: what was found, the chart, and its numbers as a table."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from dashboard.charts.look import CONFIG
from dashboard.gold import Row
from dashboard.markup import Column, finding, folded, note, table
from ingestion.printable import printable


def visual(
    key: str,
    title: str,
    what: str,
    figure: go.Figure | None,
    *,
    columns: Sequence[Column],
    rows: Sequence[Row],
    empty: str = "Nothing in this selection.",
    remark: str | None = None,
) -> None:
    """Draw a visual in a frame; without a figure the table is open, without rows there is a word instead of both.

    Args:
        key: the visual's name, the same in each run.
        title: what was found.
        what: what is drawn.
        remark: what else one has to know.
    """
    with st.container(border=True, key=f"visual_{key}", gap="xxsmall"):
        st.html(finding(title if rows else empty, what))
        if not rows:
            return
        contents = table(columns, rows)
        if figure is None:
            st.html(contents)
        else:
            chart(figure, key, f"{printable(title)}. {what}")
            st.html(folded(contents))
        if remark:
            st.html(note(remark))


def chart(figure: go.Figure, key: str, what: str) -> None:
    """Draw a chart, with words for those who can't see it; its numbers stand in a table below."""
    alt = f"{what}. Its numbers are in the table below."
    st.plotly_chart(figure, key=key, theme=None, config=CONFIG, width="stretch", alt=alt)
