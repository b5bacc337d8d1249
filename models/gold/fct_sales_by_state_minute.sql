-- One row for each state, category and minute with an order.
{{ config(
    materialized='incremental',
    unique_key=['state_code', 'category', 'minute_at'],
    partition_by='business_date',
) }}
{% set picked = pick(ref('order_messages'), 'processed_batch') %}
{% set dates = dates_of(ref('order_messages'), picked, 'business_date') %}
{{ merge_only_where(dates) }}

with

orders as (
    select * from {{ ref('orders') }}
    where {{ dates }} and {{ arrived_by(picked) }}
),

products as (
    select * from {{ ref('dim_product') }}
),

grouped_orders as (
    select
        orders.* except (category),
        products.category,
        date_trunc('minute', orders.ordered_at) as minute_at,
        orders.delivery_status = 'Cancelled' as is_cancelled
    from orders
    inner join products on orders.product_id = products.product_id
),

recomputed as (
    {{ rows_of_touched_groups('grouped_orders', ['state_code', 'category', 'minute_at'], picked) }}
),

fct_sales_by_state_minute as (
    select
        state_code,
        category,
        minute_at,
        business_date,
        cast({{ minute_of_day('minute_at') }} as int) as minute_of_day,
        {{ sales_measures() }}
    from recomputed
    group by state_code, category, minute_at, business_date
)

select * from fct_sales_by_state_minute
