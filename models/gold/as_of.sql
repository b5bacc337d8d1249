-- One row: how far gold reaches. "Today" everywhere is this day, not a clock.
{% set messages = [ref('order_messages'), ref('engagement_messages'), ref('review_messages')] %}
{% set latest_date = latest_business_date(facts_by_date(), messages) %}

with

latest_events as (
    select
        business_date,
        ordered_at as happened_at,
        ingested_at
    from {{ ref('order_lines') }}
    union all
    select
        business_date,
        occurred_at,
        ingested_at
    from {{ ref('engagement_events') }}
    union all
    select
        business_date,
        reviewed_at,
        ingested_at
    from {{ ref('reviews') }}
),

as_of as (
    select
        max(business_date) as as_of_date,
        -- An event from a clock that is ahead happened when it arrived, at the latest.
        max(least(happened_at, ingested_at)) as latest_event_at,
        current_timestamp() as refreshed_at
    from latest_events
    where business_date = {{ latest_date }}
)

select * from as_of
