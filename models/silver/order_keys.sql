-- One row for each message: the narrow index by which an order id that comes back is known, months later too.
-- Built behind order_messages, which look there and, for what the index has not reached, among themselves.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    partition_by='partition',
) }}
{% set picked = pick(ref('order_messages'), 'processed_batch') %}
{{ merge_only_where(offsets_of(ref('order_messages'), picked)) }}

with

order_keys as (
    {{ index_of_keys(ref('order_messages'), 'order_id', picked) }}
)

select * from order_keys
