"""Charts: one function a kind, all in one look. Labels may be anybody's text; `safe` makes them labels only."""

from collections.abc import Mapping, Sequence
from math import log10

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.colours import BACKGROUND, BLUE, GREEN, GREY, LINES, ORANGE, PRIMARY, TEXT
from dashboard.formats import Show, clock, duration
from dashboard.gold import Row
from dashboard.markup import safe

LONGEST_LABEL = 26
_DELAYS = {
    **{"0.1 s": 0.1, "1 s": 1, "10 s": 10, "1 min": 60, "10 min": 600, "1 h": 3600, "6 h": 21600},
    **{"1 day": 86400, "5 days": 432000, "20 days": 1728000, "100 days": 8640000, "1000 days": 86400000},
}
CONFIG = {"displayModeBar": False, "responsive": True}


def _styled(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 30 if legend else 8, "b": 8},
        paper_bgcolor=BACKGROUND,
        plot_bgcolor=BACKGROUND,
        font={"family": '"Source Sans", sans-serif', "size": 13, "color": TEXT},
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": None},
        hoverlabel={"bgcolor": BACKGROUND, "bordercolor": LINES, "font": {"color": TEXT, "size": 13}, "align": "left"},
        # A finger that scrolls the page must not draw a zoom box.
        dragmode=False,
        bargap=0.28,
    )
    axis = {
        "fixedrange": True,
        "ticks": "",
        "automargin": True,
        "zeroline": False,
        "linecolor": LINES,
        "gridcolor": LINES,
    }
    figure.update_xaxes(**axis, title=None)
    figure.update_yaxes(**axis, title=None)
    return figure


def _label(text: str) -> str:
    return safe(text, LONGEST_LABEL)


