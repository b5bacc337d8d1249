"""The ledger's account of messages that are handed out, by the rules by which silver and gold judge them."""

from dataclasses import dataclass
from typing import NamedTuple

from simulator.faults import Fault
from simulator.ledger import ENGAGEMENT, Ledger
from simulator.orders import CANCELLED, RETURNED
from simulator.shop import CLICK, HUB_OF, LIKE, ORDER, REVIEW, VIEW

BITS = (1, 2, 0, 4)
"""What an accepted view, click, like or order adds to what is known of its journey."""


class Entry(NamedTuple):
    """What the ledger has to know of one message; products, contents and states by name."""

    subject: int
    """What it tells of, such as an order line or a review: silver knows it by the message's key."""
    kind: int
    fault: int
    version: int
    journey: int
    order: int
    """Of an order line: its order."""
    product: str
    content: str
    state: str
    cents: int
    """Of an order line: the price of one piece."""
    number: int
    """Of an order line: pieces; of a review: stars."""


@dataclass(slots=True)
class _Line:
    """An order line as its messages so far tell it: price and pieces by the first that was accepted."""

    cents: int
    quantity: int
    status: int = 0
    named: int = 0
    """Pieces of which a message said that they come back; 0: none said how many."""

    def hear(self, entry: Entry) -> None:
        """Move on by a message, the first one too. What it leaves out names no pieces."""
        self.status = max(self.status, entry.version)
        if entry.version == RETURNED and entry.fault != Fault.MISSING_QUANTITY:
            self.named = max(self.named, entry.number)

    @property
    def cancelled_cents(self) -> int:
        return self.cents * self.quantity if self.status == CANCELLED else 0

    @property
    def returned_cents(self) -> int:
        return self.cents * min(self.named or self.quantity, self.quantity) if self.status == RETURNED else 0


class Account:
    """What is known of each event, order line and review so far; each message moves it on, and the ledger with it.

    The first message of a line is the first that lands, whatever it was meant to be. If the line's own first message is
    rejected or late, the next one is accepted, and the line has the price and the pieces that it says. A message of a
    return names the pieces that come back: where it lands first, they are all that is known of the line, and all of it
    came back.

    Args:
        subjects: how many numbers of subjects there are.
        journeys: how many journeys.
        orders: how many orders.
    """

    def __init__(self, subjects: int, journeys: int, orders: int) -> None:
        self._versions = bytearray(subjects)
        """The latest that was accepted, counted from 1; 0: none."""
        self._stages = bytearray(journeys)
        self._is_ordered = bytearray(orders)
        self._lines: dict[int, _Line] = {}
        self._stars: dict[int, int] = {}

    def count(self, entry: Entry, ledger: Ledger) -> None:
        """Write one message that is handed out into the ledger."""
        subject, kind, fault, version, journey, _order, product, content, _state, _cents, _number = entry
        hub = ledger.hubs[HUB_OF[kind]]
        hub.sent += 1
        if fault and (reason := Fault(fault).reason(HUB_OF[kind])):
            hub.reasons[reason] += 1
            return
        before = self._versions[subject]
        if not before:
            hub.accepted += 1
            hub.new_fields += fault == Fault.NEW_FIELD
            if kind <= LIKE:
                ledger.engagement[content, ENGAGEMENT[kind]] += 1
            if kind <= ORDER:
                self._count_stage(kind, journey, product, ledger)
        elif version >= before:
            hub.updates += 1
        else:
            hub.duplicates += 1
        if version >= before:
            self._versions[subject] = version + 1
            if kind == REVIEW:
                self._count_review(entry, ledger)
        if kind == ORDER:
            self._count_line(entry, ledger)

    def _count_review(self, entry: Entry, ledger: Ledger) -> None:
        """The latest version stands; a rating takes the place of the one before it."""
        ledger.ratings[entry.product, "reviews"] += entry.subject not in self._stars
        ledger.ratings[entry.product, "stars"] += entry.number - self._stars.get(entry.subject, 0)
        self._stars[entry.subject] = entry.number

    def _count_line(self, entry: Entry, ledger: Ledger) -> None:
        line, state = self._lines.get(entry.subject), entry.state
        if not line:
            line = self._lines[entry.subject] = _Line(entry.cents, entry.number)
            ledger.revenue_cents[state] += entry.cents * entry.number
            ledger.items[state] += entry.number
            ledger.lines[state] += 1
            ledger.orders[state] += not self._is_ordered[entry.order]
            self._is_ordered[entry.order] = 1
        cancelled, returned = line.cancelled_cents, line.returned_cents
        line.hear(entry)
        ledger.cancelled_cents[state] += line.cancelled_cents - cancelled
        ledger.returned_cents[state] += line.returned_cents - returned

    def _count_stage(self, kind: int, journey: int, product: str, ledger: Ledger) -> None:
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
