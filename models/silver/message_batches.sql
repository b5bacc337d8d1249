-- One row for each hub and each run of dbt that judged messages of it: when they became visible in silver.
{{ config(
    materialized='incremental',
    unique_key=['hub', 'processed_batch'],
    skip_matched_step=true,
) }}
{% set hubs = [
    ('orders', ref('order_messages'), 'order_batch'),
    ('engagement', ref('engagement_messages'), 'engagement_batch'),
    ('reviews', ref('review_messages'), 'review_batch'),
] %}
{% set picks = {} %}
{% for hub, messages, mark in hubs %}
{% do picks.update({hub: pick(messages, 'processed_batch', mark=mark)}) %}
{% endfor %}
{{ merge_only_where(anywhere(picks.values())) }}

with

message_batches as (
    {% for hub, messages, mark in hubs %}
    select
        '{{ hub }}' as hub,
        processed_batch,
        count(*) as messages,
        min(landed_batch) as first_landed_batch,
        max(landed_batch) as last_landed_batch,
        current_timestamp() as processed_at,
        if('{{ hub }}' = 'orders', processed_batch, null) as order_batch,
        if('{{ hub }}' = 'engagement', processed_batch, null) as engagement_batch,
        if('{{ hub }}' = 'reviews', processed_batch, null) as review_batch
    from {{ messages }}
    where {{ picks[hub] }}
    group by processed_batch
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from message_batches
