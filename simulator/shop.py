"""What shoppers do: sessions in bulk, as columns drawn by numpy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.master_data import Product
from simulator.orders import DELIVERED, NEVER, RETURN_DAYS, RETURNED_SHARE, Lines, into_orders, pieces, ways
from simulator.people import Shoppers
from simulator.rhythm import DAY_MS, HOUR_MS, shares
from simulator.stories import NO_STORIES, Stories, Surge

VIEW, CLICK, LIKE, ORDER, REVIEW = range(5)
"""Kinds of events, in the order in which a journey has them."""
HUB_OF = ("engagement", "engagement", "engagement", "orders", "reviews")
"""The hub of each kind."""
DEVICES = {"mobile": 0.62, "desktop": 0.31, "tablet": 0.07}
VIEWED_PRODUCTS = shares(0.69 ** np.arange(1, 13))
"""Shares of sessions that look at 1, 2, 3 ... products; a few of them at the same one again."""

VIEWS_AGAIN = 0.05
CLICKS = 0.30
LIKES = 0.062
BUYS_AFTER_CLICK = 0.155
BUYS_WITHOUT_CLICK = 0.0013
"""Shares of journeys; the fourth of those clicked, the fifth of the others."""
BUYS_AT_MOST = 0.8
BOUGHT_TOGETHER = 0.95
"""Share of journeys that one chance decides for all of a session: who buys one product mostly buys the others that they
clicked too. This makes a third of the orders have several lines, and leaves the shares above as they are."""
WITHOUT_TEXT = 0.12
EDITED = 0.02
"""Shares of reviews."""


@dataclass(frozen=True)
class Happenings:
    """Some sessions and all that happens in them, as columns: by session, journey, order line, review, and event.

    The events are all views, then all second views, clicks, likes, messages of order lines (a line's one after the
    other), reviews, and edited reviews, each by journey.
    """

    shoppers: NDArray[np.int64]
    contents: NDArray[np.int64]
    devices: NDArray[np.int64]

    sessions: NDArray[np.int64]
    """Of each journey; ascending."""
    products: NDArray[np.int64]

    lines: Lines
    """What was ordered; a line for each journey that ended so."""

    reviews: NDArray[np.int64]
    """Of each version of a review: which review it is, as the place of its first version."""
    ordered: NDArray[np.int64]
    """The line that it is about."""
    ratings: NDArray[np.int64]
    moods: NDArray[np.float64]
    """Of each review's text; NaN: it has none."""

    kinds: NDArray[np.int8]
    journeys: NDArray[np.int64]
    details: NDArray[np.int64]
    """Of each event: which order line or which version of a review it tells of; -1 for the others."""
    versions: NDArray[np.int8]
    """How far the event moves what it tells of: an order line to which of `STATUSES`, an edited review to 1; else 0."""
    at_ms: NDArray[np.int64]
    """When it happens, in milliseconds since 1970 (UTC)."""

    @property
    def session_of_events(self) -> NDArray[np.int64]:
        """The session of each event."""
        return self.sessions[self.journeys]


