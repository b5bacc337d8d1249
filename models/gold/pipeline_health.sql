-- One row for each hub and hour (UTC) in which something of it landed: what became of it, and how long it took.
-- Hours in which something new landed are counted again from all their messages.
{{ config(materialized='incremental') }}
{% set sold = arrivals(ref('order_messages'), mark='order_batch') %}
{% set seen = arrivals(ref('engagement_messages'), mark='engagement_batch') %}
{% set reviewed = arrivals(ref('review_messages'), mark='review_batch') %}
{% set hours = touched_hours([sold, seen, reviewed], 'landed_hour_at', expression="date_trunc('hour', ingested_at)") %}

with

messages as (
    {% for hub, messages, arrived, happened_at, total_differs in [
        ('orders', ref('order_messages'), sold, 'ordered_at', 'total_differs'),
        ('engagement', ref('engagement_messages'), seen, 'occurred_at', 'false'),
        ('reviews', ref('review_messages'), reviewed, 'reviewed_at', 'false'),
    ] %}
    select
        '{{ hub }}' as hub,
        date_trunc('hour', ingested_at) as landed_hour_at,
        verdict,
        {{ happened_at }} as happened_at,
        {{ total_differs }} as total_differs,
        ingested_at,
        processed_at
    from {{ messages }}
    where {{ arrived.so_far }} and {{ since_first_touched('ingested_at') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

delays as (
    select
        *,
        if(
            verdict = 'accepted', timestampdiff(millisecond, happened_at, ingested_at) / 1000, null
        ) as seconds_to_bronze,
        if(
            verdict = 'accepted', timestampdiff(millisecond, happened_at, processed_at) / 1000, null
        ) as seconds_to_silver
    from messages
    where {{ hours }}
),

hours as (
    select
        hub,
        landed_hour_at,
        count(*) as landed,
        count_if(verdict = 'accepted') as accepted,
        count_if(verdict = 'update') as updates,
        count_if(verdict = 'duplicate') as duplicates,
        count_if(verdict = 'rejected') as quarantined,
        count_if(verdict = 'accepted' and total_differs) as differing_totals,
        max(happened_at) filter (where verdict = 'accepted') as latest_event_at,
        percentile({{ coarse_seconds('seconds_to_bronze') }}, array(0.5, 0.95, 0.99)) as to_bronze,
        percentile({{ coarse_seconds('seconds_to_silver') }}, array(0.5, 0.95, 0.99)) as to_silver
    from delays
    group by hub, landed_hour_at
),

pipeline_health as (
    select
        hub,
        landed_hour_at,
        landed,
        accepted,
        updates,
        duplicates,
        quarantined,
        differing_totals,
        latest_event_at,
        to_bronze[0] as delay_to_bronze_p50_seconds,
        to_bronze[1] as delay_to_bronze_p95_seconds,
        to_bronze[2] as delay_to_bronze_p99_seconds,
        to_silver[0] as delay_to_silver_p50_seconds,
        to_silver[1] as delay_to_silver_p95_seconds,
        to_silver[2] as delay_to_silver_p99_seconds,
        cast({{ sold.upto }} as bigint) as order_batch,
        cast({{ seen.upto }} as bigint) as engagement_batch,
        cast({{ reviewed.upto }} as bigint) as review_batch
    from hours
)

select * from pipeline_health
