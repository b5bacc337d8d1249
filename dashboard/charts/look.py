"""What all charts have in common."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.colours import BACKGROUND, LINES, TEXT
from dashboard.markup import safe

CONFIG = {"displayModeBar": False, "responsive": True}
LONGEST_LABEL = 26


def styled(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    """The figure in the dashboard's look, so many pixels high; what a chart does otherwise it says afterwards."""
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


def one_row_each(figure: go.Figure, names: Sequence[str]) -> None:
    """Make the vertical axis, on which rows stand at 0, 1, 2 ..., one of names, the first on top."""
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[short(name) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
    )


def short(text: str) -> str:
    """A text as a label that leaves room for the chart."""
    return safe(text, LONGEST_LABEL)
