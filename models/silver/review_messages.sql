-- One row for each landed position of the hub `reviews`, parsed once, with its one verdict. Insert-only.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
    partition_by='business_date',
    tblproperties={'delta.dataSkippingNumIndexedCols': '7'},
) }}
{% set arrived = arrivals(source('event_hub', 'reviews'), by='landed_batch') %}
{% do touched_offsets(arrived) %}

with

messages as (
    {{ messages_with_verdict(
        ref('stg_event_hub__reviews'),
        'review_id',
        arrived.new,
        judged_keys('review_keys', 'review_id', arrived, updates_of('reviews')),
        updates_of('reviews')
    ) }}
),

review_messages as (
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
        review_id,
        reviewed_at,
        business_date,
        order_id,
        customer_id,
        product_id,
        rating,
        review_text,
        state_code
    from messages
)

select * from review_messages
