"""Customer Sentiment & Reviews, drawn."""

from collections.abc import Sequence

import streamlit as st

from dashboard import formats
from dashboard.charts.bars import bars, shares
from dashboard.charts.over_time import lines
from dashboard.charts.products import bubbles
from dashboard.colours import BAD, PINK, PRIMARY, SENTIMENT
from dashboard.filters import Filters
from dashboard.gold import Gold, Row
from dashboard.markup import Column, cards
from dashboard.measures import AVERAGE_RATING, REVIEWS, SENTIMENT_INDEX, SENTIMENT_SHARES, Measure
from dashboard.perspectives.visual import visual
from dashboard.queries import customer_reviews as queries
from dashboard.queries.measured import card, figures, moved
from dashboard.thresholds import thresholds

NEGATIVE = SENTIMENT_SHARES["Negative"]


def draw(gold: Gold, filters: Filters) -> None:
    """Cards, the weeks' ratings and sentiment, buckets, bubbles, products at risk, expensive and badly reviewed."""
    row = queries.summary(gold, filters)
    shown = figures(row, REVIEWS, SENTIMENT_INDEX, NEGATIVE)
    st.html(cards([card(gold, filters, AVERAGE_RATING), *shown], filters.days))
    at_risk = queries.products_at_risk(gold, filters)
    _at_risk(gold, at_risk)
    left, right = st.columns(2, gap="medium")
    with left:
        _trend(gold, filters)
        _buckets(row)
    with right:
        _bubbles(queries.product_bubbles(gold, filters), {risk["product_id"] for risk in at_risk})
        _expensive(queries.expensive_and_badly_reviewed(gold, filters))


def _at_risk(gold: Gold, rows: Sequence[Row]) -> None:
    products = len({row["product_id"] for row in rows})
    shown = [
        row
        | {
            "why": queries.REASONS.get(row["reason"], row["reason"]),
            "stars": f"{formats.two_places(row['average_rating_before'])} \N{RIGHTWARDS ARROW} "
            f"{formats.two_places(row['average_rating'])}",
            "words": f"{formats.number(row['sentiment_index_before'])} \N{RIGHTWARDS ARROW} "
            f"{formats.number(row['sentiment_index'])}",
        }
        for row in rows
    ]
    visual(
        "products_at_risk",
        f"{products} product{'s are' if products != 1 else ' is'} at risk, {rows[0]['product_name']} most"
        if rows
        else "",
        f"Products at risk on {formats.day(gold.as_of_date)}, nationwide: the last {thresholds().risk_window_days} "
        "days against as many before; period and state do not change it",
        None,
        columns=[
            Column("Product", "product_name"),
            Column("Reason", "why"),
            Column("Risk score", "risk_score", formats.number),
            Column("Average Rating", "stars", str),
            Column("Sentiment Index", "words", str),
            Column("Negative %", "negative_share", formats.percent),
            Column("Reviews", "review_count", formats.number),
            Column("At risk since", "flagged_since", formats.day),
        ],
        rows=shown,
        empty="No product is at risk",
    )


def _trend(gold: Gold, filters: Filters) -> None:
    rows = queries.rating_trend(gold, filters)
    visual(
        "rating_trend",
        f"{_movement(gold, filters, AVERAGE_RATING)}; {_movement(gold, filters, SENTIMENT_INDEX)}",
        "Average Rating and Sentiment Index by week (from Monday); the title compares the period's halves",
        lines(
            rows,
            "week_start_date",
            {"Average Rating": PRIMARY, "Sentiment Index": PINK},
            {"Average Rating": AVERAGE_RATING.show, "Sentiment Index": SENTIMENT_INDEX.show},
            tick_format="",
            apart=True,
            height=330,
        ),
        columns=[
            Column("Week of", "week_start_date", formats.day),
            *map(Column.of, (AVERAGE_RATING, SENTIMENT_INDEX, REVIEWS)),
        ],
        rows=rows,
        empty="No reviews in this selection",
    )


def _movement(gold: Gold, filters: Filters, measure: Measure) -> str:
    """From the period's first half to its second, in words."""
    first, second = (measure.show(value) for value in moved(gold, filters, measure))
    if formats.BLANK in (first, second):
        return f"{measure.name} has one half to tell of"
    if first == second:
        return f"{measure.name} held at {second}"
    return f"{measure.name} {'rose' if float(second) > float(first) else 'fell'} from {first} to {second}"


def _buckets(row: Row) -> None:
    parts = [(bucket, row[f"{bucket} %"], SENTIMENT[bucket]) for bucket in SENTIMENT]
    judged = parts[0][1] is not None
    visual(
        "sentiment_buckets",
        f"{formats.percent(row['Positive %'])} of reviews with text sound positive, "
        f"{formats.percent(row['Negative %'])} negative",
        "Positive %, Neutral %, Negative % of the reviews that have text",
        shares(parts, formats.percent) if judged else None,
        columns=[Column("Bucket", "bucket"), Column("Share", "share", formats.percent)],
        rows=[{"bucket": bucket, "share": share} for bucket, share, _ in parts] if judged else [],
        empty="No review in this selection has text",
    )


def _bubbles(rows: Sequence[Row], at_risk: set[str]) -> None:
    worst = min(rows, key=lambda row: row["Sentiment Index"], default=None)
    visual(
        "product_bubbles",
        f"{worst['product_name']} sounds worst of the {len(rows)} most reviewed products: Sentiment Index "
        f"{formats.number(worst['Sentiment Index'])} in {formats.number(worst['Reviews'])} reviews"
        if worst
        else "",
        "Products by Average Rating and Sentiment Index; the larger, the more Reviews; vermilion: at risk",
        bubbles(
            rows,
            [BAD if row["product_id"] in at_risk else PRIMARY for row in rows],
            [row["product_id"] in at_risk or row is worst for row in rows],
        )
        if rows
        else None,
        columns=[
            Column("Product", "product_name"),
            Column("Category", "category"),
            *map(Column.of, (REVIEWS, AVERAGE_RATING, SENTIMENT_INDEX, NEGATIVE)),
        ],
        rows=rows,
        empty="No review in this selection has text",
    )


def _expensive(rows: Sequence[Row]) -> None:
    limit = thresholds().low_average_rating
    bad = [row for row in rows if row["Average Rating"] <= limit]
    if bad:
        title = (
            f"{bad[0]['product_name']} costs {formats.dollars(bad[0]['list_price'])} and has "
            f"{formats.two_places(bad[0]['Average Rating'])} stars"
        )
    else:
        title = "No expensive product is badly reviewed"
    visual(
        "expensive_and_badly_reviewed",
        title,
        f"Average Rating of the dearest tenth of each category, worst first; {limit:g} stars or fewer are bad; "
        f"products with {thresholds().risk_minimum_reviews} reviews or more",
        bars(
            rows,
            "product_name",
            "Average Rating",
            AVERAGE_RATING.show,
            colours=[BAD if row in bad else PRIMARY for row in rows],
            texts=[
                f"{AVERAGE_RATING.show(row['Average Rating'])}, {formats.dollars(row['list_price'])}" for row in rows
            ],
            highest=5,
        ),
        columns=[
            Column("Product", "product_name"),
            Column("Category", "category"),
            Column("List price", "list_price", formats.dollars),
            *map(Column.of, (REVIEWS, AVERAGE_RATING)),
        ],
        rows=rows,
        empty=f"No expensive product has {thresholds().risk_minimum_reviews} reviews in this selection",
    )
