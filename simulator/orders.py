"""Orders in bulk: columns drawn by numpy, pieces of JSON prepared once, one event put together at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.faults import Fault, FaultRates
from simulator.ledger import Ledger
from simulator.master_data import read_cities, read_products
from simulator.people import addresses_elsewhere, shop_faker

HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 10, 11, 13, 15, 16, 14, 9, 5], dtype=float)
"""Relative demand by hour of the shopper's day: quiet nights, busy evenings."""
WEEKDAYS = np.array([1.0, 0.95, 0.95, 1.0, 1.1, 1.25, 1.2])
"""Relative demand by day of the week, from Monday."""
QUANTITIES = np.array([0.72, 0.18, 0.06, 0.03, 0.01])
"""Shares of orders of 1, 2, 3 ... pieces."""
CONTENT_TYPES = {"Social Media": 0.46, "Blog": 0.22, "Video": 0.32}
"""Shares of orders by the kind of content that the shopper came through."""
STATUSES = ("Processing", "Shipped", "Delivered", "Cancelled")
ORDERS_PER_CUSTOMER = 6
DAY_MS = 86_400_000


class Event(NamedTuple):
    """One message as it is sent."""

    key: str
    body: bytes


@dataclass(frozen=True)
class Orders:
    """Some orders as columns of equal length, and what is wrong with each."""

    ids: list[str]
    placed_at_ms: NDArray[np.int64]
    """When each was placed, in milliseconds since 1970 (UTC)."""
    customers: NDArray[np.int64]
    products: NDArray[np.int64]
    price_cents: NDArray[np.int64]
    quantities: NDArray[np.int64]
    statuses: NDArray[np.int64]
    contents: NDArray[np.int64]
    faults: NDArray[np.int8]


