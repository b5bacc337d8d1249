"""Amounts by day, week, hour and minute."""

from collections.abc import Mapping, Sequence
from math import log10

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.look import styled
from dashboard.colours import BLUE, GREEN, GREY, ORANGE, PRIMARY
from dashboard.formats import Show, clock, duration
from dashboard.gold import Row

DELAYS = {
    **{"0.1 s": 0.1, "1 s": 1, "10 s": 10, "1 min": 60, "10 min": 600, "1 h": 3600, "6 h": 21600},
    **{"1 day": 86400, "5 days": 432000, "20 days": 1728000, "100 days": 8640000, "1000 days": 86400000},
}
"""Where the axis of delays has a mark, in seconds."""


def lines(
    rows: Sequence[Row],
    at: str,
    values: Mapping[str, str],
    shows: Mapping[str, Show],
    *,
    tick_format: str,
    level: float | None = None,
    apart: bool = False,
    height: int = 300,
) -> go.Figure:
    """Measures over time: measure -> colour.

    Args:
        tick_format: of the measures' axis, in D3's notation.
        level: where a dotted horizontal line is.
        apart: each measure has a chart of its own, one above the other, over one time axis.
    """
    figure = (
        make_subplots(rows=len(values), shared_xaxes=True, vertical_spacing=0.14, subplot_titles=list(values))
        if apart
        else go.Figure()
    )
    for i, (value, colour) in enumerate(values.items()):
        trace = go.Scatter(
            name=value,
            x=[row[at] for row in rows],
            y=[None if row[value] is None else float(row[value]) for row in rows],
            mode="lines+markers" if len(rows) <= 60 else "lines",
            line={"color": colour, "width": 2.5},
            marker={"size": 6},
            customdata=[[shows[value](row[value])] for row in rows],
            hovertemplate=f"%{{x|%b %-d, %Y}}<br>{value}: <b>%{{customdata[0]}}</b><extra></extra>",
        )
        figure.add_trace(trace, **({"row": i + 1, "col": 1} if apart else {}))
    styled(figure, height, legend=len(values) > 1 and not apart)
    figure.update_yaxes(tickformat=tick_format, nticks=5)
    figure.update_xaxes(showgrid=False, tickformat="%b %-d", nticks=7)
    if apart:
        figure.update_layout(margin={"t": 26})
        figure.update_annotations(font={"size": 13, "color": GREY}, x=0, xanchor="left")
    else:
        figure.update_yaxes(rangemode="tozero")
    if len(rows) == 1:
        figure.update_xaxes(tickvals=[rows[0][at]])
    if level is not None:
        figure.add_hline(y=level, line={"color": GREY, "width": 1.5, "dash": "dot"})
    return figure


def minutes(rows: Sequence[Row], value: str, show: Show) -> go.Figure:
    """A day's minutes as columns."""
    figure = go.Figure(
        go.Bar(
            x=[row["minute_of_day"] for row in rows],
            y=[float(row[value]) for row in rows],
            # Where few minutes have an order, a column of one minute would be a hair.
            width=4 if len(rows) < 480 else 1,
            marker={"color": PRIMARY, "line": {"width": 0}},
            customdata=[[clock(row["minute_of_day"]), show(row[value])] for row in rows],
            hovertemplate=f"%{{customdata[0]}}<br>{value}: <b>%{{customdata[1]}}</b><extra></extra>",
        )
    )
    styled(figure, 390)
    hours = range(0, 25, 4)
    figure.update_xaxes(
        range=[-8, 1448], tickvals=[60 * h for h in hours], ticktext=[f"{h:02}:00" for h in hours], showgrid=False
    )
    figure.update_yaxes(tickformat="$,.0f", nticks=5, rangemode="tozero")
    return figure


def stacked(rows: Sequence[Row], parts: Mapping[str, tuple[str, str]]) -> go.Figure:
    """Counts by hour, one part on the other: key -> name and colour."""
    hours = [f"{row['landed_hour_at']:%b %-d, %H:00}" for row in rows]
    figure = go.Figure()
    for key, (name, colour) in parts.items():
        figure.add_bar(
            name=name,
            x=hours,
            y=[row[key] for row in rows],
            marker={"color": colour},
            customdata=[f"{row[key]:,}" for row in rows],
            hovertemplate=f"%{{x}}<br>{name}: <b>%{{customdata}}</b><extra></extra>",
        )
    styled(figure, 320, legend=True)
    # A single hour must not become a wall.
    spare = max(0, 6 - len(rows)) / 2
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure.update_xaxes(type="category", showgrid=False, nticks=8, range=[-0.5 - spare, len(rows) - 0.5 + spare])
    figure.update_yaxes(tickformat=",.0f", nticks=5)
    return figure


def delays(rows: Sequence[Row]) -> go.Figure:
    """P50 (filled) and P95 (open) by hub and hour, on a scale on which each step is ten times longer."""
    figure = go.Figure()
    for hub, colour in zip(sorted({row["hub"] for row in rows}), (BLUE, ORANGE, GREEN), strict=False):
        here = [row for row in rows if row["hub"] == hub]
        for percentile, symbol, dash in (("p50", "circle", "solid"), ("p95", "circle-open", "dot")):
            figure.add_scatter(
                name=f"{hub} {percentile.upper()}",
                x=[f"{row['landed_hour_at']:%b %-d, %H:00}" for row in here],
                y=[max(row[percentile], 0.1) for row in here],
                mode="lines+markers",
                line={"color": colour, "width": 2, "dash": dash},
                marker={"symbol": symbol, "size": 10, "line": {"width": 2, "color": colour}},
                customdata=[duration(row[percentile]) for row in here],
                hovertemplate=f"%{{x}}<br>{hub} {percentile.upper()}: <b>%{{customdata}}</b><extra></extra>",
            )
    styled(figure, 320, legend=True)
    figure.update_layout(margin={"t": 60})
    figure.update_yaxes(type="log", tickvals=list(DELAYS.values()), ticktext=list(DELAYS))
    spread = [max(row[percentile], 0.1) for row in rows for percentile in ("p50", "p95")]
    figure.update_yaxes(range=[log10(min(spread, default=1)) - 0.5, log10(max(spread, default=1)) + 0.5])
    figure.update_xaxes(type="category", showgrid=False, nticks=8)
    return figure
