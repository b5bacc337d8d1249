"""The four perspectives as tables: the queries of dbt_project/analyses, compiled by dbt and run over gold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rich.table import Table

from sandbox.console import console, untrusted
from sandbox.dbt import Dbt
from sandbox.settings import PERSPECTIVES

MOST_ROWS = 20
"""Longer answers are cut where people read them."""


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
            table = Table(box=None, padding=(0, 2, 0, 0))
            for name, value in (rows[0] if rows else {"no rows": ""}).items():
                table.add_column(name, justify="left" if isinstance(value, str | date) else "right", overflow="fold")
            for row in rows[:MOST_ROWS]:
                table.add_row(*(untrusted(_text(value)) for value in row.values()))
            console.print(f"\n[bold]{query.name}[/bold]: {query.shows}")
            console.print(table)
            if len(rows) > MOST_ROWS:
                console.print(f"  ... and {len(rows) - MOST_ROWS:,} more rows")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4f}"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return str(value)
