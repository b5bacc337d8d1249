"""What is planted in a history, for the gold layer to find again: each story's effects, and its record.

A story changes what shoppers do: which products they look at, how often they buy after a click, what they think, what
they send back.
`Shop` knows no story by name, only these effects. Records say `begins` and `ends` as business dates, `ends` being
the last day.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from statistics import median

import numpy as np

from simulator.master_data import Product, read_cities
from simulator.people import Shoppers
from simulator.rhythm import DAY_MS, HOUR_MS, business_date, first_ms

SHORTEST_DAYS = 60
"""Shorter histories have no stories: theirs would fill most of it."""
CONTENT_TYPES = {"Social Media": 0.46, "Blog": 0.22, "Video": 0.32}
"""Shares of sessions by the kind of content that the shopper came through."""


@dataclass(frozen=True)
class Pull:
    """From a time on, journeys of these products or of this content are bought `factor` times as often."""

    factor: float
    products: frozenset[int] | None = None
    content: str | None = None
    from_ms: int = 0


@dataclass(frozen=True)
class Opinion:
    """What shoppers think of one product in reviews written from a time on; the latest such opinion holds."""

    product: int
    from_ms: int
    satisfaction: float
    """Mean stars, before the shopper's strictness and chance."""
    mood: float | None = None
    """Mean mood of the texts, from -1 to 1, where it does not follow from the satisfaction."""


@dataclass(frozen=True)
class Returns:
    """Of one product's lines that are ordered from a time on and delivered, this share comes back."""

    product: int
    from_ms: int
    share: float
    days: tuple[int, int]
    """From delivery to return: fewest and most."""


@dataclass(frozen=True)
class Surge:
    """For some hours, extra sessions of one state's shoppers."""

    state_code: str
    begins_ms: int
    ends_ms: int
    share: float
    """Of all sessions."""


