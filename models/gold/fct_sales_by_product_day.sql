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
        if(content_type in ('Social Media', 'Blog', 'Video'), content_type, 'Unknown') as content_type,
        delivery_status = 'Cancelled' as is_cancelled
    from {{ ref('orders') }}
    where {{ dates }}
),

{% if is_incremental() %}

touched as (
    select distinct
        business_date,
        product_id,
        state_code,
        content_type
    from orders
    where {{ picked }}
),

recomputed as (
    select orders.*
    from orders
    left semi join touched
        on
            orders.business_date = touched.business_date
            and orders.product_id = touched.product_id
            and orders.state_code = touched.state_code
            and orders.content_type = touched.content_type
),

{% else %}

recomputed as (
    select * from orders
    where {{ picked }}
),

{% endif %}

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