class Shop:
    """The shop: the same seed makes the same customers and the same orders.

    Args:
        seed: of every random choice.
        customers: how many people order here, over and over.
        rates: how often what goes wrong.
    """

    def __init__(self, seed: int, customers: int, rates: FaultRates) -> None:
        self._random = np.random.default_rng(seed)
        self._rates = rates
        self._products = read_products()
        cities = read_cities()
        fake = shop_faker(seed)

        homes = self._random.choice(len(cities), size=customers, p=_shares([city.weight for city in cities]))
        # Some people order much more often than others.
        self._customer_shares = _shares(self._random.pareto(2.5, customers) + 0.3)
        self._product_shares = _shares([product.appeal for product in self._products])
        self._list_price_cents = np.array([product.list_price_cents for product in self._products])
        self._states = [cities[home].state_code for home in homes]
        # Solar hours: near enough to the local clock for a rhythm.
        self._utc_offset_hours = np.array([round(cities[home].longitude / 15) for home in homes])

        self._who = [f'"customer_id":"{fake.customer_id()}"' for _ in range(customers)]
        self._what = [f'"product_id":"{p.product_id}","category":"{p.category}"' for p in self._products]
        self._where = [
            f'"city":{json.dumps(cities[home].name)},"state":"{cities[home].state_code}","country":"USA",'
            f'"latitude":{cities[home].latitude},"longitude":{cities[home].longitude}'
            for home in homes
        ]
        self._elsewhere = [
            f'"city":{json.dumps(city)},"state":{json.dumps(state)},"country":"{country}","latitude":0.0,"longitude":0.0'
            for city, state, country in addresses_elsewhere(seed, 200)
        ]
        self._no_states = [fake.no_state() for _ in range(50)]
        self._contents = list(CONTENT_TYPES)

    def times(self, count: int, until: datetime, days: int) -> NDArray[np.int64]:
        """When `count` orders are placed in the `days` before `until`, in the rhythm of day and week; sorted.

        Returns:
            Milliseconds since 1970 on the clock of the shopper's longitude.
        """
        end = int(until.timestamp() * 1000)
        starts = end - DAY_MS * np.arange(days, 0, -1)
        weekdays = np.array([datetime.fromtimestamp(start / 1000, UTC).weekday() for start in starts])
        chosen = self._random.choice(days, size=count, p=_shares(WEEKDAYS[weekdays]))
        within = self._random.choice(24, size=count, p=_shares(HOURS)) * 3_600_000 + self._random.integers(
            0, 3_600_000, size=count
        )
        # The hour of the day is the clock's, so that it does not shift with the hour of `until`.
        midnight = starts[chosen] - starts[chosen] % DAY_MS
        placed = midnight + within
        return np.sort(np.where(placed < starts[chosen], placed + DAY_MS, placed))

    def orders(self, placed_at_ms: NDArray[np.int64], now_ms: int) -> Orders:
        """One order for each time.

        Args:
            placed_at_ms: when each is placed (UTC).
            now_ms: what is older is further in its delivery.
        """
        count = len(placed_at_ms)
        random = self._random
        products = random.choice(len(self._products), size=count, p=self._product_shares)
        # Around the list price: mostly at it or below it, now and then above.
        factors = np.clip(random.normal(0.97, 0.06, size=count), 0.7, 1.15)
        age_days = (now_ms - placed_at_ms) / DAY_MS
        statuses = np.where(age_days < 1, 0, np.where(age_days < 4, 1, 2))
        statuses = np.where(random.random(count) < 0.04, 3, statuses)
        return Orders(
            ids=_uuids(random.bytes(16 * count)),
            placed_at_ms=placed_at_ms,
            customers=random.choice(len(self._who), size=count, p=self._customer_shares),
            products=products,
            price_cents=np.maximum(np.rint(self._list_price_cents[products] * factors), 1).astype(np.int64),
            quantities=random.choice(len(QUANTITIES), size=count, p=QUANTITIES) + 1,
            statuses=statuses,
            contents=random.choice(len(CONTENT_TYPES), size=count, p=list(CONTENT_TYPES.values())),
            faults=self._rates.choose(random, count),
        )

    def in_utc(self, orders: Orders, now_ms: int) -> Orders:
        """The same orders with their times moved from each shopper's clock to UTC, none of them in the future."""
        moved = orders.placed_at_ms - self._utc_offset_hours[orders.customers] * 3_600_000
        return replace(orders, placed_at_ms=np.where(moved > now_ms, moved - DAY_MS, moved))

    def happening(self, count: int, now_ms: int) -> tuple[Orders, int]:
        """What `count` live messages carry: orders placed now (some half a day ago, being late).

        Returns:
            The orders, and how many of them are to be sent twice to make `count` messages.
        """
        share = self._rates.duplicate / (1 + self._rates.duplicate)
        duplicates = min(int(self._random.binomial(count, share)), count // 2)
        is_late = self._random.random(count - duplicates) < self._rates.late
        return self.orders(now_ms - is_late * (DAY_MS // 2), now_ms), duplicates

    def sending_order(self, orders: Orders, duplicates: int, now_ms: int) -> NDArray[np.int64]:
        """In which order the events are sent: by time, a little out of order, some late, some twice.

        Returns:
            Indices into `orders`, `duplicates` of them for the second time.
        """
        random = self._random
        count = len(orders.ids)
        sent_at = orders.placed_at_ms + random.integers(0, 5_000, size=count)
        late = random.random(count) < self._rates.late
        sent_at = sent_at + late * random.integers(3_600_000, 10 * DAY_MS, size=count)
        again = random.choice(count, size=duplicates, replace=False)
        sent_again_at = sent_at[again] + random.integers(1_000, 3 * DAY_MS, size=duplicates)
        everything = np.concatenate([np.arange(count), again])
        return everything[np.argsort(np.minimum(np.concatenate([sent_at, sent_again_at]), now_ms), kind="stable")]

    def events(self, orders: Orders, order_of_sending: NDArray[np.int64], ledger: Ledger) -> Iterator[Event]:
        """The orders as messages; each is written into the ledger as it is handed out."""
        sent_before: set[int] = set()
        times = np.datetime_as_string(orders.placed_at_ms.astype("datetime64[ms]"), unit="ms")
        customers, products, prices, quantities, statuses, contents, faults = (
            column.tolist()
            for column in (
                orders.customers,
                orders.products,
                orders.price_cents,
                orders.quantities,
                orders.statuses,
                orders.contents,
                orders.faults,
            )
        )
        entry = ledger.orders
        for index in order_of_sending.tolist():
            fault = faults[index]
            customer, product, cents, quantity = customers[index], products[index], prices[index], quantities[index]
            price_text = f'"price":{cents // 100}.{cents % 100:02d},'
            quantity_text = f'"quantity":{quantity},'
            where = self._where[customer]
            total = cents * quantity
            if fault:
                if fault == Fault.MISSING_PRICE:
                    price_text, cents = "", self._products[product].list_price_cents
                elif fault == Fault.MISSING_QUANTITY:
                    quantity_text, quantity = "", 1
                elif fault == Fault.UNKNOWN_STATE:
                    nowhere = self._no_states[index % len(self._no_states)]
                    where = where.replace(f'"state":"{self._states[customer]}"', f'"state":{json.dumps(nowhere)}')
                elif fault == Fault.OTHER_COUNTRY:
                    where = self._elsewhere[index % len(self._elsewhere)]
            body = (
                f'{{"order_id":"{orders.ids[index]}","timestamp":"{times[index]}Z",{self._who[customer]},'
                f'{self._what[product]},{price_text}{quantity_text}"total_amount":{total // 100}.{total % 100:02d},'
                f'{where},"delivery_status":"{STATUSES[statuses[index]]}",'
                f'"session_id":"{orders.ids[index][24:]}","content_type":"{self._contents[contents[index]]}",'
                '"schema_version":"1"}'
            ).encode()
            if fault == Fault.BROKEN_JSON:
                body = body[: len(body) * (index % 80 + 10) // 100]

            entry.sent += 1
            if fault and (reason := Fault(fault).reason):
                entry.reasons[reason] += 1
            elif index in sent_before:
                entry.duplicates += 1
            else:
                sent_before.add(index)
                entry.accepted += 1
                state = self._states[customer]
                ledger.revenue_cents[state] += cents * quantity
                ledger.items[state] += quantity
            yield Event(orders.ids[index], body)


def _uuids(data: bytes) -> list[str]:
    """Each 16 bytes as text, written like a UUID; faster than uuid.UUID and faker by far."""
    text = data.hex()
    cuts = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    return ["-".join([text[at + start : at + end] for start, end in cuts]) for at in range(0, len(text), 32)]


def _shares(weights: "NDArray[np.float64] | list[float]") -> NDArray[np.float64]:
    array: NDArray[np.float64] = np.asarray(weights, dtype=np.float64)
    shares: NDArray[np.float64] = array / array.sum()
    return shares
