-- One row for each landed position of the hub `orders`, parsed once, with its one verdict. Insert-only.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
    partition_by='business_date',
    tblproperties={'delta.dataSkippingNumIndexedCols': '9'},
) }}
{% set arrived = arrivals(source('event_hub', 'orders'), by='landed_batch') %}
{% do touched_offsets(arrived) %}

with

messages as (
    {{ messages_with_verdict(
        ref('stg_event_hub__orders'),
        'order_line_id',
        arrived.new,
        judged_keys('order_keys', 'order_line_id', arrived, updates_of('orders')),
        updates_of('orders')
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
        {{ arrived.number }} as processed_batch,
        -- Journeys look for orders that have one, and for what comes again: where neither is sent, no file is opened.
        session_id,
        verdict,
        -- Files are skipped by what stands above; statistics of the rest would cost a tenth of the writing.
        current_timestamp() as processed_at,
        reasons,
        new_fields,
        repeat_of,
        body,
        order_line_id,
        order_id,
        line_number,
        ordered_at,
        business_date,
        customer_id,
        product_id,
        category,
        price,
        quantity,
        total_amount,
        total_differs,
        is_price_imputed,
        is_quantity_imputed,
        city,
        state_code,
        latitude,
        longitude,
        delivery_status,
        status_at,
        content_type
    from messages
)

select * from order_messages
