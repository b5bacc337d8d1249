"""Gold finds each planted story again and ranks it first; where nothing is planted it flags nothing."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.setup import install_dbt_packages
from simulator.ledger import read_ledger
from tests.support.sandboxes import TestSandbox

Found = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def histories(sandbox: TestSandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the findings of both histories; the ledgers are in the sandbox."""
    install_dbt_packages(sandbox.settings)
    folder = tmp_path_factory.mktemp("findings")
    done = sandbox.run("tests.support.two_histories", str(folder), timeout=900)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def found(histories: Path) -> Found:
    """What stands out in the shop with stories, by kind."""
    kinds: Found = {}
    for finding in json.loads((histories / "with stories.json").read_text())["findings"]:
        kinds.setdefault(finding["kind"], []).append(finding["row"])
    return kinds


@pytest.fixture(scope="module")
def planted(sandbox: TestSandbox, histories: Path) -> dict[str, dict[str, str]]:
    """The stories by the ledger, by kind."""
    (path,) = sandbox.settings.ledgers.glob("seed-12.json")
    return {story["kind"]: story for story in read_ledger(path).stories}


def test_nothing_is_flagged_where_nothing_is_planted(sandbox: TestSandbox, histories: Path) -> None:
    (path,) = sandbox.settings.ledgers.glob("seed-11.json")
    assert read_ledger(path).stories == []
    summary = json.loads((histories / "without stories.json").read_text())
    assert summary["findings"] == []
    assert sum(summary["landed"].values()) > 149_000


def test_nothing_else_is_flagged_than_what_is_planted(found: Found, planted: dict[str, dict[str, str]]) -> None:
    # Hidden dissatisfaction is in the texts alone: no rating and no sale tells it.
    assert found.keys() == planted.keys() - {"hidden_dissatisfaction"}
    assert {kind: len(rows) for kind, rows in found.items()} == dict.fromkeys(found, 1)


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("high_price_low_review", "product_id"),
        ("vanity_content", "content_type"),
        ("value_content", "content_type"),
        ("checkout_drop_off", "category"),
        ("surge", "state_code"),
        ("winning_product", "product_id"),
    ],
)
def test_a_planted_story_ranks_first(kind: str, column: str, found: Found, planted: dict[str, dict[str, str]]) -> None:
    assert found[kind][0][column] == planted[kind][column]


def test_the_drop_off_is_dated_to_a_day_or_two(found: Found, planted: dict[str, dict[str, str]]) -> None:
    begins = date.fromisoformat(found["checkout_drop_off"][0]["begins"])
    assert abs((begins - date.fromisoformat(planted["checkout_drop_off"]["begins"])).days) <= 2


def test_the_surge_is_timed_within_its_hours(found: Found, planted: dict[str, dict[str, str]]) -> None:
    row, story = found["surge"][0], planted["surge"]
    begins, ends = (datetime.fromisoformat(story[name]).replace(tzinfo=None) for name in ("begins_at", "ends_at"))
    overlap = min(ends, datetime.fromisoformat(row["ends_at"])) - max(begins, datetime.fromisoformat(row["begins_at"]))
    assert overlap.total_seconds() >= 2 * 3600
