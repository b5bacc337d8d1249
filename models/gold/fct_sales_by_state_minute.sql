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
    where {{ dates }}
),

products as (
    select * from {{ ref('dim_product') }}
),

grouped_orders as (
    select
        orders.*,
        products.category as product_category,
        date_trunc('minute', orders.ordered_at) as minute_at,
        orders.delivery_status = 'Cancelled' as is_cancelled
    from orders
    inner join products on orders.product_id = products.product_id
),

{% if is_incremental() %}

touched as (
    select distinct
        state_code,
        product_category,
        minute_at
    from grouped_orders
    where {{ picked }}
),

-- Every group that got an order is computed again, whole: nothing is ever added to a sum.
recomputed as (
    select grouped_orders.*
    from grouped_orders
    left semi join touched
        on
            grouped_orders.state_code = touched.state_code
            and grouped_orders.product_category = touched.product_category
            and grouped_orders.minute_at = touched.minute_at
),

{% else %}

recomputed as (
    select * from grouped_orders
    where {{ picked }}
),

{% endif %}

fct_sales_by_state_minute as (
    select
        state_code,
        product_category as category,
        minute_at,
        business_date,
        cast({{ minute_of_day('minute_at') }} as int) as minute_of_day,
        {{ sales_measures() }}
    from recomputed
    group by state_code, product_category, minute_at, business_date
)

select * from fct_sales_by_state_minute
