"""Conversion Analysis: who buys, and where shoppers leave."""

from dashboard.filters import Filters
from dashboard.gold import Gold, Row
from dashboard.measures import (
    CLICK_DROP_OFF,
    CONVERSION,
    JOURNEYS_CLICKED,
    JOURNEYS_PURCHASED,
    JOURNEYS_VIEWED,
    PURCHASE_DROP_OFF,
    PURCHASED_UNVIEWED,
    WINNER_SCORE,
)
from dashboard.queries.measured import measured
from dashboard.thresholds import thresholds


def funnel(gold: Gold, filters: Filters) -> Row:
    """Journeys Viewed, Clicked and Purchased, drop-offs, Conversion %, and the purchases that are in none of them."""
    return measured(
        gold,
        filters,
        *(JOURNEYS_VIEWED, JOURNEYS_CLICKED, JOURNEYS_PURCHASED),
        *(CLICK_DROP_OFF, PURCHASE_DROP_OFF, CONVERSION, PURCHASED_UNVIEWED),
    )[0]


def conversion_trend(gold: Gold, filters: Filters) -> list[Row]:
    """business_date, Conversion %, Journeys Viewed; days too young for Conversion % are left out."""
    rows = measured(gold, filters, CONVERSION, JOURNEYS_VIEWED, by=("business_date",))
    return [row for row in rows if row["Conversion %"] is not None]


def drop_off_by_category(gold: Gold, filters: Filters) -> list[Row]:
    """category, Journeys Viewed, both drop-offs; highest Purchase Drop-off % first, those without one last."""
    rows = measured(gold, filters, JOURNEYS_VIEWED, CLICK_DROP_OFF, PURCHASE_DROP_OFF, by=("category",))
    return sorted(rows, key=lambda row: (-(row["Purchase Drop-off %"] or -1), row["category"]))


def winning_products(gold: Gold, filters: Filters, most: int = 10) -> list[Row]:
    """product_name, category, Journeys Viewed, Conversion %, Winner Score, is_winner; highest score first.

    A winner's score is far above the Conversion % of all products in the same context; `winner_lift` says how far.
    """
    rows = measured(
        gold, filters, JOURNEYS_VIEWED, CONVERSION, WINNER_SCORE, by=("product_id", "product_name", "category")
    )
    overall = measured(gold, filters, CONVERSION)[0]["Conversion %"]
    scored = [row for row in rows if row["Winner Score"] is not None]
    ranked = sorted(scored, key=lambda row: (-row["Winner Score"], row["product_id"]))[:most]
    return [row | {"is_winner": row["Winner Score"] >= thresholds().winner_lift * overall} for row in ranked]
