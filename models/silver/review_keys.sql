-- One row for each landed position: the narrow index by which a review id that comes back is known, months later too.
-- It commits before review_messages: an entry too many is harmless, a missing one would count a review twice.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
) }}
{% set picked = pick(source('event_hub', 'reviews'), 'landed_batch') %}
{{ merge_only_where(offsets_of(source('event_hub', 'reviews'), picked)) }}

with

review_keys as (
    {{ index_of_keys(ref('stg_event_hub__reviews'), 'review_id', picked) }}
)

select * from review_keys
