"""A history of the shop, all of it in the past: what `python -m simulator backfill` sends."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from simulator.faults import FaultRates
from simulator.ledger import Ledger
from simulator.master_data import read_products
from simulator.messages import Event, Messages, Wording
from simulator.people import make_shoppers
from simulator.rhythm import DAY_MS, HOUR_MS, times_of_day_and_week
from simulator.sending import IN_HISTORY, messages_by_session, sendings
from simulator.shop import Happenings, Shop
from simulator.stories import NO_STORIES, SHORTEST_DAYS, Surge, plant

MESSAGES_PER_SHOPPER = 50


class Backfill:
    """A whole history, for all hubs on one clock. The same arguments make the same bytes.

    Args:
        seed: of every random choice.
        events: messages in all. Sessions are whole, so it may be a session's worth fewer: see `messages`.
        days: how long the history is.
        until: its end, with a time zone; nothing happens or is sent later.
        rates: how often what goes wrong.
        with_stories: plant stories, if the history is long enough for them.
        late_days: late events are sent up to so many days after they happened.
    """

    def __init__(
        self,
        *,
        seed: int,
        events: int,
        days: int,
        until: datetime,
        rates: FaultRates,
        with_stories: bool = True,
        late_days: int = 10,
    ) -> None:
        until_ms = int(until.timestamp() * 1000)
        catalogue = read_products()
        shoppers = make_shoppers(seed, max(events // MESSAGES_PER_SHOPPER, 100))
        stories = NO_STORIES
        if with_stories and days >= SHORTEST_DAYS:
            stories = plant(seed, catalogue, shoppers, until_ms, days)
        self.stories: list[dict[str, str]] = list(stories.records)
        """The records of what is planted, as the ledger has them."""
        self._shop = Shop(seed, catalogue, shoppers, stories)
        self._rates = rates
        self._seed = seed

        delays = replace(IN_HISTORY, late=(HOUR_MS, late_days * DAY_MS))
        sessions = events // 3 + 50
        while True:
            self._happenings = self._sessions(sessions, until_ms, days, stories.surge)
            is_update = self._happenings.versions > 0
            sent = sendings(self._shop.random, self._happenings.at_ms, rates, delays, until_ms, is_update=is_update)
            session_of_events = self._happenings.session_of_events
            messages = np.cumsum(messages_by_session(sent, session_of_events, sessions))
            if messages[-1] >= events:
                break
            sessions *= 2
        # Sessions are in no order of time, so the first so many are as good as any.
        enough = int(np.searchsorted(messages, events, side="right"))
        self._sendings = sent.of(session_of_events[sent.events] < enough)
        self.messages = len(self._sendings.events)
        """How many messages there are."""

    def seconds_to_sending(self) -> NDArray[np.float64]:
        """From each event to its sending, in the order of sending; late ones and second ones take longer."""
        return (self._sendings.at_ms - self._happenings.at_ms[self._sendings.events]) / 1000

    def events(self, ledger: Ledger) -> Iterator[Event]:
        """The messages in order of sending; each is written into the ledger as it is handed out."""
        # From the seed again: a second call hands out the same bytes.
        random = np.random.default_rng([self._seed, 4])
        messages = Messages(Wording(self._seed, self._shop), random, self._happenings, self._rates)
        ledger.stories = ledger.stories + self.stories
        messages.write_texts(self._sendings.events)
        for event, entry in messages.made(self._sendings.events):
            messages.count(entry, ledger)
            yield event

    def _sessions(self, count: int, until_ms: int, days: int, surge: Surge | None) -> Happenings:
        shop = self._shop
        visitors = shop.visitors(count)
        extra = np.flatnonzero(shop.random.random(count) < (surge.share if surge else 0))
        visitors[extra] = shop.visitors(len(extra), surge)
        starts = times_of_day_and_week(shop.random, shop.shoppers.utc_offset_hours[visitors], until_ms, days)
        if surge:
            starts[extra] = shop.random.integers(surge.begins_ms, surge.ends_ms, size=len(extra))
        return shop.happenings(visitors, starts)
