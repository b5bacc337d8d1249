-- One row for each business date, product, state and content type with an order line.
{{ config(materialized='incremental', partition_by='business_date') }}
{% set arrived = arrivals(ref('fct_order_lines')) %}
{% set dates = touched_dates(arrived) %}

with

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where {{ dates }} and {{ arrived.so_far }}
),

fct_sales_by_product_day as (
    select
        business_date,
        product_id,
        state_code,
        content_type,
        {{ sales_measures() }}
    from order_lines
    group by business_date, product_id, state_code, content_type
)

select * from fct_sales_by_product_day
