-- One row for each landed position: the narrow index by which an order id that comes back is known, months later too.
-- It commits before order_messages: an entry too many is harmless, a missing one would count an order twice.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
) }}
{% set picked = pick(source('event_hub', 'orders'), 'landed_batch') %}
{{ merge_only_where(offsets_of(source('event_hub', 'orders'), picked)) }}

with

order_keys as (
    {{ index_of_keys(ref('stg_event_hub__orders'), 'order_id', picked) }}
)

select * from order_keys