@dataclass(frozen=True)
class Stories:
    """The effects of all stories, and their records. Products by their position in the catalogue."""

    content_shares: dict[str, float] = field(default_factory=lambda: CONTENT_TYPES)
    view_shares: dict[int, float] = field(default_factory=dict)
    review_shares: dict[int, float] = field(default_factory=dict)
    pulls: tuple[Pull, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    returns: tuple[Returns, ...] = ()
    surge: Surge | None = None
    records: tuple[dict[str, str], ...] = ()


NO_STORIES = Stories()


def plant(seed: int, catalogue: list[Product], shoppers: Shoppers, until_ms: int, days: int) -> Stories:
    """The stories of one history, chosen by the seed.

    Args:
        seed: chooses products, category, state and day.
        catalogue: all products.
        shoppers: all shoppers; a surge needs some of its state.
        until_ms: end of the history, in milliseconds since 1970.
        days: how long the history is.
    """
    random = np.random.default_rng([seed, 2])
    first, last = business_date(until_ms - days * DAY_MS), business_date(until_ms)
    categories = sorted({product.category for product in catalogue})
    dropping = str(random.choice(categories))
    others = [n for n, product in enumerate(catalogue) if product.category != dropping]
    hidden = int(random.choice(sorted((popular(catalogue) - dearest(catalogue)) & set(others))))
    dear = int(random.choice(sorted(dearest(catalogue) & set(others))))
    good = median(product.quality for product in catalogue)
    winners = set(others) - popular(catalogue) - {dear}
    winner = int(random.choice(sorted(n for n in winners if catalogue[n].quality > good)))

    stories = Stories()
    stories = _hidden_dissatisfaction(stories, hidden, catalogue[hidden].product_id, last)
    stories = _high_price_low_review(stories, dear, catalogue[dear].product_id, first, last)
    stories = _vanity_and_value_content(stories, first, last)
    stories = _checkout_drop_off(stories, dropping, catalogue, last)
    stories = _surge(stories, random, shoppers, last)
    stories = _winning_product(stories, winner, catalogue[winner].product_id, first, last)
    returned = int(random.choice(sorted((popular(catalogue) - dearest(catalogue)) & set(others) - {hidden})))
    return _rising_returns(stories, returned, catalogue[returned].product_id, last)


def popular(catalogue: list[Product]) -> set[int]:
    """The quarter of the products with the most appeal."""
    by_appeal = sorted(range(len(catalogue)), key=lambda n: -catalogue[n].appeal)
    return set(by_appeal[: len(catalogue) // 4])


def dearest(catalogue: list[Product]) -> set[int]:
    """The tenth of each category's products with the highest list prices."""
    found: set[int] = set()
    for category in {product.category for product in catalogue}:
        members = [n for n, product in enumerate(catalogue) if product.category == category]
        members.sort(key=lambda n: -catalogue[n].list_price_cents)
        found.update(members[: len(members) // 10])
    return found


def _hidden_dissatisfaction(stories: Stories, product: int, product_id: str, last: date) -> Stories:
    """A popular product whose review texts turn bad three weeks before its ratings fall."""
    texts_turn, ratings_fall = last - timedelta(days=35), last - timedelta(days=14)
    return replace(
        stories,
        view_shares=stories.view_shares | {product: 0.04},
        review_shares=stories.review_shares | {product: 0.35},
        opinions=(
            *stories.opinions,
            Opinion(product, 0, satisfaction=4.5),
            Opinion(product, first_ms(texts_turn), satisfaction=4.5, mood=-0.75),
            Opinion(product, first_ms(ratings_fall), satisfaction=2.5, mood=-0.75),
        ),
        records=(
            *stories.records,
            _record(
                "hidden_dissatisfaction",
                texts_turn,
                last,
                product_id=product_id,
                ratings_fall_from=ratings_fall.isoformat(),
            ),
        ),
    )


def _high_price_low_review(stories: Stories, product: int, product_id: str, first: date, last: date) -> Stories:
    """One of the dearest products of its category, much looked at and badly reviewed."""
    return replace(
        stories,
        view_shares=stories.view_shares | {product: 0.035},
        review_shares=stories.review_shares | {product: 0.35},
        opinions=(*stories.opinions, Opinion(product, 0, satisfaction=1.8)),
        records=(*stories.records, _record("high_price_low_review", first, last, product_id=product_id)),
    )


def _vanity_and_value_content(stories: Stories, first: date, last: date) -> Stories:
    """Content with many views and few sales, and its opposite."""
    return replace(
        stories,
        content_shares={"Social Media": 0.58, "Blog": 0.16, "Video": 0.26},
        pulls=(*stories.pulls, Pull(0.4, content="Social Media"), Pull(2.2, content="Blog")),
        records=(
            *stories.records,
            _record("vanity_content", first, last, content_type="Social Media"),
            _record("value_content", first, last, content_type="Blog"),
        ),
    )


def _checkout_drop_off(stories: Stories, category: str, catalogue: list[Product], last: date) -> Stories:
    """A category whose checkout fails people in the last weeks."""
    begins = last - timedelta(days=24)
    products = frozenset(n for n, product in enumerate(catalogue) if product.category == category)
    return replace(
        stories,
        pulls=(*stories.pulls, Pull(0.2, products=products, from_ms=first_ms(begins))),
        records=(*stories.records, _record("checkout_drop_off", begins, last, category=category)),
    )


def _surge(stories: Stories, random: np.random.Generator, shoppers: Shoppers, last: date) -> Stories:
    """One evening, 18:00 to 22:00 by the sun, many more sessions from one state of middling size."""
    states = _states()
    inhabited = {home.state_code for home in shoppers.homes}
    state = str(
        random.choice(sorted(s for s, (share, _) in states.items() if 0.015 <= share <= 0.04 and s in inhabited))
    )
    day = last - timedelta(days=int(random.integers(10, 26)))
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)
    begins = noon + (6 - states[state][1]) * HOUR_MS
    surge = Surge(state, begins, begins + 4 * HOUR_MS, share=0.02)
    record = _record(
        "surge",
        business_date(surge.begins_ms),
        business_date(surge.ends_ms - 1),
        state_code=state,
        begins_at=_iso(surge.begins_ms),
        ends_at=_iso(surge.ends_ms),
    )
    return replace(stories, surge=surge, records=(*stories.records, record))


def _winning_product(stories: Stories, product: int, product_id: str, first: date, last: date) -> Stories:
    """A product not much looked at before, whose clicks end in an order 4.2 times as often (at most 80 %)."""
    return replace(
        stories,
        view_shares=stories.view_shares | {product: 0.02},
        pulls=(*stories.pulls, Pull(4.2, products=frozenset([product]))),
        records=(*stories.records, _record("winning_product", first, last, product_id=product_id)),
    )


def _rising_returns(stories: Stories, product: int, product_id: str, last: date) -> Stories:
    """A popular product of which, from six weeks before the end on, 40 % come back within ten days of delivery."""
    begins = last - timedelta(days=41)
    return replace(
        stories,
        view_shares=stories.view_shares | {product: 0.045},
        returns=(*stories.returns, Returns(product, first_ms(begins), share=0.4, days=(2, 10))),
        records=(*stories.records, _record("rising_returns", begins, last, product_id=product_id)),
    )


def _record(kind: str, begins: date, ends: date, **what: str) -> dict[str, str]:
    return {"kind": kind, **what, "begins": begins.isoformat(), "ends": ends.isoformat()}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _states() -> dict[str, tuple[float, int]]:
    """Each state's share of the population, and how many hours its sun is from UTC."""
    share: dict[str, float] = {}
    degrees: dict[str, float] = {}
    for city in read_cities():
        share[city.state_code] = share.get(city.state_code, 0) + city.weight
        degrees[city.state_code] = degrees.get(city.state_code, 0) + city.weight * city.longitude
    return {state: (share[state], round(degrees[state] / share[state] / 15)) for state in share}
