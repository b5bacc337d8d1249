"""The tables whose rows an incremental run and a full refresh must agree on."""

from typing import Final

INCREMENTAL_TABLES: Final[dict[str, tuple[str, ...]]] = {
    "silver.order_keys": ("processed_batch",),
    "silver.engagement_keys": ("processed_batch",),
    "silver.review_keys": ("processed_batch",),
    "silver.order_messages": ("processed_batch", "processed_at"),
    "silver.engagement_messages": ("processed_batch", "processed_at"),
    "silver.review_messages": ("processed_batch", "processed_at"),
    "silver.reviews": ("processed_batch", "message_batch"),
    "silver.journeys": ("processed_batch", "engagement_batch", "order_batch"),
    "silver.product_sightings": ("order_batch", "engagement_batch", "review_batch"),
    "gold.fct_order_lines": ("processed_batch",),
    "gold.dim_customer": ("processed_batch",),
    "gold.fct_customer_cohorts": ("processed_batch",),
    "gold.fct_sales_by_state_minute": ("processed_batch", "category_batch"),
    "gold.fct_sales_by_product_day": ("processed_batch",),
    "gold.fct_engagement_by_product_day": ("processed_batch",),
    "gold.fct_funnel_by_product_day": ("processed_batch",),
    "gold.fct_reviews": ("processed_batch",),
    # A full refresh gives silver a new time.
    "gold.pipeline_health": (
        "order_batch",
        "engagement_batch",
        "review_batch",
        "delay_to_silver_p50_seconds",
        "delay_to_silver_p95_seconds",
        "delay_to_silver_p99_seconds",
    ),
}
"""Each with the columns that tell of the runs and not of the events: when a row was worked on, not what it means."""

ONLY_INCREMENTAL: Final = ("--select", "config.materialized:incremental", "dim_product")
"""What a run must select to bring these tables up to date, where the others are of no interest. `dim_product` is a
plain table, and says under which category sales are stored."""
