-- One row for each landed position: the narrow index by which an event id that comes back is known, months later too.
-- It commits before engagement_messages: an entry too many is harmless, a missing one would count an event twice.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
) }}
{% set picked = pick(source('event_hub', 'engagement'), 'landed_batch') %}
{{ merge_only_where(offsets_of(source('event_hub', 'engagement'), picked)) }}

with

engagement_keys as (
    {{ index_of_keys(ref('stg_event_hub__engagement'), 'event_id', picked) }}
)

select * from engagement_keys
