"""What goes wrong with events on their way, at chosen rates."""

import json
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.people import addresses_elsewhere, shop_faker

WORDS = ("none", "one", "two", "three", "four", "five")


class Fault(IntEnum):
    """What is wrong with one event's content; an event has at most one."""

    NONE = 0
    BROKEN_JSON = 1
    MISSING_PRICE = 2
    MISSING_QUANTITY = 3
    UNKNOWN_STATE = 4
    OTHER_COUNTRY = 5
    NEW_FIELD = 6
    RETYPED_FIELD = 7
    RENAMED_FIELD = 8

    def reason(self, hub: str) -> str | None:
        """The reason code by which silver must reject such an event; None where it must be accepted."""
        if self is Fault.RETYPED_FIELD:
            return {"orders": "bad_price", "engagement": "wrong_type", "reviews": "bad_rating"}[hub]
        return {
            Fault.BROKEN_JSON: "broken_json",
            Fault.UNKNOWN_STATE: "unknown_state",
            Fault.OTHER_COUNTRY: "not_usa",
            Fault.RENAMED_FIELD: "missing_product",
        }.get(self)


OF_ORDERS_ONLY = (Fault.MISSING_PRICE, Fault.MISSING_QUANTITY, Fault.OTHER_COUNTRY)


@dataclass(frozen=True)
class FaultRates:
    """Shares of events, each from 0 to 1. The first two and the last are of arrival, the others of content.

    Price, quantity and country are the orders' own: those rates are shares of the messages of orders.
    """

    duplicate: float = 0.02
    """Sent again, up to three days after the first time (live: ten minutes)."""
    late: float = 0.02
    """Sent an hour to ten days after it happened (live: up to ten minutes), if the history does not say otherwise; all
    others within a few seconds, so slightly out of order."""
    broken_json: float = 0.005
    missing_price: float = 0.005
    missing_quantity: float = 0.005
    unknown_state: float = 0.003
    other_country: float = 0.003
    new_field: float = 0.003
    retyped_field: float = 0.002
    renamed_field: float = 0.0
    """`product_id` is sent as `productId`: what a producer's careless release does to all its events."""
    lost_update: float = 0.02
    """Never sent, of the later statuses of order lines and the edited reviews."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) <= 1:
                raise ValueError(f"the rate of {field.name} must be from 0 to 1, not {getattr(self, field.name)}")

    def choose(self, random: np.random.Generator, hub: str, count: int) -> NDArray[np.int8]:
        """The content fault of each of `count` events of a hub, as the numbers of `Fault`."""
        rates = [
            0.0 if hub != "orders" and fault in OF_ORDERS_ONLY else getattr(self, fault.name.lower())
            for fault in Fault
            if fault
        ]
        return random.choice(len(Fault), size=count, p=[1 - sum(rates), *rates]).astype(np.int8)


NO_FAULTS = FaultRates(*[0.0] * len(fields(FaultRates)))


class Spoiler:
    """Puts faults into sound events; the same seed puts the same ones."""

    def __init__(self, seed: int) -> None:
        fake = shop_faker(seed)
        self._no_states = [fake.no_state() for _ in range(50)]
        self._elsewhere = addresses_elsewhere(seed, 200)

    def spoil(self, body: str, hub: str, fault: Fault, number: int) -> str:
        """The event's JSON with the fault in it.

        Args:
            body: the sound event.
            hub: where it goes.
            fault: what goes wrong.
            number: the event's; chooses the words.
        """
        if fault is Fault.BROKEN_JSON:
            return body[: len(body) * (number % 80 + 10) // 100]
        event: dict[str, Any] = json.loads(body)
        if fault is Fault.MISSING_PRICE:
            del event["price"]
        elif fault is Fault.MISSING_QUANTITY:
            del event["quantity"]
        elif fault is Fault.UNKNOWN_STATE:
            event["state"] = self._no_states[number % len(self._no_states)]
        elif fault is Fault.OTHER_COUNTRY:
            city, state, country = self._elsewhere[number % len(self._elsewhere)]
            event |= {"city": city, "state": state, "country": country, "latitude": 0.0, "longitude": 0.0}
        elif fault is Fault.NEW_FIELD:
            name, value = ("campaign", f"SALE-{number % 9}") if number % 2 else ("app", {"build": number})
            event[name] = value
        elif fault is Fault.RENAMED_FIELD:
            event["productId"] = event.pop("product_id")
        elif fault is Fault.RETYPED_FIELD:
            if hub == "orders":
                event["price"] = f"{event['price']:.2f}"
            elif hub == "engagement":
                event["product_id"] = {"id": event["product_id"]}
            else:
                event["rating"] = WORDS[event["rating"]]
        return json.dumps(event, separators=(",", ":"))
