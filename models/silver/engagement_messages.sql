-- One row for each landed position of the hub `engagement`, parsed once, with its one verdict. Insert-only.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
    partition_by='business_date',
    tblproperties={'delta.dataSkippingNumIndexedCols': '7'},
) }}
{% set arrived = arrivals(source('event_hub', 'engagement'), by='landed_batch') %}
{% do touched_offsets(arrived) %}

with

messages as (
    {{ messages_with_verdict(
        ref('stg_event_hub__engagement'), 'event_id', arrived.new, judged_keys('engagement_keys', 'event_id', arrived)
    ) }}
),

engagement_messages as (
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        enqueued_at,
        ingested_at,
        {{ arrived.number }} as processed_batch,
        -- Files are skipped by what stands above; statistics of the rest would cost a tenth of the writing.
        current_timestamp() as processed_at,
        verdict,
        reasons,
        new_fields,
        repeat_of,
        body,
        event_id,
        occurred_at,
        business_date,
        event_type,
        session_id,
        visitor_id,
        product_id,
        content_type,
        state_code,
        device
    from messages
)

select * from engagement_messages
