"""Happenings as messages: JSON, faults, and the ledger's account of what is handed out."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.faults import Fault, FaultRates, Spoiler
from simulator.ledger import ENGAGEMENT, Ledger
from simulator.review_texts import ReviewWriter
from simulator.shop import CLICK, DEVICES, HUB_OF, LIKE, ORDER, REVIEW, STATUSES, VIEW, Happenings, Shop

AT_ONCE = 20_000
"""Messages made in one go: enough to make use of numpy, few enough to be small."""
EVENT_TYPES = ("view", "click", "like")
BITS = (1, 2, 0, 4)
"""What an accepted view, click, like or order adds to what is known of its journey."""


class Event(NamedTuple):
    """One message as it is sent, and the hub it goes to."""

    hub: str
    key: str
    body: bytes


class Entry(NamedTuple):
    """What the ledger has to know of one message; products, contents and states by name."""

    event: int
    kind: int
    fault: int
    journey: int
    product: str
    content: str
    state: str
    cents: int
    """Of an accepted order: revenue."""
    number: int
    """Of an order: items; of a review: stars."""


class Wording:
    """The pieces of JSON that do not change from event to event, prepared once for a shop."""

    def __init__(self, seed: int, shop: Shop) -> None:
        people = shop.shoppers
        self.visitor = [f'"visitor_id":"{who}"' for who in people.ids]
        self.customer = [f'"customer_id":"{who}"' for who in people.ids]
        self.state = [home.state_code for home in people.homes]
        self.address = [
            f'"city":{json.dumps(home.name)},"state":"{home.state_code}","country":"USA",'
            f'"latitude":{home.latitude},"longitude":{home.longitude}'
            for home in people.homes
        ]
        self.product = [product.product_id for product in shop.catalogue]
        self.category = [product.category for product in shop.catalogue]
        self.content = shop.contents
        self.device = list(DEVICES)
        self.catalogue = shop.catalogue
        self.list_price_cents = [product.list_price_cents for product in shop.catalogue]
        self.writer = ReviewWriter(seed)
        self.spoiler = Spoiler(seed)


class Messages:
    """The messages of some happenings; what was handed out is accounted for here.

    Args:
        wording: of the shop.
        random: for keys and faults.
        happenings: what happened.
        rates: which share of the events has which fault.
    """

    def __init__(
        self, wording: Wording, random: np.random.Generator, happenings: Happenings, rates: FaultRates
    ) -> None:
        self._words = wording
        self._all = happenings
        count = len(happenings.kinds)
        self._keys = random.bytes(16 * count).hex()
        self._session_keys = random.bytes(8 * len(happenings.shoppers)).hex()
        self._first_order = int(np.searchsorted(happenings.kinds, ORDER))
        sizes: Counter[str] = Counter()
        for kind, size in enumerate(np.bincount(happenings.kinds, minlength=len(HUB_OF)).tolist()):
            sizes[HUB_OF[kind]] += size
        # Events stand in the order of their kinds, and so hub after hub.
        self._faults = np.concatenate([rates.choose(random, hub, size) for hub, size in sizes.items()])
        self._texts: dict[int, str] = {}
        self._accepted = bytearray(count)
        self._stages = bytearray(len(happenings.sessions))

    def write_texts(self, events: NDArray[np.int64]) -> None:
        """Have the reviews among the events written, in the order of the events' numbers, each once."""
        everything, words = self._all, self._words
        for event in np.sort(events[everything.kinds[events] == REVIEW]).tolist():
            review = int(everything.details[event])
            if not np.isnan(everything.moods[review]) and review not in self._texts:
                product = words.catalogue[everything.products[everything.journeys[event]]]
                text = words.writer.write(product.category, product.product_name, float(everything.moods[review]))
                self._texts[review] = f'"review_text":{json.dumps(text)},'

    def made(self, events: NDArray[np.int64]) -> Iterator[tuple[Event, Entry]]:
        """The messages of these events, in their order; `write_texts` had their reviews written before."""
        for first in range(0, len(events), AT_ONCE):
            yield from self._made(events[first : first + AT_ONCE])

    def _made(self, events: NDArray[np.int64]) -> Iterator[tuple[Event, Entry]]:
        everything, words = self._all, self._words
        journeys = everything.journeys[events]
        sessions = everything.sessions[journeys]
        times = np.datetime_as_string(everything.at_ms[events].astype("datetime64[ms]"), unit="ms")
        columns = (
            events,
            everything.kinds[events],
            self._faults[events],
            journeys,
            everything.details[events],
            sessions,
            everything.products[journeys],
            everything.shoppers[sessions],
            everything.contents[sessions],
            everything.devices[sessions],
            times,
        )
        for event, kind, fault, journey, detail, session, product, shopper, content, device, time in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            product_id, content_type, state = words.product[product], words.content[content], words.state[shopper]
            cents = number = 0
            if kind <= LIKE:
                key = self._session_keys[16 * session : 16 * session + 16]
                body = (
                    f'{{"event_id":"{self._key(event)}","timestamp":"{time}Z","event_type":"{EVENT_TYPES[kind]}",'
                    f'"session_id":"{key}",{words.visitor[shopper]},"product_id":"{product_id}",'
                    f'"content_type":"{content_type}","state":"{state}","device":"{words.device[device]}",'
                    '"schema_version":"1"}'
                )
            elif kind == ORDER:
                key = self._key(event)
                cents, number = int(everything.price_cents[detail]), int(everything.quantities[detail])
                total = cents * number
                body = (
                    f'{{"order_id":"{key}","timestamp":"{time}Z",{words.customer[shopper]},'
                    f'"product_id":"{product_id}","category":"{words.category[product]}",'
                    f'"price":{cents // 100}.{cents % 100:02d},"quantity":{number},'
                    f'"total_amount":{total // 100}.{total % 100:02d},{words.address[shopper]},'
                    f'"delivery_status":"{STATUSES[everything.statuses[detail]]}",'
                    f'"session_id":"{self._session_keys[16 * session : 16 * session + 16]}",'
                    f'"content_type":"{content_type}","schema_version":"1"}}'
                )
                if fault == Fault.MISSING_PRICE:
                    cents = words.list_price_cents[product]
                elif fault == Fault.MISSING_QUANTITY:
                    number = 1
                cents *= number
            else:
                key, number = self._key(event), int(everything.ratings[detail])
                order = self._first_order + int(everything.ordered[detail])
                body = (
                    f'{{"review_id":"{key}","timestamp":"{time}Z","order_id":"{self._key(order)}",'
                    f'{words.customer[shopper]},"product_id":"{product_id}","rating":{number},'
                    f'{self._texts.get(detail, "")}"state":"{state}","schema_version":"1"}}'
                )
            if fault:
                body = words.spoiler.spoil(body, HUB_OF[kind], Fault(fault), event)
            entry = Entry(event, kind, fault, journey, product_id, content_type, state, cents, number)
            yield Event(HUB_OF[kind], key, body.encode()), entry

    def _key(self, event: int) -> str:
        """The name of an event, written like a UUID; faster than uuid.UUID and faker by far."""
        key = self._keys[32 * event : 32 * event + 32]
        return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"

    def count(self, entry: Entry, ledger: Ledger) -> None:
        """Write one message that is handed out into the ledger."""
        event, kind, fault, journey, product, content, state, cents, number = entry
        hub = ledger.hubs[HUB_OF[kind]]
        hub.sent += 1
        if fault and (reason := Fault(fault).reason(HUB_OF[kind])):
            hub.reasons[reason] += 1
            return
        if self._accepted[event]:
            hub.duplicates += 1
            return
        self._accepted[event] = 1
        hub.accepted += 1
        hub.new_fields += fault == Fault.NEW_FIELD
        if kind == REVIEW:
            ledger.ratings[product, "reviews"] += 1
            ledger.ratings[product, "stars"] += number
            return
        if kind == ORDER:
            ledger.revenue_cents[state] += cents
            ledger.items[state] += number
        else:
            ledger.engagement[content, ENGAGEMENT[kind]] += 1
        before = self._stages[journey]
        after = before | BITS[kind]
        if after != before:
            self._stages[journey] = after
            for stage in STAGES_OF[after] - STAGES_OF[before]:
                ledger.funnel[product, stage] += 1


def _stages_of(bits: int) -> frozenset[str]:
    """The stages of a journey of which some kinds of events were accepted, in whatever order."""
    if not bits & BITS[VIEW]:
        return frozenset()
    reached = {"viewed"}
    if bits & (BITS[CLICK] | BITS[ORDER]):
        reached.add("clicked")
    if bits & BITS[ORDER]:
        reached.add("purchased")
    return frozenset(reached)


STAGES_OF = [_stages_of(bits) for bits in range(8)]