class Shop:
    """The shop: shoppers come, look, click, like, buy and review as its catalogue and its stories make them.

    Args:
        seed: of every random choice; the same calls in the same order give the same happenings.
        catalogue: what it sells.
        shoppers: who comes.
        stories: what is planted.
    """

    def __init__(self, seed: int, catalogue: list[Product], shoppers: Shoppers, stories: Stories = NO_STORIES) -> None:
        self.random = np.random.default_rng([seed, 3])
        self.catalogue = catalogue
        self.shoppers = shoppers
        self.contents = list(stories.content_shares)
        self._stories = stories
        self._content_shares = list(stories.content_shares.values())
        self._list_price_cents = np.array([product.list_price_cents for product in catalogue])
        self._satisfaction = 2.8 + 2.0 * np.array([product.quality for product in catalogue])
        self._view_shares = _with(shares([p.appeal for p in catalogue]), stories.view_shares)
        self._pull = conversion_by_product(catalogue)
        self._review_shares = review_shares(catalogue)
        for product, share in stories.review_shares.items():
            self._review_shares[product] = share

    def visitors(self, count: int, surge: Surge | None = None) -> NDArray[np.int64]:
        """Who comes in `count` sessions; in a surge, people of its state only."""
        likely = self.shoppers.shares
        if surge:
            likely = shares(likely * [home.state_code == surge.state_code for home in self.shoppers.homes])
        return self.random.choice(len(likely), size=count, p=likely)

    def happenings(self, shoppers: NDArray[np.int64], starts_ms: NDArray[np.int64]) -> Happenings:
        """What happens in some sessions, and in the weeks after with what was ordered in them.

        Args:
            shoppers: who comes.
            starts_ms: when each session begins, in milliseconds since 1970.
        """
        random = self.random
        contents = random.choice(len(self.contents), size=len(shoppers), p=self._content_shares)
        devices = random.choice(len(DEVICES), size=len(shoppers), p=list(DEVICES.values()))
        sessions, products = self._journeys(len(shoppers))
        count = len(sessions)
        viewed_at = starts_ms[sessions] + self._into_session_ms(sessions)
        again = np.flatnonzero(random.random(count) < VIEWS_AGAIN)
        again_at = viewed_at[again] + random.integers(5_000, 90_000, size=len(again))
        last_at = viewed_at.copy()
        last_at[again] = again_at

        is_clicked = random.random(count) < CLICKS
        clicked = np.flatnonzero(is_clicked)
        last_at[clicked] += random.integers(2_000, 45_000, size=len(clicked))
        clicked_at = last_at[clicked]
        liked = np.flatnonzero(random.random(count) < LIKES)
        liked_at = last_at[liked] + random.integers(1_000, 30_000, size=len(liked))

        likely = np.where(is_clicked, BUYS_AFTER_CLICK, BUYS_WITHOUT_CLICK)
        likely = likely * self._pull[products] * self._story_pull(products, contents[sessions], viewed_at)
        chances = np.where(
            random.random(count) < BOUGHT_TOGETHER, random.random(len(shoppers))[sessions], random.random(count)
        )
        bought = np.flatnonzero(chances < np.minimum(likely, BUYS_AT_MOST))
        lines = self._lines(sessions[bought], products[bought], last_at[bought])
        told, statuses = np.nonzero(lines.moments != NEVER)

        delivered = np.flatnonzero(lines.moments[:, DELIVERED] != NEVER)
        ordered = delivered[random.random(len(delivered)) < self._review_shares[products[bought[delivered]]]]
        reviewed = bought[ordered]
        written_at = lines.moments[ordered, DELIVERED] + random.integers(DAY_MS, 10 * DAY_MS, size=len(ordered))
        ratings, moods = self._opinions(products[reviewed], shoppers[sessions[reviewed]], written_at)
        edited = np.flatnonzero(random.random(len(ordered)) < EDITED)
        edited_at = written_at[edited] + random.integers(HOUR_MS, 10 * DAY_MS, size=len(edited))
        new_ratings, new_moods = self._second_thoughts(ratings[edited], moods[edited])
        reviews = np.concatenate([np.arange(len(ordered)), edited])

        journeys = (np.arange(count), again, clicked, liked, bought[told], reviewed, reviewed[edited])
        sizes = [len(part) for part in journeys]
        nothing = np.full(sum(sizes[:4]), -1)
        versions = np.concatenate([np.zeros(len(nothing)), statuses, reviews != np.arange(len(reviews))])
        return Happenings(
            shoppers=shoppers,
            contents=contents,
            devices=devices,
            sessions=sessions,
            products=products,
            lines=lines,
            reviews=reviews,
            ordered=ordered[reviews],
            ratings=np.concatenate([ratings, new_ratings]),
            moods=np.concatenate([moods, new_moods]),
            kinds=np.repeat(np.array([VIEW, VIEW, CLICK, LIKE, ORDER, REVIEW, REVIEW], dtype=np.int8), sizes),
            journeys=np.concatenate(journeys),
            details=np.concatenate([nothing, told, np.arange(len(reviews))]),
            versions=versions.astype(np.int8),
            at_ms=np.concatenate(
                [viewed_at, again_at, clicked_at, liked_at, lines.moments[told, statuses], written_at, edited_at]
            ),
        )

    def _lines(self, sessions: NDArray[np.int64], products: NDArray[np.int64], ready_at_ms: NDArray[np.int64]) -> Lines:
        """What is ordered: a line for each product that is bought in a session."""
        random, count = self.random, len(products)
        orders, numbers, ordered_at = into_orders(random, sessions, ready_at_ms)
        factors = np.clip(random.normal(0.97, 0.06, size=count), 0.7, 1.15)
        quantities, returned = pieces(random, count)
        returned_shares = np.full(count, RETURNED_SHARE)
        returned_after = self._within_days(RETURN_DAYS, count)
        for rise in self._stories.returns:
            concerned = np.flatnonzero((products == rise.product) & (ordered_at >= rise.from_ms))
            returned_shares[concerned] = rise.share
            returned_after[concerned] = self._within_days(rise.days, len(concerned))
        return Lines(
            orders=orders,
            numbers=numbers,
            price_cents=np.maximum(np.rint(self._list_price_cents[products] * factors), 1).astype(np.int64),
            quantities=quantities,
            returned=returned,
            moments=ways(random, ordered_at, returned_shares, returned_after),
        )

    def _within_days(self, days: tuple[int, int], count: int) -> NDArray[np.int64]:
        """So many lengths of time between the fewest and the most days, in milliseconds."""
        fewest, most = days
        return self.random.integers(fewest * DAY_MS, most * DAY_MS, size=count)

    def _journeys(self, sessions: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Session and product of each journey: the products of a session differ."""
        sizes = self.random.choice(len(VIEWED_PRODUCTS), size=sessions, p=VIEWED_PRODUCTS) + 1
        session = np.repeat(np.arange(sessions), sizes)
        product = self.random.choice(len(self.catalogue), size=len(session), p=self._view_shares)
        _, first = np.unique(session * len(self.catalogue) + product, return_index=True)
        first.sort()
        return session[first], product[first]

    def _into_session_ms(self, sessions: NDArray[np.int64]) -> NDArray[np.int64]:
        """How long after the session's start each journey begins: one after the other, the first at once."""
        passed = np.cumsum(5_000 + self.random.exponential(40_000, size=len(sessions)).astype(np.int64))
        begins = np.searchsorted(sessions, sessions)
        return passed - passed[begins]

    def _story_pull(
        self, products: NDArray[np.int64], contents: NDArray[np.int64], viewed_at_ms: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """By how much the stories change the share of each journey that ends in an order."""
        factors = np.ones(len(products))
        for pull in self._stories.pulls:
            concerned = viewed_at_ms >= pull.from_ms
            if pull.products is not None:
                concerned &= np.isin(products, list(pull.products))
            if pull.content is not None:
                concerned &= contents == self.contents.index(pull.content)
            factors[concerned] *= pull.factor
        return factors

    def _opinions(
        self, products: NDArray[np.int64], shoppers: NDArray[np.int64], written_at_ms: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Stars and mood of each review; the mood is NaN where the review has no text."""
        random, count = self.random, len(products)
        satisfied = self._satisfaction[products]
        planted = np.full(count, np.nan)
        for opinion in self._stories.opinions:
            concerned = (products == opinion.product) & (written_at_ms >= opinion.from_ms)
            satisfied[concerned] = opinion.satisfaction
            planted[concerned] = np.nan if opinion.mood is None else opinion.mood
        satisfied = satisfied + self.shoppers.strictness[shoppers] + random.normal(0, 0.8, count)
        moods = np.where(
            np.isnan(planted),
            (satisfied - 3.2) / 1.8 + random.normal(0, 0.1, count),
            planted + random.normal(0, 0.2, count),
        )
        moods = np.where(random.random(count) < WITHOUT_TEXT, np.nan, np.clip(moods, -1, 1))
        return np.clip(np.rint(satisfied), 1, 5).astype(np.int64), moods

    def _second_thoughts(
        self, ratings: NDArray[np.int64], moods: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Stars and mood of reviews that are edited: other stars than before, by one or two, and a mood to match."""
        by = self.random.choice([-2, -1, 1, 2], size=len(ratings))
        # Where there are no more or no fewer stars to give, the other way.
        by = np.where((ratings + by < 1) | (ratings + by > 5), -by, by)
        return ratings + by, np.clip(moods + 0.4 * by, -1, 1)


def conversion_by_product(catalogue: list[Product]) -> NDArray[np.float64]:
    """How much more often than the average each product is bought: cheap and good ones of a category somewhat more.

    Returns:
        Factors from about 0.75 to 1.2, 1 on average over all views.
    """
    prices = np.log([product.list_price_cents for product in catalogue])
    categories = np.array([product.category for product in catalogue])
    quality = np.array([product.quality for product in catalogue])
    factors = np.exp(0.3 * (quality - quality.mean()))
    for category in set(categories.tolist()):
        members = categories == category
        factors[members] *= np.exp(-0.09 * (prices[members] - prices[members].mean()) / prices[members].std())
    factors = np.clip(factors, 0.75, 1.3)
    average = (factors * shares([product.appeal for product in catalogue])).sum()
    balanced: NDArray[np.float64] = factors / average
    return balanced


def review_shares(catalogue: list[Product]) -> NDArray[np.float64]:
    """Which share of a product's delivered orders is reviewed: 10 to 30 %, more of popular products."""
    appeal = np.log([product.appeal for product in catalogue])
    likely: NDArray[np.float64] = 0.10 + 0.20 * ((appeal - appeal.min()) / np.ptp(appeal)) ** 0.8
    return likely


def _with(parts: NDArray[np.float64], fixed: dict[int, float]) -> NDArray[np.float64]:
    """Parts of 1, some of them fixed, the others in their old proportion."""
    free = parts.copy()
    free[list(fixed)] = 0
    free *= (1 - sum(fixed.values())) / free.sum()
    free[list(fixed)] = list(fixed.values())
    return free