def bars(
    rows: Sequence[Row],
    label: str,
    value: str,
    show: Show,
    *,
    colours: Sequence[str] | str = PRIMARY,
    texts: Sequence[str] | None = None,
    highest: float | None = None,
    marks: tuple[str, str] | None = None,
) -> go.Figure:
    """Horizontal bars, the first row on top, each with its value at the end.

    Args:
        texts: what stands at the ends instead of the values.
        highest: where the axis ends; default is the highest value.
        marks: a second value of each row, drawn as a mark on its bar: its key and colour.
    """
    values = [float(row[value] or 0) for row in rows]
    places = list(range(len(rows)))
    names = [safe(str(row[label])) for row in rows]
    figure = go.Figure(
        go.Bar(
            name=value,
            orientation="h",
            x=values,
            y=places,
            marker={"color": colours},
            text=list(texts) if texts else [show(row[value]) for row in rows],
            textposition="outside",
            cliponaxis=False,
            customdata=[[name, show(row[value])] for name, row in zip(names, rows, strict=True)],
            hovertemplate=f"%{{customdata[0]}}<br>{value}: <b>%{{customdata[1]}}</b><extra></extra>",
        )
    )
    tops = values
    if marks:
        key, colour = marks
        tops = [*values, *(float(row[key] or 0) for row in rows)]
        figure.add_scatter(
            name=key,
            mode="markers",
            x=[row[key] for row in rows],
            y=places,
            marker={"symbol": "line-ns", "size": 15, "line": {"width": 3, "color": colour}},
            customdata=[[name, show(row[key])] for name, row in zip(names, rows, strict=True)],
            hovertemplate=f"%{{customdata[0]}}<br>{key}: <b>%{{customdata[1]}}</b><extra></extra>",
        )
        # At the bar's foot, or the mark would lie on it.
        figure.update_traces(
            textposition="inside", insidetextanchor="start", constraintext="none", selector={"type": "bar"}
        )
    _styled(figure, 16 + 27 * len(rows))
    figure.update_xaxes(visible=False, range=[0, (highest or max(tops, default=0) or 1) * (1.05 if marks else 1.22)])
    figure.update_yaxes(
        tickvals=places,
        ticktext=[_label(str(row[label])) for row in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
    )
    return figure


def grouped_bars(rows: Sequence[Row], label: str, values: Mapping[str, str], show: Show) -> go.Figure:
    """Horizontal bars, several measures a row: measure -> colour."""
    places = list(range(len(rows)))
    names = [safe(str(row[label])) for row in rows]
    figure = go.Figure()
    for value, colour in values.items():
        texts = [show(row[value]) for row in rows]
        figure.add_bar(
            name=value,
            orientation="h",
            x=[row[value] for row in rows],
            y=places,
            marker={"color": colour},
            text=texts,
            textposition="outside",
            cliponaxis=False,
            customdata=[[name, text] for name, text in zip(names, texts, strict=True)],
            hovertemplate=f"%{{customdata[0]}}<br>{value}: <b>%{{customdata[1]}}</b><extra></extra>",
        )
    _styled(figure, 40 + 50 * len(rows), legend=True)
    highest = max((row[value] or 0 for row in rows for value in values), default=1)
    figure.update_xaxes(visible=False, range=[0, (highest or 1) * 1.2])
    figure.update_yaxes(
        tickvals=places,
        ticktext=[_label(str(row[label])) for row in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
    )
    return figure


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
    _styled(figure, height, legend=len(values) > 1 and not apart)
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
    _styled(figure, 390)
    hours = range(0, 25, 4)
    figure.update_xaxes(
        range=[-8, 1448], tickvals=[60 * h for h in hours], ticktext=[f"{h:02}:00" for h in hours], showgrid=False
    )
    figure.update_yaxes(tickformat="$,.0f", nticks=5, rangemode="tozero")
    return figure


def funnel(stages: Sequence[tuple[str, int, str]], colours: Sequence[str]) -> go.Figure:
    """Stages as a funnel: name, count, and what is said about it."""
    figure = go.Figure(
        go.Funnel(
            y=[name for name, _, _ in stages],
            x=[count for _, count, _ in stages],
            text=[f"<b>{count:,}</b>  {said}" for _, count, said in stages],
            textinfo="text",
            textposition="auto",
            hoverinfo="skip",
            cliponaxis=False,
            marker={"color": list(colours)},
            connector={"fillcolor": "#EAF1F7", "line": {"width": 0}},
        )
    )
    _styled(figure, 290)
    figure.update_yaxes(showgrid=False, type="category")
    return figure


def heatmap(rows: Sequence[Row], value: str, show: Show) -> go.Figure:
    """Products by months, the darker the more; products in the rows' order."""
    products = list({row["product_id"]: row["product_name"] for row in rows}.items())
    months = sorted({row["month_start_date"] for row in rows})
    found = {(row["product_id"], row["month_start_date"]): row for row in rows}
    cells = [[found.get((product, month)) for month in months] for product, _ in products]
    names = [safe(name) for _, name in products]
    figure = go.Figure(
        go.Heatmap(
            z=[[float(row[value]) if row else None for row in line] for line in cells],
            x=list(range(len(months))),
            y=list(range(len(products))),
            text=[[show(row[value]) if row else "" for row in line] for line in cells],
            texttemplate="%{text}",
            customdata=[
                [
                    [name, f"{month:%B %Y}", f"{row['events']:,}", row["active_days"]] if row else ["", "", "", ""]
                    for row, month in zip(line, months, strict=True)
                ]
                for line, name in zip(cells, names, strict=True)
            ],
            hovertemplate=(
                "%{customdata[0]}<br>%{customdata[1]}: <b>%{text}</b> a day"
                "<br>%{customdata[2]} events on %{customdata[3]} active days<extra></extra>"
            ),
            colorscale=[[0, "#EAF1F7"], [0.5, "#7FB8D9"], [1, PRIMARY]],
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
        )
    )
    _styled(figure, 60 + 29 * len(products))
    figure.update_xaxes(
        tickvals=list(range(len(months))),
        ticktext=[f"{month:%b}<br>{month:%Y}" for month in months],
        side="top",
        showgrid=False,
    )
    figure.update_yaxes(
        tickvals=list(range(len(products))),
        ticktext=[_label(name) for _, name in products],
        range=[len(products) - 0.5, -0.5],
        showgrid=False,
    )
    return figure


def shares(parts: Sequence[tuple[str, float, str]], show: Show) -> go.Figure:
    """Parts of a whole as one bar: name, share, colour."""
    figure = go.Figure()
    for name, share, colour in parts:
        figure.add_bar(
            name=f"{name} {show(share)}",
            orientation="h",
            x=[share],
            y=[0],
            marker={"color": colour},
            text=[show(share)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": BACKGROUND, "size": 14},
            hovertemplate=f"{name}: <b>{show(share)}</b><extra></extra>",
        )
    _styled(figure, 130, legend=True)
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"}, uniformtext={"mode": "hide", "minsize": 11})
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(visible=False)
    return figure


def bubbles(rows: Sequence[Row], colours: Sequence[str], labelled: Sequence[bool]) -> go.Figure:
    """Products by Average Rating and Sentiment Index, as large as their Reviews are many."""
    most = max(row["Reviews"] for row in rows)
    figure = go.Figure(
        go.Scatter(
            mode="markers+text",
            x=[row["Average Rating"] for row in rows],
            y=[row["Sentiment Index"] for row in rows],
            text=[safe(row["product_name"], 22) if named else "" for row, named in zip(rows, labelled, strict=True)],
            textposition=["bottom right" if row["Average Rating"] < 3 else "top left" for row in rows],
            textfont={"size": 12},
            cliponaxis=False,
            marker={
                "color": list(colours),
                "size": [row["Reviews"] for row in rows],
                "sizemode": "area",
                "sizeref": 2 * most / 34**2,
                "sizemin": 4,
                "opacity": 0.85,
                "line": {"color": BACKGROUND, "width": 1},
            },
            customdata=[
                [
                    safe(r["product_name"]),
                    f"{r['Reviews']:,}",
                    f"{r['Average Rating']:.2f}",
                    f"{r['Sentiment Index']:.0f}",
                ]
                for r in rows
            ],
            hovertemplate=(
                "%{customdata[0]}<br>Reviews: <b>%{customdata[1]}</b><br>Average Rating: <b>%{customdata[2]}</b>"
                "<br>Sentiment Index: <b>%{customdata[3]}</b><extra></extra>"
            ),
        )
    )
    _styled(figure, 400)
    figure.update_xaxes(
        range=[0.9, 5.15], dtick=1, title={"text": "Average Rating", "font": {"color": GREY, "size": 13}}
    )
    figure.update_yaxes(
        range=[-108, 108],
        dtick=50,
        title={"text": "Sentiment Index", "font": {"color": GREY, "size": 13}},
        zeroline=True,
        zerolinecolor=GREY,
    )
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
    _styled(figure, 320, legend=True)
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
    _styled(figure, 320, legend=True)
    figure.update_layout(margin={"t": 60})
    figure.update_yaxes(type="log", tickvals=list(_DELAYS.values()), ticktext=list(_DELAYS))
    spread = [max(row[percentile], 0.1) for row in rows for percentile in ("p50", "p95")]
    figure.update_yaxes(range=[log10(min(spread, default=1)) - 0.5, log10(max(spread, default=1)) + 0.5])
    figure.update_xaxes(type="category", showgrid=False, nticks=8)
    return figure
