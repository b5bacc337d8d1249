"""The planted stories: each is there in the sent bodies with its size, and without stories none is."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulator import messages
from simulator.backfill import Backfill
from simulator.faults import NO_FAULTS
from simulator.ledger import Ledger
from simulator.live import Live
from simulator.master_data import read_cities, read_products

UNTIL = datetime(2026, 6, 30, 12, tzinfo=UTC)
LAST = date(2026, 6, 30)
NEW_YORK = ZoneInfo("America/New_York")
DAYS = 90
SEED = 3
KINDS = [
    "hidden_dissatisfaction",
    "high_price_low_review",
    "vanity_content",
    "value_content",
    "checkout_drop_off",
    "surge",
    "winning_product",
    "rising_returns",
]
PRODUCTS = {product.product_id: product for product in read_products()}


class MoodWriter:
    """Writes the mood itself, so that a test can read it."""

    def __init__(self, seed: int) -> None:
        pass

    def write(self, category: str, product_name: str, mood: float) -> str:
        assert category == next(p.category for p in PRODUCTS.values() if p.product_name == product_name)
        return f"{mood:.3f}"


@dataclass
class Journey:
    content: str
    state: str
    viewed_at: datetime
    is_clicked: bool = False
    is_bought: bool = False


@dataclass
class Review:
    written_on: date
    rating: int
    mood: float | None


@dataclass
class Line:
    product: str
    ordered_on: date
    reached: dict[str, datetime] = field(default_factory=dict)
    """When it got which status."""

    def returned_after(self) -> float:
        """Days from delivery to return; infinite if it did not come back."""
        if "Returned" not in self.reached:
            return inf
        return (self.reached["Returned"] - self.reached["Delivered"]) / timedelta(days=1)


@dataclass
class Sent:
    """What was sent, read from the bodies."""

    stories: dict[str, dict[str, str]]
    journeys: dict[tuple[str, str], Journey] = field(default_factory=dict)
    reviews: dict[str, list[Review]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[tuple[str, int], Line] = field(default_factory=dict)

    def delivered(self, product: str, first: date = date.min, last: date = date.max) -> list[Line]:
        """The delivered lines of a product that were ordered between two days."""
        return [
            line
            for line in self.lines.values()
            if line.product == product and first <= line.ordered_on <= last and "Delivered" in line.reached
        ]

    def of(self, chosen: Callable[[str, Journey], bool]) -> list[Journey]:
        return [journey for (_, product), journey in self.journeys.items() if chosen(product, journey)]


def of_content(all_sent: Sent, content: str) -> list[Journey]:
    return all_sent.of(lambda _, journey: journey.content == content)


def sent(events: int, with_stories: bool) -> Sent:
    ledger = Ledger()
    backfill = Backfill(seed=SEED, events=events, days=DAYS, until=UNTIL, rates=NO_FAULTS, with_stories=with_stories)
    found = Sent({story["kind"]: story for story in backfill.stories})
    reviews: dict[str, tuple[str, Review]] = {}
    for hub, key, body in backfill.events(ledger):
        event = json.loads(body)
        product, time = event["product_id"], datetime.fromisoformat(event["timestamp"])
        day = time.astimezone(NEW_YORK).date()
        if hub == "reviews":
            mood = float(event["review_text"]) if "review_text" in event else None
            # An edited review comes later than what it was before: nothing is late here.
            reviews[key] = product, Review(day, event["rating"], mood)
            continue
        if hub == "orders":
            line = found.lines.setdefault((key, event["line_number"]), Line(product, day))
            line.reached[event["delivery_status"]] = datetime.fromisoformat(event.get("updated_at", event["timestamp"]))
        visit = event["session_id"], product
        if visit not in found.journeys:
            found.journeys[visit] = Journey(event["content_type"], event["state"], time)
        journey = found.journeys[visit]
        journey.viewed_at = min(journey.viewed_at, time)
        journey.is_clicked |= event.get("event_type") == "click"
        journey.is_bought |= hub == "orders"
    for product, review in reviews.values():
        found.reviews[product].append(review)
    assert ledger.stories == backfill.stories
    return found


@pytest.fixture(scope="module", autouse=True)
def _moods_as_texts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "ReviewWriter", MoodWriter)
        yield


@pytest.fixture(scope="module")
def planted(_moods_as_texts: None) -> Sent:
    return sent(400_000, with_stories=True)


@pytest.fixture(scope="module")
def plain(_moods_as_texts: None) -> Sent:
    return sent(250_000, with_stories=False)


def conversion(journeys: list[Journey]) -> float:
    return sum(journey.is_bought for journey in journeys) / len(journeys)


def after_click(journeys: list[Journey]) -> float:
    return conversion([journey for journey in journeys if journey.is_clicked])


def shares_of_views(all_sent: Sent) -> dict[str, float]:
    views = Counter(product for _, product in all_sent.journeys)
    return {product: count / views.total() for product, count in views.items()}


def stars(reviews: list[Review]) -> float:
    return sum(review.rating for review in reviews) / len(reviews)


def mood(reviews: list[Review]) -> float:
    moods = [review.mood for review in reviews if review.mood is not None]
    return sum(moods) / len(moods)


def lower_bounds(all_sent: Sent) -> dict[str, float]:
    """By product with at least 100 journeys: the lower bound of the 95 % Wilson interval of its conversion."""
    viewed, bought = Counter[str](), Counter[str]()
    for (_, product), journey in all_sent.journeys.items():
        viewed[product] += 1
        bought[product] += journey.is_bought
    bounds = {}
    for product, n in viewed.items():
        z, p = 1.96, bought[product] / n
        bounds[product] = (p + z * z / (2 * n) - z * np.sqrt(p * (1 - p) / n + (z / n / 2) ** 2)) / (1 + z * z / n)
    return {product: bound for product, bound in bounds.items() if viewed[product] >= 100}


def in_two(all_sent: Sent, category: str, begins: date) -> tuple[float, float]:
    """How many clicks of a category end in an order, before a day and from then on."""
    first = datetime.combine(begins, datetime.min.time(), NEW_YORK)
    of_category = all_sent.of(lambda product, _: PRODUCTS[product].category == category)
    return (
        after_click([journey for journey in of_category if journey.viewed_at < first]),
        after_click([journey for journey in of_category if journey.viewed_at >= first]),
    )


def peaks(all_sent: Sent) -> Counter[tuple[str, datetime]]:
    """Sessions by state and hour."""
    sessions: dict[str, tuple[str, datetime]] = {}
    for (session, _), journey in all_sent.journeys.items():
        sessions.setdefault(session, (journey.state, journey.viewed_at.replace(minute=0, second=0, microsecond=0)))
    return Counter(sessions.values())


def test_a_history_of_sixty_days_has_each_story_once_and_its_record_says_where_and_when(planted: Sent) -> None:
    assert list(planted.stories) == KINDS
    for story in planted.stories.values():
        begins, ends = date.fromisoformat(story["begins"]), date.fromisoformat(story["ends"])
        assert LAST - timedelta(days=DAYS) <= begins <= ends <= LAST
        if story["kind"] != "surge":
            assert ends == LAST
    products = [story["product_id"] for story in planted.stories.values() if "product_id" in story]
    assert len(set(products)) == 4
    assert planted.stories["checkout_drop_off"]["category"] not in {PRODUCTS[product].category for product in products}
    assert planted.stories["vanity_content"]["content_type"] == "Social Media"
    assert planted.stories["value_content"]["content_type"] == "Blog"


@pytest.mark.parametrize(("days", "count"), [(30, 0), (59, 0), (60, 8)])
def test_short_histories_have_no_stories(days: int, count: int) -> None:
    backfill = Backfill(seed=SEED, events=100, days=days, until=UNTIL, rates=NO_FAULTS, with_stories=True)
    assert len(backfill.stories) == count


def test_neither_do_live_runs_nor_histories_without_them(plain: Sent) -> None:
    ledger = Ledger()
    now_ms = int(UNTIL.timestamp() * 1000)
    shop = Live(seed=SEED, rate=5, rates=NO_FAULTS, start_ms=now_ms)
    assert list(shop.due(now_ms + 30_000, ledger))
    assert ledger.stories == []
    assert plain.stories == {}


def test_another_seed_chooses_other_products_categories_and_states() -> None:
    chosen = defaultdict(set)
    for seed in range(12):
        backfill = Backfill(seed=seed, events=100, days=DAYS, until=UNTIL, rates=NO_FAULTS)
        for story in backfill.stories:
            chosen[story["kind"]].add(story.get("product_id") or story.get("category") or story.get("state_code"))
    assert len(chosen["hidden_dissatisfaction"]) > 6
    assert len(chosen["high_price_low_review"]) > 6
    assert len(chosen["winning_product"]) > 6
    assert len(chosen["rising_returns"]) > 6
    assert len(chosen["checkout_drop_off"]) >= 3
    assert len(chosen["surge"]) >= 5


def test_texts_of_the_hidden_product_turn_bad_while_its_ratings_stay_until_they_fall_too(planted: Sent) -> None:
    story = planted.stories["hidden_dissatisfaction"]
    product = story["product_id"]
    turn, fall = date.fromisoformat(story["begins"]), date.fromisoformat(story["ratings_fall_from"])
    assert (LAST - turn, LAST - fall) == (timedelta(days=35), timedelta(days=14))
    appeals = sorted((p.appeal for p in PRODUCTS.values()), reverse=True)
    assert PRODUCTS[product].appeal >= appeals[49]

    good, hidden, open_ = (
        [review for review in planted.reviews[product] if first <= review.written_on < last]
        for first, last in ((date.min, turn), (turn, fall), (fall, date.max))
    )
    assert min(len(good), len(hidden), len(open_)) >= 8
    assert mood(good) > 0.5
    assert mood(hidden) == pytest.approx(-0.75, abs=0.12)
    assert mood(open_) == pytest.approx(-0.75, abs=0.12)
    assert stars(good) > 4.1
    assert abs(stars(hidden) - stars(good)) < 0.5
    # Ten reviews have a standard error of a third of a star.
    assert stars(hidden) - stars(open_) == pytest.approx(1.9, abs=0.8)
    assert shares_of_views(planted)[product] == pytest.approx(0.04, abs=0.005)
    assert len(planted.reviews[product]) / len(planted.delivered(product)) > 0.27


def test_the_dear_product_is_much_viewed_and_badly_reviewed_all_along(planted: Sent, plain: Sent) -> None:
    product = planted.stories["high_price_low_review"]["product_id"]
    prices = [p.list_price_cents for p in PRODUCTS.values() if p.category == PRODUCTS[product].category]
    assert PRODUCTS[product].list_price_cents >= np.percentile(prices, 90)
    reviews = planted.reviews[product]
    assert len(reviews) > 40
    for half in (reviews[: len(reviews) // 2], reviews[len(reviews) // 2 :]):
        assert stars(half) == pytest.approx(1.9, abs=0.4)
        assert mood(half) < -0.5
    assert shares_of_views(planted)[product] == pytest.approx(0.035, abs=0.005)
    assert shares_of_views(plain)[product] < 0.015


def test_social_media_is_vanity_and_blogs_are_value(planted: Sent) -> None:
    by_content = {content: of_content(planted, content) for content in ("Social Media", "Blog", "Video")}
    for content, share in (("Social Media", 0.58), ("Blog", 0.16), ("Video", 0.26)):
        assert len(by_content[content]) / len(planted.journeys) == pytest.approx(share, abs=0.01)
    usual = after_click(by_content["Video"])
    assert after_click(by_content["Social Media"]) / usual == pytest.approx(0.4, abs=0.06)
    assert after_click(by_content["Blog"]) / usual == pytest.approx(2.2, abs=0.25)


def test_the_checkout_of_one_category_drops_off_at_the_end(planted: Sent) -> None:
    story = planted.stories["checkout_drop_off"]
    begins = date.fromisoformat(story["begins"])
    assert LAST - begins == timedelta(days=24)
    for category in {product.category for product in PRODUCTS.values()}:
        before, then = in_two(planted, category, begins)
        expected = 0.2 if category == story["category"] else 1
        assert then / before == pytest.approx(expected, abs=0.08 if expected < 1 else 0.2), category


def test_one_state_surges_for_four_hours_of_one_evening(planted: Sent) -> None:
    story = planted.stories["surge"]
    begins, ends = (datetime.fromisoformat(story[name]) for name in ("begins_at", "ends_at"))
    assert ends - begins == timedelta(hours=4)
    assert timedelta(days=9) < UNTIL - begins < timedelta(days=26)
    assert str(begins.astimezone(NEW_YORK).date()) == story["begins"]
    cities = [city for city in read_cities() if city.state_code == story["state_code"]]
    assert 0.015 <= sum(city.weight for city in cities) <= 0.04
    assert all(17 <= (begins.hour + city.longitude / 15) % 24 <= 19 for city in cities)

    sessions = peaks(planted)
    of_state = Counter({hour: n for (state, hour), n in sessions.items() if state == story["state_code"]})
    in_surge = sum(n for hour, n in of_state.items() if begins <= hour < ends)
    assert in_surge / sessions.total() == pytest.approx(0.02, abs=0.002)
    assert {hour for hour, _ in of_state.most_common(4)} == {begins + timedelta(hours=n) for n in range(4)}


def test_the_winning_product_converts_best_by_far(planted: Sent) -> None:
    product = planted.stories["winning_product"]["product_id"]
    assert conversion(planted.of(lambda p, _: p == product)) == pytest.approx(0.14, abs=0.03)
    assert shares_of_views(planted)[product] == pytest.approx(0.02, abs=0.004)
    bounds = lower_bounds(planted)
    best, second = sorted(bounds, key=bounds.__getitem__)[:-3:-1]
    assert best == product
    assert bounds[best] > 1.5 * bounds[second]


def test_ever_more_of_one_popular_product_comes_back_within_days(planted: Sent) -> None:
    story = planted.stories["rising_returns"]
    product, begins = story["product_id"], date.fromisoformat(story["begins"])
    assert LAST - begins == timedelta(days=41)
    appeals = sorted((p.appeal for p in PRODUCTS.values()), reverse=True)
    assert PRODUCTS[product].appeal >= appeals[49]
    assert shares_of_views(planted)[product] == pytest.approx(0.045, abs=0.004)
    # Ordered so long ago, what is to come back soon has.
    settled = planted.delivered(product, begins, LAST - timedelta(days=17))
    before = planted.delivered(product, last=begins - timedelta(days=1))
    assert min(len(settled), len(before)) > 60
    assert sum(line.returned_after() <= 10 for line in settled) / len(settled) == pytest.approx(0.4, abs=0.1)
    assert sum(line.returned_after() <= 10 for line in before) / len(before) < 0.03
    assert all(line.returned_after() >= 2 for line in settled)


@pytest.mark.parametrize("which", ["planted", "plain"])
def test_between_two_and_five_of_a_hundred_journeys_end_in_an_order(which: str, request: pytest.FixtureRequest) -> None:
    all_sent: Sent = request.getfixturevalue(which)
    assert 0.035 < conversion(list(all_sent.journeys.values())) < 0.05
    reviews = sum(len(some) for some in all_sent.reviews.values())
    assert 0.0075 < reviews / len(all_sent.journeys) < 0.0105


def test_without_stories_nothing_stands_out(plain: Sent) -> None:
    usual = conversion(list(plain.journeys.values()))
    assert max(lower_bounds(plain).values()) < 1.4 * usual
    for content in ("Social Media", "Blog", "Video"):
        assert conversion(of_content(plain, content)) / usual == pytest.approx(1, abs=0.06)
    for category in {product.category for product in PRODUCTS.values()}:
        before, then = in_two(plain, category, LAST - timedelta(days=24))
        assert then / before == pytest.approx(1, abs=0.2)
    assert max(peaks(plain).values()) < 60
    assert max(shares_of_views(plain).values()) < 0.03
    for product in PRODUCTS:
        lines = plain.delivered(product)
        assert sum(line.returned_after() <= 10 for line in lines) < 8
    for reviews in plain.reviews.values():
        if len(reviews) >= 20:
            assert stars(reviews) > 3.1
            assert mood(reviews) > -0.1
