-- One row for each hub and hour (UTC) in which something of it landed: what became of it, and how long it took.
-- Hours in which a picked message landed are computed again from all their messages.
{{ config(
    materialized='incremental',
    unique_key=['hub', 'landed_hour_at'],
) }}
{% set hubs = [
    ('orders', ref('order_messages'), 'ordered_at', 'order_batch'),
    ('engagement', ref('engagement_messages'), 'occurred_at', 'engagement_batch'),
    ('reviews', ref('review_messages'), 'reviewed_at', 'review_batch'),
] %}
{% set picks = {} %}
{% for hub, messages, happened_at, mark in hubs %}
{% do picks.update({hub: pick(messages, 'processed_batch', mark=mark)}) %}
{% endfor %}
{{ merge_only_where(anywhere(picks.values())) }}

with

batches as (
    select * from {{ ref('message_batches') }}
),

messages as (
    {% for hub, messages, happened_at, mark in hubs %}
    {% set picked = picks[hub] %}
    select
        '{{ hub }}' as hub,
        date_trunc('hour', ingested_at) as landed_hour_at,
        verdict,
        {{ happened_at }} as happened_at,
        ingested_at,
        processed_batch,
        {{ picked }} as is_picked,
        if('{{ hub }}' = 'orders', processed_batch, null) as order_batch,
        if('{{ hub }}' = 'engagement', processed_batch, null) as engagement_batch,
        if('{{ hub }}' = 'reviews', processed_batch, null) as review_batch
    from {{ messages }}
    where {{ arrived_by(picked) }} and {{ landed_since(messages, picked) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

delays as (
    select
        messages.*,
        if(
            messages.verdict = 'accepted',
            timestampdiff(millisecond, messages.happened_at, messages.ingested_at) / 1000,
            null
        ) as seconds_to_bronze,
        if(
            messages.verdict = 'accepted',
            timestampdiff(millisecond, messages.happened_at, batches.processed_at) / 1000,
            null
        ) as seconds_to_silver
    from messages
    left join batches on messages.hub = batches.hub and messages.processed_batch = batches.processed_batch
),

hours as (
    select
        hub,
        landed_hour_at,
        count(*) as landed,
        count_if(verdict = 'accepted') as accepted,
        count_if(verdict = 'duplicate') as duplicates,
        count_if(verdict = 'rejected') as quarantined,
        max(happened_at) filter (where verdict = 'accepted') as latest_event_at,
        percentile({{ coarse_seconds('seconds_to_bronze') }}, array(0.5, 0.95, 0.99)) as to_bronze,
        percentile({{ coarse_seconds('seconds_to_silver') }}, array(0.5, 0.95, 0.99)) as to_silver,
        max(order_batch) as order_batch,
        max(engagement_batch) as engagement_batch,
        max(review_batch) as review_batch
    from delays
    group by hub, landed_hour_at
    having bool_or(is_picked)
),

pipeline_health as (
    select
        hub,
        landed_hour_at,
        landed,
        accepted,
        duplicates,
        quarantined,
        latest_event_at,
        to_bronze[0] as delay_to_bronze_p50_seconds,
        to_bronze[1] as delay_to_bronze_p95_seconds,
        to_bronze[2] as delay_to_bronze_p99_seconds,
        to_silver[0] as delay_to_silver_p50_seconds,
        to_silver[1] as delay_to_silver_p95_seconds,
        to_silver[2] as delay_to_silver_p99_seconds,
        order_batch,
        engagement_batch,
        review_batch
    from hours
)

select * from pipeline_health
