"""The ledger: the truth about what was sent, by which a run is judged."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.contracts import HUBS
from ingestion.errors import UserError

STAGES = ("viewed", "clicked", "purchased")
ENGAGEMENT = ("views", "clicks", "likes")
RATINGS = ("reviews", "stars")


@dataclass
class HubLedger:
    """What was sent to one hub: messages, and what must become of them."""

    sent: int = 0
    accepted: int = 0
    updates: int = 0
    """Messages that come again under their key and say something newer than all before: a later status, an edit."""
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Messages that must be quarantined, by reason code; each has one."""
    new_fields: int = 0
    """Of the accepted messages, those with a field that the contract lacks."""

    @property
    def quarantined(self) -> int:
        """Messages that must be quarantined."""
        return self.reasons.total()

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "sent": self.sent,
            "accepted": self.accepted,
            "updates": self.updates,
            "duplicates": self.duplicates,
            "quarantined": self.quarantined,
            "reasons": dict(sorted(self.reasons.items())),
            "new_fields": self.new_fields,
        }

    def add(self, other: "HubLedger") -> None:
        """Add what another run sent."""
        self.sent += other.sent
        self.accepted += other.accepted
        self.updates += other.updates
        self.duplicates += other.duplicates
        self.reasons += other.reasons
        self.new_fields += other.new_fields


@dataclass
class Ledger:
    """What one run of the simulator sent, or several together; all but `hubs` tells of what was not rejected."""

    hubs: dict[str, HubLedger] = field(default_factory=lambda: {hub: HubLedger() for hub in HUBS})
    revenue_cents: Counter[str] = field(default_factory=Counter)
    """What was ordered, by state code, cancelled and returned or not."""
    cancelled_cents: Counter[str] = field(default_factory=Counter)
    """The part of it whose line is cancelled, by state code."""
    returned_cents: Counter[str] = field(default_factory=Counter)
    """The part of it that came back, by state code; none of a line that is cancelled."""
    items: Counter[str] = field(default_factory=Counter)
    """Pieces ordered, by state code."""
    orders: Counter[str] = field(default_factory=Counter)
    """Orders, by state code; an order of several lines is one."""
    lines: Counter[str] = field(default_factory=Counter)
    """Order lines, by state code."""
    funnel: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Journeys (session x product) by product and stage: viewed; of those, clicked or purchased; purchased."""
    engagement: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Events by content type and kind: views, clicks, likes."""
    ratings: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By product: reviews, and the sum of their stars, each review as it was last edited."""
    stories: list[dict[str, str]] = field(default_factory=list)
    """What was planted; see `simulator.stories`."""

    @property
    def sent(self) -> int:
        """Messages to all hubs."""
        return sum(hub.sent for hub in self.hubs.values())

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it; money in dollars, exact to the cent."""
        return {
            "hubs": {name: hub.as_dict() for name, hub in self.hubs.items()},
            "revenue_by_state": _in_dollars(self.revenue_cents),
            "cancelled_by_state": _in_dollars(self.cancelled_cents),
            "returned_by_state": _in_dollars(self.returned_cents),
            "items_by_state": _sorted(self.items),
            "orders_by_state": _sorted(self.orders),
            "lines_by_state": _sorted(self.lines),
            "funnel_by_product": _nested(self.funnel, STAGES),
            "engagement_by_content_type": _nested(self.engagement, ENGAGEMENT),
            "ratings_by_product": _nested(self.ratings, RATINGS),
            "stories": self.stories,
        }

    def add(self, other: "Ledger") -> None:
        """Add what another run sent. Its sessions must be others: a journey in both would count twice."""
        for name, hub in other.hubs.items():
            self.hubs[name].add(hub)
        self.revenue_cents += other.revenue_cents
        self.cancelled_cents += other.cancelled_cents
        self.returned_cents += other.returned_cents
        self.items += other.items
        self.orders += other.orders
        self.lines += other.lines
        self.funnel += other.funnel
        self.engagement += other.engagement
        self.ratings += other.ratings
        self.stories = self.stories + other.stories

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, self.as_dict())


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all: a reader never finds half a file."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=2) + "\n")
    part.replace(path)


def read_ledger(path: Path) -> Ledger:
    """One run's ledger, as `Ledger.write` left it."""
    content = json.loads(path.read_text())
    return Ledger(
        hubs={
            name: HubLedger(
                sent=hub["sent"],
                accepted=hub["accepted"],
                updates=hub["updates"],
                duplicates=hub["duplicates"],
                reasons=Counter(hub["reasons"]),
                new_fields=hub["new_fields"],
            )
            for name, hub in content["hubs"].items()
        },
        revenue_cents=_in_cents(content["revenue_by_state"]),
        cancelled_cents=_in_cents(content["cancelled_by_state"]),
        returned_cents=_in_cents(content["returned_by_state"]),
        items=Counter(content["items_by_state"]),
        orders=Counter(content["orders_by_state"]),
        lines=Counter(content["lines_by_state"]),
        funnel=_flat(content["funnel_by_product"]),
        engagement=_flat(content["engagement_by_content_type"]),
        ratings=_flat(content["ratings_by_product"]),
        stories=content["stories"],
    )


def sum_of(paths: Iterable[Path]) -> Ledger:
    """Several runs' ledgers together."""
    total = Ledger()
    for path in paths:
        total.add(read_ledger(path))
    return total


def ledger_for(folder: Path, seed: int | None) -> tuple[int, Path]:
    """The seed of a new run and where its ledger goes. Without a seed: the next that was not used here.

    Raises:
        UserError: the seed was used here; its events, keys included, would come again.
    """
    used = {int(path.stem.removeprefix("seed-")) for path in folder.glob("seed-*.json")}
    if seed in used:
        raise UserError(f"Seed {seed} was sent before, so all its events would be duplicates. Choose another --seed.")
    chosen = seed if seed is not None else max(used, default=0) + 1
    return chosen, folder / f"seed-{chosen}.json"


def _sorted(counts: Counter[str]) -> dict[str, int]:
    """By name, without those of which there is none (left)."""
    return {name: count for name, count in sorted(counts.items()) if count}


def _in_dollars(cents: Counter[str]) -> dict[str, float]:
    return {state: count / 100 for state, count in _sorted(cents).items()}


def _in_cents(dollars: dict[str, float]) -> Counter[str]:
    return Counter({state: round(amount * 100) for state, amount in dollars.items()})


def _nested(counts: Counter[tuple[str, str]], names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    return {outer: {name: counts[outer, name] for name in names} for outer in sorted({outer for outer, _ in counts})}


def _flat(content: dict[str, dict[str, int]]) -> Counter[tuple[str, str]]:
    return Counter({(outer, name): count for outer, counts in content.items() for name, count in counts.items()})
