-- One row for each message: the narrow index by which an order line that comes back is known, months later too.
-- Built behind order_messages, which look there and, for what the index has not reached, among themselves.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    partition_by='partition',
) }}
{% set arrived = arrivals(ref('order_messages')) %}
{% do touched_offsets(arrived) %}

with

order_keys as (
    {{ index_of_keys(ref('order_messages'), 'order_line_id', arrived.new, updates_of('orders')) }}
)

select * from order_keys
