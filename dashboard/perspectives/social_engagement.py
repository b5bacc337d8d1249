"""Social Engagement, drawn."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from dashboard import formats
from dashboard.charts.bars import bars
from dashboard.charts.over_time import lines
from dashboard.charts.products import heatmap
from dashboard.colours import CONTENT_TYPES, ENGAGEMENT, GREY
from dashboard.filters import Filters
from dashboard.gold import Gold, Row
from dashboard.markup import Column, cards, finding, folded, table
from dashboard.measures import (
    ATTRIBUTED_REVENUE,
    CLICKS,
    ENGAGEMENT_RATE,
    JOURNEYS_PURCHASED,
    LIKES,
    VIEWS,
)
from dashboard.perspectives.visual import chart, visual
from dashboard.queries import social_engagement as queries
from dashboard.queries.measured import figures, measured


def draw(gold: Gold, filters: Filters) -> None:
    """Cards, engagement over time, content types compared, products by month."""
    row = measured(gold, filters, VIEWS, CLICKS, LIKES, ENGAGEMENT_RATE)[0]
    st.html(cards(figures(row, VIEWS, CLICKS, LIKES, ENGAGEMENT_RATE), filters.days))
    _content_types(queries.content_types(gold, filters))
    left, right = st.columns(2, gap="medium")
    with left:
        _trend(queries.engagement_trend(gold, filters))
    with right:
        _months(queries.product_months(gold, filters))


def _content_types(rows: Sequence[Row]) -> None:
    columns = [
        Column("Content type", "content_type"),
        *map(Column.of, (VIEWS, CLICKS, LIKES, ENGAGEMENT_RATE, JOURNEYS_PURCHASED, ATTRIBUTED_REVENUE)),
        Column("Value Index", "Value Index", formats.two_places),
        Column("Vanity or value", "verdict"),
    ]
    with st.container(border=True, key="visual_content_types", gap="xxsmall"):
        st.html(finding(_content_types_title(rows), "Content types compared: engagement beside what it brings"))
        if not any(row["Views"] for row in rows):
            return
        shown = sorted(rows, key=lambda row: list(CONTENT_TYPES).index(row["content_type"]))
        panels = (
            ("Views", VIEWS.show, "how often it is seen"),
            ("Engagement Rate", ENGAGEMENT_RATE.show, "clicks and likes a view"),
            ("Attributed Revenue", ATTRIBUTED_REVENUE.show, "what its journeys bought"),
            ("Value Index", formats.two_places, "share of purchases / share of views; 1 is proportional"),
        )
        places = [*st.columns(2, gap="medium"), *st.columns(2, gap="medium")]
        for place, (measure, show, what) in zip(places, panels, strict=True):
            with place:
                st.html(f'<p class="panel"><b>{measure}</b> <span>{what}</span></p>')
                figure = _content_type_bars(shown, measure, show)
                chart(figure, f"content_types_{measure}", f"{measure} by content type")
        st.html(folded(table(columns, rows)))


def _content_type_bars(rows: Sequence[Row], measure: str, show: formats.Show) -> go.Figure:
    texts = [show(row[measure]) for row in rows]
    if measure == "Value Index":
        texts = [f"{text} {row['verdict'] or ''}".strip() for text, row in zip(texts, rows, strict=True)]
    figure = bars(
        rows,
        "content_type",
        measure,
        show,
        colours=[CONTENT_TYPES.get(row["content_type"], GREY) for row in rows],
        texts=texts,
    )
    return figure.update_xaxes(range=[0, 1.4 * (max(float(row[measure] or 0) for row in rows) or 1)])


def _content_types_title(rows: Sequence[Row]) -> str:
    views = sum(row["Views"] for row in rows)
    said = []
    for row in rows:
        share = formats.percent(row["Views"] / views) if views else ""
        if row["verdict"] == "vanity":
            said.append(
                f"{row['content_type']} is vanity: {share} of views, and {row['Value Index']:.2f} times as much of the "
                "purchases"
            )
        elif row["verdict"] == "value":
            said.append(f"{row['content_type']} is value: {row['Value Index']:.2f} times, with {share} of views")
    if said:
        return "; ".join(said)
    return "Purchases are about proportional to views for all content types" if views else "No views in this selection"


def _trend(rows: Sequence[Row]) -> None:
    total = {measure: sum(row[measure] for row in rows) for measure in ENGAGEMENT}
    best = max(rows, key=lambda row: row["Views"], default=None)
    visual(
        "engagement_trend",
        f"{formats.number(total['Clicks'])} clicks and {formats.number(total['Likes'])} likes came of "
        f"{formats.number(total['Views'])} views; {formats.day(best['business_date'])} had most"
        if best
        else "",
        "Views, Clicks, Likes by day",
        lines(
            rows,
            "business_date",
            ENGAGEMENT,
            {"Views": VIEWS.show, "Clicks": CLICKS.show, "Likes": LIKES.show},
            tick_format=",.0f",
            apart=True,
            height=480,
        ),
        columns=[Column("Day", "business_date", formats.day), *map(Column.of, (VIEWS, CLICKS, LIKES))],
        rows=rows,
        empty="No engagement in this selection",
    )


def _months(rows: Sequence[Row]) -> None:
    best = max(rows, key=lambda row: row["events_per_active_day"], default=None)
    visual(
        "product_months",
        f"{best['product_name']} drew most: {best['events_per_active_day']:,.0f} events a day in "
        f"{best['month_start_date']:%B %Y}"
        if best
        else "",
        "Views, clicks and likes per active day, by product and month; all months, whatever the period",
        heatmap(rows, "events_per_active_day", formats.number) if rows else None,
        columns=[
            Column("Product", "product_name"),
            Column("Month", "month_start_date", lambda month: f"{month:%b %Y}"),
            Column("Events", "events", formats.number),
            Column("Active days", "active_days", formats.number),
            Column("Per active day", "events_per_active_day", lambda value: f"{value:,.1f}"),
        ],
        rows=rows,
        empty="No engagement in this selection",
    )
