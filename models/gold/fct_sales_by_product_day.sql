-- One row for each business date, product, state and content type with an order.
{{ config(
    materialized='incremental',
    unique_key=['business_date', 'product_id', 'state_code', 'content_type'],
    partition_by='business_date',
) }}
{% set picked = pick(ref('order_messages'), 'processed_batch') %}
{% set dates = dates_of(ref('order_messages'), picked, 'business_date') %}
{{ merge_only_where(dates) }}

with

orders as (
    select
        * except (content_type),
        {{ known_content_type('content_type') }} as content_type,
        delivery_status = 'Cancelled' as is_cancelled
    from {{ ref('orders') }}
    where {{ dates }} and {{ arrived_by(picked) }}
),

recomputed as (
    {{ rows_of_touched_groups('orders', ['business_date', 'product_id', 'state_code', 'content_type'], picked) }}
),

fct_sales_by_product_day as (
    select
        business_date,
        product_id,
        state_code,
        content_type,
        {{ sales_measures() }}
    from recomputed
    group by business_date, product_id, state_code, content_type
)

select * from fct_sales_by_product_day
