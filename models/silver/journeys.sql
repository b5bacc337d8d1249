-- One row for each session and product that met: viewed, clicked, liked or bought. It belongs to the date, the content
-- type and the state of its first event. Journeys that got an event are computed again from all their events.
{{ config(
    materialized='incremental',
    unique_key=['session_id', 'product_id'],
    partition_by='business_date',
) }}
{% set seen = arrivals(ref('engagement_messages'), mark='engagement_batch') %}
{% set sold = arrivals(ref('order_messages'), mark='order_batch') %}
-- Of lines, which are put together from messages, Spark skips files by date alone. What comes again may leave out its
-- session.
{% set sold_on = touched_dates(
    [],
    also="select business_date as touched from " ~ ref('order_messages') ~ " where " ~ sold.new
    ~ " and (session_id is not null or verdict in ('update', 'duplicate'))"
) %}
{% set dates = touched_dates(
    [], also=dates_of_journeys(ref('engagement_events'), seen, ref('order_lines'), sold, sold_on)
) %}

with

engagement_events as (
    select * from {{ ref('engagement_events') }}
    where {{ dates }} and {{ seen.so_far }}
),

order_lines as (
    select * from {{ ref('order_lines') }}
    where {{ dates }} and {{ sold.so_far }} and session_id is not null
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
        {{ seen.new }} as is_new
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
        net_amount as sales,
        {{ sold.new }} as is_new
    from order_lines
),

-- All events of the journeys that got one: a day has many more events than a batch, and grouping is what costs.
new_events as (
    select * from events
    where is_new
),

touched_events as (
    select {{ if_few('broadcast(new_events)') }} events.*
    from events
    left semi join new_events
        on events.session_id = new_events.session_id and events.product_id = new_events.product_id
),

grouped as (
    select
        session_id,
        product_id,
        min(happened_at) as began_at,
        min_by(place, place_in_time) as first_place,
        array_sort(collect_set(place.business_date)) as event_dates,
        bool_or(stage = 'view') as is_viewed,
        bool_or(stage = 'click') as is_clicked,
        bool_or(stage = 'like') as is_liked,
        bool_or(stage = 'purchase') as is_purchased,
        coalesce(sum(sales), 0) as sales
    from touched_events
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
        -- Where it may have stood before, when fewer of its events were known: gold touches them all.
        event_dates,
        cast({{ seen.upto }} as bigint) as engagement_batch,
        cast({{ sold.upto }} as bigint) as order_batch,
        {{ seen.number }} as processed_batch
    from grouped
)

select * from journeys
