-- One row for each message: the narrow index by which an event id that comes back is known, months later too.
-- Built behind engagement_messages, which look there and, for what the index has not reached, among themselves.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    partition_by='partition',
) }}
{% set arrived = arrivals(ref('engagement_messages')) %}
{% do touched_offsets(arrived) %}

with

engagement_keys as (
    {{ index_of_keys(ref('engagement_messages'), 'event_id', arrived.new) }}
)

select * from engagement_keys
