"""The statements of a run of dbt, from its log: --log-level-file debug --log-format-file json."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Statement:
    """One statement that ended well: who sent it, what it began with, and how long it took."""

    node: str
    """Such as "model.real_time_market.orders"; "dbt" where no node did: schemas, lists of tables."""
    sql: str
    seconds: float

    @property
    def kind(self) -> str:
        """Such as "model" or "unit_test"."""
        return self.node.partition(".")[0]


def statements(log: Path) -> list[Statement]:
    """All statements that dbt has an `SQL status` of, in the order in which they ended."""
    sent: dict[str, str] = {}
    ended: list[Statement] = []
    for line in log.read_text().splitlines():
        event = json.loads(line)
        info, data = event["info"], event["data"]
        # Each thread sends one statement at a time.
        if info["name"] == "SQLQuery":
            sent[info["thread"]] = data["sql"]
        elif info["name"] == "SQLQueryStatus":
            node = data.get("node_info", {}).get("unique_id") or "dbt"
            ended.append(Statement(node, _without_comment(sent.pop(info["thread"], "")), float(data["elapsed"])))
    return ended


def profile(ended: Sequence[Statement], slowest: int = 20) -> dict[str, Any]:
    """Where statements and their time go: by kind of node, and the slowest. Two threads' seconds are added up."""
    by_kind: defaultdict[str, list[float]] = defaultdict(list)
    for statement in ended:
        by_kind[statement.kind].append(statement.seconds)
    return {
        "by kind": {
            kind: {"statements": len(took), "seconds": round(sum(took), 2)} for kind, took in sorted(by_kind.items())
        },
        "slowest": [
            {"seconds": round(statement.seconds, 2), "node": statement.node, "sql": statement.sql[:160]}
            for statement in sorted(ended, key=lambda it: it.seconds, reverse=True)[:slowest]
        ],
    }


def _without_comment(sql: str) -> str:
    """A statement on one line, without the comment in which dbt says who sends it."""
    text = sql.strip()
    if text.startswith("/*"):
        text = text.partition("*/")[2]
    return " ".join(text.split())
