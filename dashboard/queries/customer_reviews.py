"""Customer Sentiment & Reviews: what customers say, and of what."""

from dashboard.filters import Column, Filters
from dashboard.gold import Gold, Row
from dashboard.measures import AVERAGE_RATING, REVIEWS, SENTIMENT_INDEX, SENTIMENT_SHARES
from dashboard.queries.measured import measured
from dashboard.thresholds import thresholds

REASONS = {
    "hidden_dissatisfaction": "Texts turn bad while stars lag behind",
    "high_price_low_review": "Expensive and badly reviewed",
}
"""What the reasons of products_at_risk mean, for people."""


def summary(gold: Gold, filters: Filters) -> Row:
    """Reviews, Average Rating, Sentiment Index and the shares of the buckets."""
    return measured(gold, filters, REVIEWS, AVERAGE_RATING, SENTIMENT_INDEX, *SENTIMENT_SHARES.values())[0]


def rating_trend(gold: Gold, filters: Filters) -> list[Row]:
    """week_start_date, Reviews, Average Rating, Sentiment Index."""
    return measured(gold, filters, REVIEWS, AVERAGE_RATING, SENTIMENT_INDEX, by=("week_start_date",))


def product_bubbles(gold: Gold, filters: Filters, most: int = 40) -> list[Row]:
    """product_id, product_name, Reviews, Average Rating, Sentiment Index, Negative %; most Reviews first."""
    rows = measured(
        gold,
        filters,
        *(REVIEWS, AVERAGE_RATING, SENTIMENT_INDEX, SENTIMENT_SHARES["Negative"]),
        by=("product_id", "product_name", "category"),
    )
    judged = [row for row in rows if row["Sentiment Index"] is not None]
    return sorted(judged, key=lambda row: (-row["Reviews"], row["product_id"]))[:most]


def products_at_risk(gold: Gold, filters: Filters) -> list[Row]:
    """The products at risk on the as_of day, nationwide: of the slicers only the category has a say."""
    sliced_by: tuple[Column, ...] = ("categories",)
    return gold.rows(
        f"""
        select
            risks.*,
            coalesce(products.product_name, risks.product_id) as product_name,
            coalesce(products.category, 'Unknown') as category,
            products.list_price
        from products_at_risk as risks
        left join dim_product as products on risks.product_id = products.product_id
        where {filters.where(sliced_by)}
        order by risks.risk_score desc, risks.product_id
        """,
        filters.parameters(sliced_by),
    )


def expensive_and_badly_reviewed(gold: Gold, filters: Filters, most: int = 10) -> list[Row]:
    """product_name, category, list_price, Reviews, Average Rating of expensive products; worst first.

    None is judged by fewer than `risk_minimum_reviews` reviews.
    """
    rows = measured(
        gold,
        filters,
        *(REVIEWS, AVERAGE_RATING),
        by=("product_id", "product_name", "category", "list_price"),
        where="is_expensive",
    )
    judged = [row for row in rows if row["Reviews"] >= thresholds().risk_minimum_reviews]
    return sorted(judged, key=lambda row: (row["Average Rating"], row["product_id"]))[:most]
