"""The four perspectives as tables: the queries of dbt_project/analyses, compiled by dbt and run over gold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.table import Table

from sandbox.console import console, untrusted
from sandbox.dbt import Dbt
from sandbox.settings import PERSPECTIVES

MOST_ROWS = 20
"""Longer answers are cut where people read them."""
LONG = 40
"""A column with a longer text takes the room that the others leave."""


@dataclass(frozen=True)
class Query:
    """One query of an analysis: its name, what it shows, and its SQL."""

    name: str
    shows: str
    sql: str


def queries_in(sql: str) -> list[Query]:
    """The queries of one analysis, told apart by semicolons; each begins with the comment `-- <name>: <what it shows>`.

    Raises:
        ValueError: a query has no such comment.
    """
    queries = []
    for statement in re.split(r";\s*$", sql, flags=re.MULTILINE):
        if not re.sub(r"--[^\n]*", "", statement).strip():
            continue
        named = re.search(r"^-- (\w+): (.*(?:\n-- .*)*)", statement, re.MULTILINE)
        if not named:
            raise ValueError(f"A query of an analysis has no comment `-- <name>: ...`: {statement.strip()[:80]}")
        shows = " ".join(named[2].replace("\n-- ", " ").split())
        queries.append(Query(named[1], shows, statement[named.end() :].strip()))
    return queries


class Perspectives:
    """Analyses, by default the four perspectives, compiled at once."""

    def __init__(self, dbt: Dbt, names: Sequence[str] = PERSPECTIVES) -> None:
        self._dbt = dbt
        compiled = dbt.compile(*names)
        self.queries = {name: queries_in(sql) for name, sql in compiled.items()}

    def rows(self, perspective: str, query: str) -> list[dict[str, Any]]:
        """The rows of one query."""
        (sql,) = (one.sql for one in self.queries[perspective] if one.name == query)
        return self._dbt.query(sql)

    def show(self, perspective: str) -> None:
        """Print all queries of one perspective as tables."""
        for query in self.queries[perspective]:
            rows = self._dbt.query(query.sql)
            console.print(f"\n[bold]{query.name}[/bold]: {query.shows}")
            console.print(_table(rows[:MOST_ROWS]))
            if len(rows) > MOST_ROWS:
                console.print(f"  ... and {len(rows) - MOST_ROWS:,} more rows")


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    columns = {name: [_text(row[name]) for row in rows] for name in (rows[0] if rows else {"no rows": ""})}
    lengths = {name: max(map(len, texts), default=0) for name, texts in columns.items()}
    has_long = any(length > LONG for length in lengths.values())
    for name, length in lengths.items():
        table.add_column(
            name,
            justify="left" if not rows or isinstance(rows[0][name], str | date) else "right",
            overflow="fold",
            width=max(length, min(len(name), 10)) if has_long and length <= LONG else None,
        )
    for texts in zip(*columns.values(), strict=True):
        table.add_row(*map(untrusted, texts))
    return table


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:,.4f}"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return str(value)
