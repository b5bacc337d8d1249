-- One row for each session and product that met: viewed, clicked, liked or bought. It belongs to the date, the content
-- type and the state of its first event. Journeys that got an event are computed again from all their events.
{{ config(
    materialized='incremental',
    unique_key=['session_id', 'product_id'],
    partition_by='business_date',
) }}
{% set picked_engagement = pick(ref('engagement_messages'), 'processed_batch', mark='engagement_batch') %}
{% set picked_orders = pick(ref('order_messages'), 'processed_batch', mark='order_batch') %}
{% set dates = dates_of_journeys(
    ref('engagement_events'), picked_engagement, ref('orders'), picked_orders
) %}
{{ merge_only_where(dates) }}

with

engagement_events as (
    select * from {{ ref('engagement_events') }}
    where {{ dates }} and {{ arrived_by(picked_engagement) }}
),

orders as (
    select * from {{ ref('orders') }}
    where {{ dates }} and {{ arrived_by(picked_orders) }} and session_id is not null
),

events as (
    select
        session_id,
        product_id,
        occurred_at as happened_at,
        event_type as stage,
        named_struct(
            'business_date', business_date,
            'content_type', content_type,
            'state_code', state_code
        ) as place,
        struct(occurred_at, 0 as hub, topic_generation, partition, offset) as place_in_time,
        cast(null as decimal(18, 2)) as sales,
        processed_batch as engagement_batch,
        cast(null as bigint) as order_batch,
        {{ picked_engagement }} as is_picked
    from engagement_events
    union all
    select
        session_id,
        product_id,
        ordered_at as happened_at,
        'purchase' as stage,
        named_struct(
            'business_date', business_date,
            'content_type', {{ known_content_type('content_type') }},
            'state_code', state_code
        ) as place,
        struct(ordered_at, 1 as hub, topic_generation, partition, offset) as place_in_time,
        total_amount as sales,
        cast(null as bigint) as engagement_batch,
        processed_batch as order_batch,
        {{ picked_orders }} as is_picked
    from orders
),

-- All events of the journeys that got one: a day has many more events than a batch, and grouping is what costs.
recomputed as (
    {{ rows_of_touched_groups('events', ['session_id', 'product_id'], 'is_picked') }}
),

grouped as (
    select
        session_id,
        product_id,
        min(happened_at) as began_at,
        min_by(place, place_in_time) as first_place,
        array_sort(collect_set(place)) as places,
        bool_or(stage = 'view') as is_viewed,
        bool_or(stage = 'click') as is_clicked,
        bool_or(stage = 'like') as is_liked,
        bool_or(stage = 'purchase') as is_purchased,
        coalesce(sum(sales), 0) as sales,
        max(engagement_batch) as engagement_batch,
        max(order_batch) as order_batch
    from recomputed
    group by session_id, product_id
),

journeys as (
    select
        {{ journey_hash() }} as journey_hash,
        session_id,
        product_id,
        first_place.business_date,
        began_at,
        first_place.content_type,
        first_place.state_code,
        is_viewed,
        is_clicked,
        is_liked,
        is_purchased,
        cast(sales as decimal(18, 2)) as sales,
        -- The groups that it may have stood in before, when fewer of its events were known: gold touches them all.
        places,
        engagement_batch,
        order_batch,
        {{ next_batch('processed_batch') }} as processed_batch
    from grouped
)

select * from journeys
