"""When events are sent: soon after they happen, a little out of order, some late, some twice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.faults import FaultRates
from simulator.rhythm import DAY_MS, HOUR_MS


@dataclass(frozen=True)
class Delays:
    """How long things take, each from and up to, in milliseconds."""

    late: tuple[int, int]
    """From a late event to its sending."""
    again: tuple[int, int]
    """From the first sending to the second."""


IN_HISTORY = Delays(late=(HOUR_MS, 10 * DAY_MS), again=(1_000, 3 * DAY_MS))
IN_LIVE = Delays(late=(60_000, 600_000), again=(1_000, 600_000))
JITTER_MS = 5_000


@dataclass(frozen=True)
class Sendings:
    """Which events are sent and when, as columns of equal length, in order of time."""

    events: NDArray[np.int64]
    """Numbers of events; what is sent twice is here twice."""
    at_ms: NDArray[np.int64]

    def of(self, chosen: NDArray[np.bool_]) -> "Sendings":
        """Some of them, in the same order."""
        return Sendings(self.events[chosen], self.at_ms[chosen])


def sendings(
    random: np.random.Generator,
    happened_at_ms: NDArray[np.int64],
    rates: FaultRates,
    delays: Delays,
    until_ms: int | None = None,
    *,
    is_update: NDArray[np.bool_] | None = None,
) -> Sendings:
    """When each of some events is sent.

    Args:
        random: where the choices come from.
        happened_at_ms: the events' times, in milliseconds since 1970.
        rates: which share is late, which is sent twice, and which of the updates is not sent at all.
        delays: how late, and how long after the first time.
        until_ms: what happens later is not sent, and nothing is sent later.
        is_update: which events say something new of what others told before; none, if not given.
    """
    count = len(happened_at_ms)
    sent_at = happened_at_ms + random.integers(0, JITTER_MS, size=count)
    late = np.flatnonzero(random.random(count) < rates.late)
    sent_at[late] = happened_at_ms[late] + random.integers(*delays.late, size=len(late))
    again = np.flatnonzero(random.random(count) < rates.duplicate)
    events = np.concatenate([np.arange(count), again])
    at_ms = np.concatenate([sent_at, sent_at[again] + random.integers(*delays.again, size=len(again))])
    if until_ms is not None:
        happened = happened_at_ms[events] <= until_ms
        events, at_ms = events[happened], np.minimum(at_ms[happened], until_ms)
    if is_update is not None:
        lost = is_update & (random.random(count) < rates.lost_update)
        events, at_ms = events[~lost[events]], at_ms[~lost[events]]
    order = np.argsort(at_ms, kind="stable")
    return Sendings(events[order], at_ms[order])


def messages_by_session(sent: Sendings, session_of_events: NDArray[np.int64], sessions: int) -> NDArray[np.int64]:
    """How many messages each session's events make."""
    return np.bincount(session_of_events[sent.events], minlength=sessions)
