"""Gold finds each planted story again and ranks it first; where nothing is planted it flags nothing."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from simulator.backfill import Backfill
from simulator.faults import FaultRates
from simulator.ledger import Ledger, read_ledger
from simulator.rhythm import BUSINESS_ZONE
from tests.support.shop import EVENTS, Shop

Found = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def found(shop: Shop) -> Found:
    """What stands out in the shop with stories, by kind."""
    kinds: Found = {}
    for finding in shop.after("with stories")["findings"]:
        kinds.setdefault(finding["kind"], []).append(finding["row"])
    return kinds


@pytest.fixture(scope="module")
def planted(shop: Shop) -> dict[str, dict[str, str]]:
    """The stories by the ledger, by kind."""
    return {story["kind"]: story for story in read_ledger(shop.sandbox.settings.ledgers / "seed-12.json").stories}


def ratings_sent(product_id: str) -> dict[str, tuple[date, int]]:
    """Day and stars of each sound review of a product in the history with stories, by id: made from the seed again."""
    until = datetime(2026, 6, 28, 12, tzinfo=UTC)
    reviews = {}
    for hub, key, body in Backfill(seed=12, events=EVENTS, days=90, until=until, rates=FaultRates()).events(Ledger()):
        if hub != "reviews" or not body.endswith(b"}"):
            continue
        event = json.loads(body)
        if event["product_id"] == product_id and isinstance(event["rating"], int) and len(event["state"]) == 2:
            written_on = datetime.fromisoformat(event["timestamp"]).astimezone(BUSINESS_ZONE).date()
            reviews[key] = written_on, event["rating"]
    return reviews


def average_rating(reviews: dict[str, tuple[date, int]], day: date) -> float:
    """Of the 28 days that end on a day."""
    stars = [rating for written_on, rating in reviews.values() if 0 <= (day - written_on).days < 28]
    return sum(stars) / len(stars)


def test_nothing_is_flagged_where_nothing_is_planted(shop: Shop) -> None:
    assert read_ledger(shop.sandbox.settings.ledgers / "seed-11.json").stories == []
    seen = shop.after("without stories")
    assert seen["findings"] == []
    assert sum(seen["landed"].values()) > 149_000


def test_nothing_else_is_flagged_than_what_is_planted(found: Found, planted: dict[str, dict[str, str]]) -> None:
    assert found.keys() == planted.keys()
    assert {kind: len(rows) for kind, rows in found.items()} == dict.fromkeys(found, 1)


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("hidden_dissatisfaction", "product_id"),
        ("high_price_low_review", "product_id"),
        ("vanity_content", "content_type"),
        ("value_content", "content_type"),
        ("checkout_drop_off", "category"),
        ("surge", "state_code"),
        ("winning_product", "product_id"),
        ("rising_returns", "product_id"),
    ],
)
def test_a_planted_story_ranks_first(kind: str, column: str, found: Found, planted: dict[str, dict[str, str]]) -> None:
    assert found[kind][0][column] == planted[kind][column]


def test_the_drop_off_is_dated_to_a_day_or_two(found: Found, planted: dict[str, dict[str, str]]) -> None:
    begins = date.fromisoformat(found["checkout_drop_off"][0]["begins"])
    assert abs((begins - date.fromisoformat(planted["checkout_drop_off"]["begins"])).days) <= 2


def test_words_tell_of_dissatisfaction_before_the_stars_do(
    found: Found, planted: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    story, row = planted["hidden_dissatisfaction"], found["hidden_dissatisfaction"][0]
    begins, flagged_since, as_of = (
        date.fromisoformat(text) for text in (story["begins"], row["flagged_since"], row["as_of_date"])
    )
    reviews = ratings_sent(story["product_id"])
    assert row["average_rating"] == pytest.approx(average_rating(reviews, as_of))
    level = average_rating(reviews, begins - timedelta(days=1))
    days = [begins + timedelta(days=n) for n in range((as_of - begins).days + 1)]
    fallen = [day for day in days if average_rating(reviews, day) <= level - 0.5]
    # What has not fallen by the last day can't fall before the day after.
    first = fallen[0] if fallen else as_of + timedelta(days=1)
    said = f"fell by half a star on {first}" if fallen else f"had not fallen by half a star on {as_of}"
    with capsys.disabled():
        print(
            f"\nThe stars {said}; flagged since {flagged_since}, at least {(first - flagged_since).days} days before."
        )
    assert begins <= flagged_since < first


def test_the_surge_is_timed_within_its_hours(found: Found, planted: dict[str, dict[str, str]]) -> None:
    row, story = found["surge"][0], planted["surge"]
    begins, ends = (datetime.fromisoformat(story[name]).replace(tzinfo=None) for name in ("begins_at", "ends_at"))
    overlap = min(ends, datetime.fromisoformat(row["ends_at"])) - max(begins, datetime.fromisoformat(row["begins_at"]))
    assert overlap.total_seconds() >= 2 * 3600
