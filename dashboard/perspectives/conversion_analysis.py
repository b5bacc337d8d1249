"""Conversion Analysis, drawn."""

import streamlit as st

from dashboard import formats
from dashboard.charts.bars import bars, funnel, grouped_bars
from dashboard.charts.over_time import lines
from dashboard.colours import BLUE, GOOD, ORANGE, PRIMARY, SKY, TEXT
from dashboard.filters import Filters
from dashboard.gold import Gold, Row
from dashboard.markup import Column, cards
from dashboard.measures import (
    CLICK_DROP_OFF,
    CONVERSION,
    JOURNEYS_CLICKED,
    JOURNEYS_PURCHASED,
    JOURNEYS_VIEWED,
    PURCHASE_DROP_OFF,
    WINNER_SCORE,
)
from dashboard.perspectives.visual import visual
from dashboard.queries import conversion_analysis as queries
from dashboard.queries.measured import card, figures, moved
from dashboard.thresholds import thresholds


def draw(gold: Gold, filters: Filters) -> None:
    """Cards, funnel, Conversion % over time, drop-off by category, winning products."""
    row = queries.funnel(gold, filters)
    steps = figures(row, JOURNEYS_VIEWED, JOURNEYS_CLICKED, JOURNEYS_PURCHASED)
    st.html(cards([*steps, card(gold, filters, CONVERSION)], filters.days))
    left, right = st.columns(2, gap="medium")
    with left:
        _funnel(row)
    with right:
        _trend(gold, filters, row)
    left, right = st.columns(2, gap="medium")
    with left:
        _drop_offs(gold, filters, row)
    with right:
        _winners(gold, filters, row)


def _funnel(row: Row) -> None:
    viewed, clicked, purchased = (row[f"Journeys {stage}"] for stage in ("Viewed", "Clicked", "Purchased"))
    stages = [
        ("View", viewed, ""),
        ("Click", clicked, f"{formats.percent(row['Click Drop-off %'])} left"),
        ("Purchase", purchased, f"{formats.percent(row['Purchase Drop-off %'])} left"),
    ]
    visual(
        "funnel",
        f"Of 1,000 journeys {1000 * clicked / viewed:.0f} have a click and {1000 * purchased / viewed:.0f} a purchase"
        if viewed
        else "",
        "Funnel: View, Click, Purchase, in journeys (a session and a product)",
        funnel(stages, [BLUE, SKY, GOOD]),
        columns=[
            Column("Stage", "stage"),
            Column("Journeys", "journeys", formats.number),
            Column("Left before it", "said"),
        ],
        rows=[{"stage": name, "journeys": count, "said": said or None} for name, count, said in stages]
        if viewed
        else [],
        empty="No journeys in this selection",
        remark=f"{formats.number(row['Purchases without a view'])} purchases had no view that was seen: they count in "
        "Revenue and Orders, not here.",
    )


def _trend(gold: Gold, filters: Filters, row: Row) -> None:
    rows = queries.conversion_trend(gold, filters)
    overall = row["Conversion %"]
    window = thresholds().conversion_window_days
    visual(
        "conversion_trend",
        _trend_title(gold, filters, overall) if rows else "",
        "Conversion % by the day the journeys began; the latest "
        + (f"{window} days are" if window > 1 else "day is")
        + f" too young to judge; dotted: all days, {CONVERSION.show(overall)}",
        lines(
            rows,
            "business_date",
            {"Conversion %": PRIMARY},
            {"Conversion %": CONVERSION.show},
            tick_format=".1%",
            level=overall if rows else None,
        ),
        columns=[Column("Day", "business_date", formats.day), *map(Column.of, (CONVERSION, JOURNEYS_VIEWED))],
        rows=rows,
        empty="No journeys old enough in this selection",
    )


def _trend_title(gold: Gold, filters: Filters, overall: float) -> str:
    first, second = moved(gold, filters, CONVERSION)
    if first is None or second is None or formats.percent(first) == formats.percent(second):
        return f"Conversion is {formats.percent(overall)}"
    return (
        f"Conversion {'rose' if second > first else 'fell'} from {formats.percent(first)} in the period's first half "
        f"to {formats.percent(second)} in the second"
    )


def _drop_offs(gold: Gold, filters: Filters, overall: Row) -> None:
    rows = queries.drop_off_by_category(gold, filters)
    worst = rows[0] if rows else None
    visual(
        "drop_off_by_category",
        f"{worst['category']} loses most after the click: {formats.percent(worst['Purchase Drop-off %'])}, where all "
        f"lose {formats.percent(overall['Purchase Drop-off %'])}"
        if worst
        else "",
        "Drop-off by category: journeys lost before the click, and of the clicked those lost before the purchase",
        grouped_bars(rows, "category", {"Click Drop-off %": SKY, "Purchase Drop-off %": ORANGE}, formats.percent),
        columns=[Column("Category", "category"), *map(Column.of, (JOURNEYS_VIEWED, CLICK_DROP_OFF, PURCHASE_DROP_OFF))],
        rows=rows,
        empty="No journeys in this selection",
    )


def _winners(gold: Gold, filters: Filters, overall: Row) -> None:
    rows = queries.winning_products(gold, filters)
    if rows and rows[0]["is_winner"]:
        best, shop = rows[0]["Conversion %"], overall["Conversion %"]
        lift = f", {best / shop:.1f} times the overall {formats.percent(shop)}" if shop else ""
        title = f"{rows[0]['product_name']} wins: {formats.percent(best)} Conversion{lift}"
    else:
        title = "No product stands out from the others"
    visual(
        "winning_products",
        title,
        "Winner Score: what Conversion % is at least, with 95% confidence; mark: Conversion % itself; green: a winner; "
        f"products with {thresholds().winner_minimum_journeys} Journeys Viewed or more",
        bars(
            rows,
            "product_name",
            "Winner Score",
            WINNER_SCORE.show,
            colours=[GOOD if row["is_winner"] else PRIMARY for row in rows],
            marks=("Conversion %", TEXT),
        ),
        columns=[
            Column("Product", "product_name"),
            Column("Category", "category"),
            *map(Column.of, (JOURNEYS_VIEWED, CONVERSION, WINNER_SCORE)),
        ],
        rows=rows,
        empty=f"No product has {thresholds().winner_minimum_journeys} Journeys Viewed in this selection",
    )
