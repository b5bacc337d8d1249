-- One row: how far gold reaches. "Today" everywhere is this day, not a clock.
{% set latest_date = last_business_date() %}

with

latest_events as (
    select
        business_date,
        ordered_at as happened_at
    from {{ ref('orders') }}
    union all
    select
        business_date,
        occurred_at
    from {{ ref('engagement_events') }}
    union all
    select
        business_date,
        reviewed_at
    from {{ ref('reviews') }}
),

as_of as (
    select
        max(business_date) as as_of_date,
        max(happened_at) as latest_event_at,
        current_timestamp() as refreshed_at
    from latest_events
    where business_date = {{ date_literal(latest_date, otherwise='current_date()') }}
)

select * from as_of
