"""Amounts beside each other."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts.look import one_row_each, styled
from dashboard.colours import BACKGROUND, PRIMARY
from dashboard.formats import Show
from dashboard.gold import Row
from dashboard.markup import safe


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
    styled(figure, 16 + 27 * len(rows))
    figure.update_xaxes(visible=False, range=[0, (highest or max(tops, default=0) or 1) * (1.05 if marks else 1.22)])
    one_row_each(figure, [str(row[label]) for row in rows])
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
    styled(figure, 40 + 50 * len(rows), legend=True)
    highest = max((row[value] or 0 for row in rows for value in values), default=1)
    figure.update_xaxes(visible=False, range=[0, (highest or 1) * 1.2])
    one_row_each(figure, [str(row[label]) for row in rows])
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
    styled(figure, 130, legend=True)
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"}, uniformtext={"mode": "hide", "minsize": 11})
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(visible=False)
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
    styled(figure, 290)
    figure.update_yaxes(showgrid=False, type="category")
    return figure
