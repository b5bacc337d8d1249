"""Pipeline Health: what landed, what became of it, and how long it took."""

from dashboard.gold import Gold, Row

LATEST_HOURS = 48


def verdicts(gold: Gold) -> list[Row]:
    """One row for each hub, over all hours: landed, accepted, updates, duplicates, quarantined,
    quarantined_share."""
    return gold.rows(
        """
        select
            hub,
            sum(landed) as landed,
            sum(accepted) as accepted,
            sum(updates) as updates,
            sum(duplicates) as duplicates,
            sum(quarantined) as quarantined,
            ratio(sum(quarantined), sum(landed)) as quarantined_share,
            max(latest_event_at) as latest_event_at
        from pipeline_health
        group by hub
        order by landed desc, hub
        """
    )


def hours(gold: Gold) -> list[Row]:
    """The latest hours (UTC) in which something landed, all hubs together: landed_hour_at and the counts."""
    return gold.rows(
        """
        select
            landed_hour_at,
            sum(landed) as landed,
            sum(accepted) as accepted,
            sum(updates) as updates,
            sum(duplicates) as duplicates,
            sum(quarantined) as quarantined
        from pipeline_health
        group by landed_hour_at
        qualify row_number() over (order by landed_hour_at desc) <= $most
        order by landed_hour_at
        """,
        {"most": LATEST_HOURS},
    )


def delays(gold: Gold) -> list[Row]:
    """For each hub and each of its latest hours the P50 and P95 of seconds from event to silver. They don't add up."""
    return gold.rows(
        """
        select
            hub,
            landed_hour_at,
            accepted,
            delay_to_silver_p50_seconds as p50,
            delay_to_silver_p95_seconds as p95
        from pipeline_health
        where accepted > 0
        qualify row_number() over (partition by hub order by landed_hour_at desc) <= $most
        order by hub, landed_hour_at
        """,
        {"most": LATEST_HOURS},
    )
