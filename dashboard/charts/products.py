"""Many products at once."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.charts.look import one_row_each, styled
from dashboard.colours import BACKGROUND, GREY, PRIMARY
from dashboard.formats import Show
from dashboard.gold import Row
from dashboard.markup import safe


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
    styled(figure, 60 + 29 * len(products))
    figure.update_xaxes(
        tickvals=list(range(len(months))),
        ticktext=[f"{month:%b}<br>{month:%Y}" for month in months],
        side="top",
        showgrid=False,
    )
    one_row_each(figure, [name for _, name in products])
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
    styled(figure, 400)
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
