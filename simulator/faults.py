"""What goes wrong with events on their way, at chosen rates."""

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Fault(IntEnum):
    """What is wrong with one event's content; an event has at most one."""

    NONE = 0
    BROKEN_JSON = 1
    MISSING_PRICE = 2
    MISSING_QUANTITY = 3
    UNKNOWN_STATE = 4
    OTHER_COUNTRY = 5

    @property
    def reason(self) -> str | None:
        """The reason code by which silver must reject such an event; None where it must be accepted."""
        return {
            Fault.BROKEN_JSON: "broken_json",
            Fault.UNKNOWN_STATE: "unknown_state",
            Fault.OTHER_COUNTRY: "not_usa",
        }.get(self)


@dataclass(frozen=True)
class FaultRates:
    """Shares of events, each from 0 to 1. The first two are of arrival, the others of content."""

    duplicate: float = 0.02
    """Sent again, up to three days after the first time."""
    late: float = 0.02
    """Sent an hour to ten days after it happened; all others within a few seconds, so slightly out of order."""
    broken_json: float = 0.005
    missing_price: float = 0.005
    missing_quantity: float = 0.005
    unknown_state: float = 0.003
    other_country: float = 0.003

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) <= 1:
                raise ValueError(f"the rate of {field.name} must be from 0 to 1, not {getattr(self, field.name)}")

    def choose(self, random: np.random.Generator, count: int) -> NDArray[np.int8]:
        """The content fault of each of `count` events, as the numbers of `Fault`."""
        rates = [getattr(self, fault.name.lower()) for fault in Fault if fault]
        return random.choice(np.arange(len(Fault), dtype=np.int8), size=count, p=[1 - sum(rates), *rates]).astype(
            np.int8
        )


NO_FAULTS = FaultRates(0, 0, 0, 0, 0, 0, 0)
