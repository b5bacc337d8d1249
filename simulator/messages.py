"""Happenings as messages: JSON, and the faults in it."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.account import Account, Entry
from simulator.faults import Fault, FaultRates, Spoiler
from simulator.ledger import Ledger
from simulator.orders import PROCESSING, RETURNED, STATUSES
from simulator.review_texts import ReviewWriter
from simulator.shop import DEVICES, HUB_OF, LIKE, ORDER, REVIEW, Happenings, Shop

AT_ONCE = 20_000
"""Messages made in one go: enough to make use of numpy, few enough to be small."""
EVENT_TYPES = ("view", "click", "like")


class Event(NamedTuple):
    """One message as it is sent, and the hub it goes to."""

    hub: str
    key: str
    body: bytes


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
        sizes: Counter[str] = Counter()
        for kind, size in enumerate(np.bincount(happenings.kinds, minlength=len(HUB_OF)).tolist()):
            sizes[HUB_OF[kind]] += size
        # Events stand in the order of their kinds, and so hub after hub.
        self._faults = np.concatenate([rates.choose(random, hub, size) for hub, size in sizes.items()])
        self._texts: dict[int, str] = {}
        # Order lines and reviews have the numbers of events, of which each hub has at least as many.
        self._first_order, first_review = np.searchsorted(happenings.kinds, [ORDER, REVIEW]).tolist()
        self._subjects = np.arange(count)
        self._subjects[self._first_order : first_review] = (
            self._first_order + happenings.details[self._first_order : first_review]
        )
        self._subjects[first_review:] = first_review + happenings.reviews
        orders = happenings.lines.orders
        self._account = Account(count, len(happenings.sessions), int(orders[-1]) + 1 if len(orders) else 0)

    def write_texts(self, events: NDArray[np.int64]) -> None:
        """Have the reviews among the events written, in the order of the events' numbers, each version once."""
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

    def count(self, entry: Entry, ledger: Ledger) -> None:
        """Write one message that is handed out into the ledger."""
        self._account.count(entry, ledger)

    def _made(self, events: NDArray[np.int64]) -> Iterator[tuple[Event, Entry]]:
        everything, words, lines = self._all, self._words, self._all.lines
        kinds, details, journeys = everything.kinds[events], everything.details[events], everything.journeys[events]
        sessions = everything.sessions[journeys]
        ordered, is_return = details[kinds == ORDER], everything.versions[events][kinds == ORDER] == RETURNED
        of_orders = zip(
            lines.orders[ordered].tolist(),
            lines.numbers[ordered].tolist(),
            lines.price_cents[ordered].tolist(),
            np.where(is_return, lines.returned[ordered], lines.quantities[ordered]).tolist(),
            _iso(lines.moments[ordered, PROCESSING]),
            strict=True,
        )
        columns = (
            kinds,
            self._faults[events],
            everything.versions[events],
            self._subjects[events],
            details,
            journeys,
            sessions,
            everything.products[journeys],
            everything.shoppers[sessions],
            everything.contents[sessions],
            everything.devices[sessions],
        )
        for kind, fault, version, subject, detail, journey, session, product, shopper, content, device, time in zip(
            *(column.tolist() for column in columns), _iso(everything.at_ms[events]), strict=True
        ):
            product_id, content_type, state = words.product[product], words.content[content], words.state[shopper]
            order = cents = number = 0
            if kind <= LIKE:
                key = self._session_keys[16 * session : 16 * session + 16]
                body = (
                    f'{{"event_id":"{self._key(subject)}","timestamp":"{time}Z","event_type":"{EVENT_TYPES[kind]}",'
                    f'"session_id":"{key}",{words.visitor[shopper]},"product_id":"{product_id}",'
                    f'"content_type":"{content_type}","state":"{state}","device":"{words.device[device]}",'
                    '"schema_version":"1"}'
                )
            elif kind == ORDER:
                order, line, cents, number, ordered_at = next(of_orders)
                key, total = self._key(self._first_order + order), cents * number
                updated = f'"updated_at":"{time}Z",' if version else ""
                body = (
                    f'{{"order_id":"{key}","line_number":{line},"timestamp":"{ordered_at}Z",'
                    f'{words.customer[shopper]},"product_id":"{product_id}","category":"{words.category[product]}",'
                    f'"price":{cents // 100}.{cents % 100:02d},"quantity":{number},'
                    f'"total_amount":{total // 100}.{total % 100:02d},{words.address[shopper]},'
                    f'"delivery_status":"{STATUSES[version]}",{updated}'
                    f'"session_id":"{self._session_keys[16 * session : 16 * session + 16]}",'
                    f'"content_type":"{content_type}","schema_version":"1"}}'
                )
                if fault == Fault.MISSING_PRICE:
                    cents = words.list_price_cents[product]
                elif fault == Fault.MISSING_QUANTITY:
                    number = 1
            else:
                key, number = self._key(subject), int(everything.ratings[detail])
                reviewed = self._key(self._first_order + int(lines.orders[everything.ordered[detail]]))
                body = (
                    f'{{"review_id":"{key}","timestamp":"{time}Z","order_id":"{reviewed}",'
                    f'{words.customer[shopper]},"product_id":"{product_id}","rating":{number},'
                    f'{self._texts.get(detail, "")}"state":"{state}","schema_version":"1"}}'
                )
            if fault:
                body = words.spoiler.spoil(body, HUB_OF[kind], Fault(fault), subject)
            entry = Entry(subject, kind, fault, version, journey, order, product_id, content_type, state, cents, number)
            yield Event(HUB_OF[kind], key, body.encode()), entry

    def _key(self, number: int) -> str:
        """A name, written like a UUID; faster than uuid.UUID and faker by far."""
        key = self._keys[32 * number : 32 * number + 32]
        return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"


def _iso(at_ms: NDArray[np.int64]) -> list[str]:
    """Times in milliseconds since 1970 as ISO-8601, without the zone."""
    times: list[str] = np.datetime_as_string(at_ms.astype("datetime64[ms]"), unit="ms").tolist()
    return times
