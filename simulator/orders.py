"""What becomes of what is bought: orders of one line or more, and the way of each line to the customer and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.rhythm import HOUR_MS

STATUSES = ("Processing", "Shipped", "Delivered", "Returned", "Cancelled")
"""Of a line's delivery, in the order in which it can have them: it only moves forward."""
PROCESSING, SHIPPED, DELIVERED, RETURNED, CANCELLED = range(len(STATUSES))
NEVER = -1
"""In place of the moment of a status that a line does not get."""
MOST_LINES = 5
QUANTITIES = np.array([0.72, 0.18, 0.06, 0.03, 0.01])
"""Shares of lines of 1, 2, 3 ... pieces."""
CANCELLED_UNSHIPPED = 0.025
CANCELLED_UNDELIVERED = 0.015
"""Shares of all lines: in the place of Shipped, and of Delivered."""
RETURNED_SHARE = 0.05
"""Of the lines that are delivered."""
RETURN_DAYS = (5, 40)
"""From delivery to return."""
RETURNED_IN_PART = 0.5
"""Share of the returned lines of several pieces."""


@dataclass(frozen=True)
class Lines:
    """Lines of orders, as columns; those of an order stand one after the other."""

    orders: NDArray[np.int64]
    """Which order each belongs to."""
    numbers: NDArray[np.int64]
    """Within the order, from 1 on."""
    price_cents: NDArray[np.int64]
    """Of one piece."""
    quantities: NDArray[np.int64]
    returned: NDArray[np.int64]
    """Pieces that come back, if the line does."""
    moments: NDArray[np.int64]
    """When each line gets each status, in milliseconds since 1970: a row a line, a column for each of `STATUSES`."""


def into_orders(
    random: np.random.Generator, sessions: NDArray[np.int64], ready_at_ms: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """What is bought in a session as lines of one order, or of several if it is more than `MOST_LINES`.

    Args:
        random: where the choices come from.
        sessions: of each line; ascending.
        ready_at_ms: when the shopper was last seen at each line's product.

    Returns:
        Of each line: its order, its number in it, and when the order was placed, 1 to 20 minutes after the last of its
        lines was ready.
    """
    place_in_session = np.arange(len(sessions)) - np.searchsorted(sessions, sessions)
    numbers = place_in_session % MOST_LINES + 1
    firsts = np.flatnonzero(numbers == 1)
    orders = np.cumsum(numbers == 1) - 1
    placed_at = np.maximum.reduceat(ready_at_ms, firsts) if len(firsts) else ready_at_ms
    placed_at = placed_at + random.integers(60_000, 1_200_000, size=len(firsts))
    return orders, numbers, placed_at[orders]


def ways(
    random: np.random.Generator,
    ordered_at_ms: NDArray[np.int64],
    returned_shares: NDArray[np.float64],
    returned_after_ms: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The moments of each line's statuses, as `Lines` has them.

    Args:
        random: where the choices come from.
        ordered_at_ms: when each line was ordered.
        returned_shares: how likely each comes back, once it is delivered.
        returned_after_ms: from each line's delivery to its return.
    """
    count = len(ordered_at_ms)
    shipped_at = ordered_at_ms + random.integers(2 * HOUR_MS, 48 * HOUR_MS, size=count)
    delivered_at = shipped_at + random.integers(36 * HOUR_MS, 96 * HOUR_MS, size=count)
    chance = random.random(count)
    is_unshipped = chance < CANCELLED_UNSHIPPED
    is_cancelled = chance < CANCELLED_UNSHIPPED + CANCELLED_UNDELIVERED
    # Who cancels before anything is shipped mostly does so soon.
    soon, some_time = random.random(count) ** 3, random.random(count)
    regretted_at = ordered_at_ms + 60_000 + (soon * (shipped_at - ordered_at_ms - 60_000)).astype(np.int64)
    stopped_at = shipped_at + 60_000 + (some_time * (delivered_at - shipped_at - 60_000)).astype(np.int64)
    is_returned = ~is_cancelled & (random.random(count) < returned_shares)

    moments = np.full((count, len(STATUSES)), NEVER)
    moments[:, PROCESSING] = ordered_at_ms
    moments[:, SHIPPED] = np.where(is_unshipped, NEVER, shipped_at)
    moments[:, DELIVERED] = np.where(is_cancelled, NEVER, delivered_at)
    moments[:, RETURNED] = np.where(is_returned, delivered_at + returned_after_ms, NEVER)
    moments[:, CANCELLED] = np.where(is_cancelled, np.where(is_unshipped, regretted_at, stopped_at), NEVER)
    return moments


def pieces(random: np.random.Generator, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each of `count` lines, how many pieces are ordered, and how many of them come back if the line does."""
    ordered = random.choice(len(QUANTITIES), size=count, p=QUANTITIES) + 1
    is_in_part = (ordered > 1) & (random.random(count) < RETURNED_IN_PART)
    some = random.integers(1, np.maximum(ordered, 2))
    return ordered, np.where(is_in_part, some, ordered)
