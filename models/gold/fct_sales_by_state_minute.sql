-- One row for each state, category and minute with an order.
{{ config(materialized='incremental', partition_by='business_date') }}
{% set arrived = arrivals(ref('fct_order_lines')) %}
-- Sales are summed again under its new category, where a product gets one.
{% set recategorised = arrivals(ref('dim_product'), by='category_batch') %}
{% set dates = touched_dates(
    arrived, also=dates_of_recategorised(ref('fct_order_lines'), ref('dim_product'), recategorised)
) %}

with

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where {{ dates }} and {{ arrived.so_far }}
),

products as (
    select * from {{ ref('dim_product') }}
),

sales as (
    select
        order_lines.*,
        {{ known_or_fail('products.category', 'dim_product') }} as category,
        date_trunc('minute', order_lines.ordered_at) as minute_at
    from order_lines
    left join products on order_lines.product_id = products.product_id
),

fct_sales_by_state_minute as (
    select
        state_code,
        category,
        minute_at,
        business_date,
        cast({{ minute_of_day('minute_at') }} as int) as minute_of_day,
        {{ sales_measures() }},
        cast({{ recategorised.upto }} as bigint) as category_batch
    from sales
    group by state_code, category, minute_at, business_date
)

select * from fct_sales_by_state_minute
