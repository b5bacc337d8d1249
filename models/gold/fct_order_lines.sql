-- One row for each line of an order: the atomic fact. What is counted once whatever the slice, such as orders, is
-- counted here.
{{ config(materialized='incremental', partition_by='business_date') }}
{% set arrived = arrivals(ref('order_messages')) %}
{% set dates = touched_dates(arrived) %}

with

order_lines as (
    select * from {{ ref('order_lines') }}
    where {{ dates }} and {{ arrived.so_far }}
),

fct_order_lines as (
    select
        order_line_id,
        order_id,
        xxhash64(order_id) as order_key,
        line_number,
        business_date,
        ordered_at,
        customer_id,
        if(customer_id is not null, xxhash64(customer_id), null) as customer_key,
        product_id,
        state_code,
        {{ known_content_type('content_type') }} as content_type,
        delivery_status,
        shipped_at,
        delivered_at,
        returned_at,
        cancelled_at,
        quantity,
        returned_quantity,
        total_amount,
        returned_amount,
        net_amount,
        is_kept,
        total_differs,
        is_price_imputed,
        is_quantity_imputed,
        processed_batch
    from order_lines
)

select * from fct_order_lines
