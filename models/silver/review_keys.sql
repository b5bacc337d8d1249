-- One row for each message: the narrow index by which a review id that comes back is known, months later too.
-- Built behind review_messages, which look there and, for what the index has not reached, among themselves.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    partition_by='partition',
) }}
{% set picked = pick(ref('review_messages'), 'processed_batch') %}
{{ merge_only_where(offsets_of(ref('review_messages'), picked)) }}

with

review_keys as (
    {{ index_of_keys(ref('review_messages'), 'review_id', picked) }}
)

select * from review_keys
