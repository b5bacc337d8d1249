-- One row for each message: the narrow index by which a review id that comes back is known, months later too.
-- Built behind review_messages, which look there and, for what the index has not reached, among themselves.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    partition_by='partition',
) }}
{% set arrived = arrivals(ref('review_messages')) %}
{% do touched_offsets(arrived) %}

with

review_keys as (
    {{ index_of_keys(ref('review_messages'), 'review_id', arrived.new, updates_of('reviews')) }}
)

select * from review_keys
