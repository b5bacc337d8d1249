-- One row: how far gold reaches. "Today" everywhere is this day, not a clock.
{% set latest_date = highest(ref('fct_sales_by_state_minute'), 'business_date') %}

with

latest_orders as (
    select * from {{ ref('orders') }}
    where business_date = {{ date_literal(latest_date, otherwise='current_date()') }}
),

as_of as (
    select
        max(business_date) as as_of_date,
        max(ordered_at) as latest_event_at,
        current_timestamp() as refreshed_at
    from latest_orders
)

select * from as_of
