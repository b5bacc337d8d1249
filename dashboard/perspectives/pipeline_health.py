"""Pipeline Health, drawn."""

from collections.abc import Sequence

import streamlit as st

from dashboard import formats
from dashboard.charts.over_time import delays as delay_chart
from dashboard.charts.over_time import stacked
from dashboard.colours import VERDICTS
from dashboard.gold import Gold, Row
from dashboard.markup import Column, cards, note
from dashboard.measures import Measure
from dashboard.perspectives.visual import visual
from dashboard.queries import pipeline_health as queries
from dashboard.queries.measured import figures

HUBS = {"engagement": "engagement events"}
COUNTS = tuple(
    Measure(name, "pipeline_health", f"sum({name.lower()})", formats.number)
    for name in ("Landed", "Accepted", "Updates", "Duplicates", "Quarantined")
)


def draw(gold: Gold) -> None:
    """Cards, what landed by hour, delay by hour, hubs."""
    rows = queries.verdicts(gold)
    totals = {one.name: sum(row[one.name.lower()] for row in rows) for one in COUNTS}
    st.html(cards(figures(totals, *COUNTS), 0))
    st.html(note("Messages of all hubs since the first. Period, state and category do not change this page."))
    left, right = st.columns(2, gap="medium")
    with left:
        _hours(queries.hours(gold), totals)
    with right:
        _delays(queries.delays(gold))
    _hubs(rows)


def _hours(rows: Sequence[Row], totals: Row) -> None:
    landed = totals["Landed"]
    visual(
        "landed_by_hour",
        f"{formats.percent(totals['Accepted'] / landed)} accepted, {formats.percent(totals['Updates'] / landed)} "
        f"updates, {formats.percent(totals['Duplicates'] / landed)} "
        f"duplicates, {formats.percent(totals['Quarantined'] / landed)} quarantined"
        if landed
        else "",
        f"Messages by the hour in which they landed (UTC); the latest {queries.LATEST_HOURS} hours with any",
        stacked(rows, {name.lower(): (name, colour) for name, colour in VERDICTS.items()}),
        columns=[
            Column("Hour (UTC)", "landed_hour_at", _hour),
            *(Column(one.name, one.name.lower(), formats.number) for one in COUNTS),
        ],
        rows=rows,
        empty="Nothing has landed yet",
    )


def _delays(rows: Sequence[Row]) -> None:
    latest = {row["hub"]: row for row in rows}
    slowest = max(latest.values(), key=lambda row: row["p95"], default=None)
    visual(
        "delays",
        f"Half of the latest hour's {HUBS.get(slowest['hub'], slowest['hub'])} were in silver within "
        f"{formats.duration(slowest['p50'])}, 95% within {formats.duration(slowest['p95'])}"
        if slowest
        else "",
        "From event to its verdict in silver, by the hour of landing: half of the events (P50) and 95% of them (P95) "
        "took no longer",
        delay_chart(rows),
        columns=[
            Column("Hub", "hub"),
            Column("Hour (UTC)", "landed_hour_at", _hour),
            Column("P50", "p50", formats.duration),
            Column("P95", "p95", formats.duration),
            Column("Accepted", "accepted", formats.number),
        ],
        rows=rows,
        empty="No event has been accepted yet",
        remark="A history that is sent at once counts from when its events happened: its delays are days.",
    )


def _hubs(rows: Sequence[Row]) -> None:
    worst = max(rows, key=lambda row: row["quarantined_share"], default=None)
    visual(
        "hubs",
        f"Of {worst['hub']} {formats.percent(worst['quarantined_share'])} are in quarantine, the highest share"
        if worst
        else "",
        "What became of each hub's messages",
        None,
        columns=[
            Column("Hub", "hub"),
            *(Column(one.name, one.name.lower(), formats.number) for one in COUNTS),
            Column("Quarantined %", "quarantined_share", formats.percent),
            Column("Latest event (UTC)", "latest_event_at", lambda at: f"{at:%Y-%m-%d %H:%M}" if at else formats.BLANK),
        ],
        rows=rows,
        empty="Nothing has landed yet",
    )


def _hour(hour: object) -> str:
    return f"{hour:%Y-%m-%d %H:00}"
