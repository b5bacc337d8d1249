"""The HTML of headings, cards and tables. Everything that is said here is text: it is escaped, whoever wrote it."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import formats
from dashboard.gold import Row
from dashboard.measures import Measure
from dashboard.queries.measured import Card
from ingestion.printable import printable

LONGEST_NAME = 120
MOST_ROWS = 100
"""Longer tables are cut, and say so."""

_DIRECTIONS = {
    1: ("good", "\N{BLACK UP-POINTING TRIANGLE}"),
    0: ("even", "="),
    -1: ("bad", "\N{BLACK DOWN-POINTING TRIANGLE}"),
}


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, the row's key, and how a value looks; words if nothing is said."""

    heading: str
    key: str
    show: Any = None

    @classmethod
    def of(cls, measure: Measure) -> "Column":
        """A measure as a column."""
        return cls(measure.name, measure.name, measure.show)

    def text(self, row: Row) -> str:
        """One cell's text."""
        value = row[self.key]
        if self.show is not None:
            return str(self.show(value))
        return formats.BLANK if value is None else str(value)


def safe(text: str, longest: int = LONGEST_NAME) -> str:
    """A text from anywhere as HTML that shows it and does nothing; Plotly's labels are HTML, too."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
    return html.escape(printable(cut))


def heading(name: str, context: str) -> str:
    """A page's name, and what it is about at the moment."""
    return f'<header class="page"><h1>{safe(name)}</h1><p>{safe(context, 400)}</p></header>'


def finding(title: str, what: str) -> str:
    """A visual's title, which says what was found, and below it what is drawn."""
    return f'<div class="finding"><h2>{safe(title, 300)}</h2><p>{safe(what, 300)}</p></div>'


def note(text: str) -> str:
    """A remark, or what stands where a chart would be empty."""
    return f'<p class="note">{safe(text, 600)}</p>'


def cards(shown: Sequence[Card], days: int) -> str:
    """Cards in a row; a change is coloured and has an arrow, so that it can be told without colours."""
    return f'<section class="cards">{"".join(_card(one, days) for one in shown)}</section>'


def _card(one: Card, days: int) -> str:
    name = safe(one.measure.name)
    change = ""
    if one.has_change:
        before = f"vs prior {days} days" if days > 1 else "vs the day before"
        if one.change is None:
            change = f'<p class="change">{formats.BLANK} <span>no full period before</span></p>'
        else:
            kind, arrow = _DIRECTIONS[(one.change > 0) - (one.change < 0)]
            change = f'<p class="change {kind}">{arrow} <b>{safe(one.change_text)}</b> <span>{before}</span></p>'
    value = f'<p class="value">{safe(one.text)}</p>'
    return f'<article class="card" data-measure="{name}"><h3>{name}</h3>{value}{change}</article>'


def table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """Rows as a table; numbers stand right."""
    head = "".join(f'<th scope="col"{_side(column)}>{safe(column.heading)}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td{_side(column)}>{safe(column.text(row))}</td>" for column in columns) + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    rest = f'<p class="note">The first {MOST_ROWS} of {len(rows):,} rows.</p>' if len(rows) > MOST_ROWS else ""
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{rest}'


def folded(contents: str) -> str:
    """A table that opens on a click: a chart's numbers, for those who can't see it or want to know exactly."""
    return f"<details><summary>As a table</summary>{contents}</details>"


def _side(column: Column) -> str:
    return "" if column.show is None else ' class="number"'
