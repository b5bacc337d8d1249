-- One row for each landed position of the hub `orders`, parsed once, with its one verdict. Insert-only.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
    partition_by='business_date',
    tblproperties={'delta.dataSkippingNumIndexedCols': '7'},
) }}
{% set picked = pick(source('event_hub', 'orders'), 'landed_batch') %}
{{ merge_only_where(offsets_of(source('event_hub', 'orders'), picked)) }}

with

messages as (
    {{ messages_with_verdict(
        ref('stg_event_hub__orders'), 'order_id', picked, judged_keys('order_keys', 'order_id', picked)
    ) }}
),

order_messages as (
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        enqueued_at,
        ingested_at,
        {{ next_batch('processed_batch') }} as processed_batch,
        -- Files are skipped by what stands above; statistics of the rest would cost a tenth of the writing.
        verdict,
        reasons,
        new_fields,
        duplicate_of,
        body,
        order_id,
        ordered_at,
        business_date,
        customer_id,
        product_id,
        category,
        price,
        quantity,
        {{ order_total() }} as total_amount,
        is_price_imputed,
        is_quantity_imputed,
        city,
        state_code,
        latitude,
        longitude,
        delivery_status,
        session_id,
        content_type
    from messages
)

select * from order_messages
