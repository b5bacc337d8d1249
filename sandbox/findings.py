"""What stands out in gold, in words: the flagged rows of the perspectives' queries, one sentence each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.console import console, untrusted
from sandbox.perspectives import Perspectives

Row = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One thing that stands out: its kind (as the simulator names its stories), a sentence, and the row behind it."""

    kind: str
    perspective: str
    text: str
    row: Row

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        row = {name: value if isinstance(value, bool | int | float) else str(value) for name, value in self.row.items()}
        return {"kind": self.kind, "perspective": self.perspective, "text": self.text, "row": row}


@dataclass(frozen=True)
class _Source:
    """Where findings of one kind come from: a query, which of its rows, and how to say them."""

    kind: str
    perspective: str
    query: str
    is_found: Callable[[Row], bool]
    say: Callable[[Row], str]


def _is_flagged(row: Row) -> bool:
    return bool(row["is_flagged"])


SOURCES = [
    _Source(
        "surge",
        "executive_overview",
        "state_surges",
        _is_flagged,
        lambda row: (
            f"{row['state_name']} surged on {row['begins_at']:%Y-%m-%d} from {row['begins_at']:%H:%M} to "
            f"{row['ends_at']:%H:%M} UTC: {row['orders']:,} orders, where {row['expected_orders']:,.0f} were to be "
            "expected."
        ),
    ),
    _Source(
        "winning_product",
        "conversion_analysis",
        "winning_products",
        _is_flagged,
        lambda row: (
            f"{row['product_name']} wins: {row['conversion']:.1%} of {row['viewed']:,} journeys end in a purchase, "
            f"{row['conversion'] / row['overall_conversion']:.1f} times the shop's {row['overall_conversion']:.1%}."
        ),
    ),
    _Source(
        "checkout_drop_off",
        "conversion_analysis",
        "checkout_drop_offs",
        _is_flagged,
        lambda row: (
            f"{row['category']} loses shoppers between click and purchase since {row['begins']}: "
            f"{row['purchase_drop_off_after']:.1%} leave, {row['purchase_drop_off_before']:.1%} did before."
        ),
    ),
    _Source(
        "vanity_content",
        "social_engagement",
        "content_types",
        lambda row: row["verdict"] == "vanity",
        lambda row: (
            f"{row['content_type']} is vanity: {row['views']:,} views, but only {row['value_index']:.2f} times its "
            "share of purchases."
        ),
    ),
    _Source(
        "value_content",
        "social_engagement",
        "content_types",
        lambda row: row["verdict"] == "value",
        lambda row: (
            f"{row['content_type']} is value: with {row['views']:,} views it brings {row['value_index']:.1f} times its "
            f"share of purchases, ${row['attributed_revenue']:,.0f}."
        ),
    ),
    _Source(
        "high_price_low_review",
        "customer_reviews",
        "at_risk",
        lambda row: row["reason"] == "high_price_low_review",
        lambda row: (
            f"{row['product_name']} is expensive and badly reviewed: {row['average_rating']:.1f} stars in the last "
            f"{row['review_count']:,} reviews, at risk since {row['flagged_since']}."
        ),
    ),
    _Source(
        "hidden_dissatisfaction",
        "customer_reviews",
        "at_risk",
        lambda row: row["reason"] == "hidden_dissatisfaction",
        lambda row: (
            f"{row['product_name']} has turned bad in the words of its reviews: Sentiment Index from "
            f"{row['sentiment_index_before']:.0f} to {row['sentiment_index']:.0f} in four weeks, stars from "
            f"{row['average_rating_before']:.1f} to {row['average_rating']:.1f}; at risk since {row['flagged_since']}."
        ),
    ),
    _Source(
        "rising_returns",
        "customer_reviews",
        "rising_returns",
        _is_flagged,
        lambda row: (
            f"{row['product_name']} comes back more and more: {row['share']:.0%} of the {row['delivered']:,} lines "
            f"ordered from {row['first_date']} to {row['last_date']}, {row['share_before']:.0%} before; "
            f"${row['returned_revenue']:,.0f} went back."
        ),
    ),
]


def findings(perspectives: Perspectives) -> list[Finding]:
    """What stands out, in the order of the perspectives."""
    rows = {
        (source.perspective, source.query): perspectives.rows(source.perspective, source.query) for source in SOURCES
    }
    return [
        Finding(source.kind, source.perspective, source.say(row), row)
        for source in SOURCES
        for row in rows[source.perspective, source.query]
        if source.is_found(row)
    ]


def show_findings(found: list[Finding]) -> None:
    """Print them for people."""
    console.print("What stands out", style="italic")
    for finding in found:
        console.print(untrusted(f"  {finding.text}"), soft_wrap=False)
    if not found:
        console.print("  Nothing: no surge, drop-off, winner, vanity, product at risk or rise of returns.")
