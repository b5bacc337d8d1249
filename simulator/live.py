"""The shop as it goes on now: what `python -m simulator live` sends."""

import heapq
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.account import Entry
from simulator.faults import FaultRates
from simulator.ledger import Ledger
from simulator.master_data import read_products
from simulator.messages import Event, Messages, Wording
from simulator.orders import PROCESSING
from simulator.people import make_shoppers
from simulator.rhythm import DAY_MS
from simulator.sending import IN_LIVE, Sendings, messages_by_session, sendings
from simulator.shop import ORDER, REVIEW, Happenings, Shop

BLOCK_MS = 2_000
"""Sessions are made for so long ahead."""
BEFORE_MS = 40 * 60_000
"""Sessions that began so long before the start go on in it: hardly any message comes later after its session."""
BLOCK_BEFORE_MS = 60_000
AHEAD_MS = 3_600_000
"""What comes later after its session's block is left out: most runs never reach it, and what waits takes memory."""
SHOPPERS = 5_000


class Live:
    """Sessions that begin all the time, at a steady rate of messages over all hubs; no stories.

    The run begins amid sessions that began before it, so that there is no dead time. What these did before is
    not sent: for the first minutes some clicks and orders are of journeys without a view.

    Reviews are of orders from before the run: for each session that begins, another one of days ago is made (as
    many days as delivery and the customer take, 3 to 16), of which only the reviews are sent, now. So there are
    as many reviews as in a shop that has been going for long.

    Of the later statuses of order lines, only those are sent that come within an hour (cancellations, mostly), and only
    of orders whose first message is sent. No review is edited.

    Messages that are not yet due at the end (late ones, second ones) are neither sent nor in the ledger.

    Args:
        seed: of every random choice.
        rate: messages a second.
        rates: how often what goes wrong.
        start_ms: when the run begins, in milliseconds since 1970.
    """

    def __init__(self, *, seed: int, rate: float, rates: FaultRates, start_ms: int) -> None:
        self._shop = Shop(seed, read_products(), make_shoppers(seed, SHOPPERS))
        self._wording = Wording(seed, self._shop)
        self._rate = rate
        self._rates = rates
        self._start_ms = start_ms
        self._made_until_ms = start_ms - BEFORE_MS
        self._still_wanted = 0.0
        self._number = 0
        self._waiting: list[tuple[int, int, Event, Entry, Messages]] = []
        while self._made_until_ms < start_ms:
            self._make(BLOCK_BEFORE_MS)

    def due(self, now_ms: int, ledger: Ledger) -> Iterator[Event]:
        """The messages that are due by now and were not handed out before, in order of sending.

        Each is written into the ledger as it is handed out.
        """
        while self._made_until_ms <= now_ms:
            self._make(BLOCK_MS)
        while self._waiting and self._waiting[0][0] <= now_ms:
            _, _, event, entry, messages = heapq.heappop(self._waiting)
            messages.count(entry, ledger)
            yield event

    def _make(self, block_ms: int) -> None:
        """Make the sessions that begin in the next block, until they hold as many messages as the rate asks.

        What is missing or too much is the next block's, so that the rate holds over all blocks.
        """
        begins, ends = self._made_until_ms, self._made_until_ms + block_ms
        self._made_until_ms = ends
        self._still_wanted += self._rate * block_ms / 1000
        if self._still_wanted <= 0:
            return
        shop, random = self._shop, self._shop.random
        count = int(self._still_wanted / 3) + 20
        starts = random.integers(begins, ends, size=count)
        now = shop.happenings(shop.visitors(count), starts)
        parts = [(now, self._sendings(now)), self._reviewed_now(starts)]
        made = np.cumsum(sum(messages_by_session(sent, part.session_of_events, count) for part, sent in parts))
        # With the one that is too much: to leave it out would leave out long sessions more often than short ones.
        sessions = min(int(np.searchsorted(made, self._still_wanted)) + 1, count)
        self._still_wanted -= float(made[sessions - 1])
        for part, sent in parts:
            self._wait(part, sent.of((part.session_of_events[sent.events] < sessions) & (sent.at_ms >= self._start_ms)))

    def _reviewed_now(self, starts_ms: NDArray[np.int64]) -> tuple[Happenings, Sendings]:
        """As many sessions of long ago, and the sending of their reviews, written at the given times."""
        shop, count = self._shop, len(starts_ms)
        long_ago = shop.happenings(shop.visitors(count), starts_ms - 30 * DAY_MS)
        written_now = replace(long_ago, at_ms=starts_ms[long_ago.session_of_events])
        sent = self._sendings(written_now)
        is_review = (written_now.kinds == REVIEW) & (written_now.versions == 0)
        return written_now, sent.of(is_review[sent.events])

    def _sendings(self, happenings: Happenings) -> Sendings:
        is_update = happenings.versions > 0
        is_told = happenings.at_ms < self._made_until_ms + AHEAD_MS
        # Of what was ordered before the run, nobody knows.
        later = np.flatnonzero(is_update & (happenings.kinds == ORDER))
        is_told[later] &= happenings.lines.moments[happenings.details[later], PROCESSING] >= self._start_ms
        sent = sendings(self._shop.random, happenings.at_ms, self._rates, IN_LIVE, is_update=is_update)
        return sent.of(is_told[sent.events])

    def _wait(self, happenings: Happenings, sent: Sendings) -> None:
        messages = Messages(self._wording, self._shop.random, happenings, self._rates)
        messages.write_texts(sent.events)
        for at_ms, (event, entry) in zip(sent.at_ms.tolist(), messages.made(sent.events), strict=True):
            self._number += 1
            heapq.heappush(self._waiting, (at_ms, self._number, event, entry, messages))
