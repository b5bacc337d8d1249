-- One row for each customer with an order: since when, how much, where. No name, no contact.
-- Customers of whom a line arrived or moved are computed again from all their lines.
{{ config(materialized='incremental', unique_key='customer_key') }}
{% set arrived = arrivals(ref('fct_order_lines')) %}
{% do touches_all_rows() %}

with

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where customer_key is not null and {{ arrived.so_far }}
),

touched as (
    select distinct customer_key from order_lines
    where {{ arrived.new }}
),

lines_of_touched as (
    select {{ if_few('broadcast(touched)') }} order_lines.*
    from order_lines
    left semi join touched on order_lines.customer_key = touched.customer_key
),

places as (
    select
        customer_key,
        state_code,
        struct(count(distinct order_key) as order_count, max(ordered_at) as last_ordered_at, state_code) as weight
    from lines_of_touched
    group by customer_key, state_code
),

homes as (
    select
        customer_key,
        max_by(state_code, weight) as home_state_code
    from places
    group by customer_key
),

customers as (
    select
        customer_key,
        min(customer_id) as customer_id,
        min(ordered_at) as first_ordered_at,
        min_by(business_date, ordered_at) as first_order_date,
        max(ordered_at) as last_ordered_at,
        max_by(business_date, ordered_at) as last_order_date,
        min_by(content_type, struct(ordered_at, order_line_id)) as first_content_type,
        count(distinct order_key) as order_count,
        count(*) as line_count,
        cast(sum(quantity) as bigint) as units,
        cast(sum(total_amount) as decimal(18, 2)) as gross_amount,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount,
        max(processed_batch) as processed_batch
    from lines_of_touched
    group by customer_key
),

dim_customer as (
    select
        customers.customer_key,
        customers.customer_id,
        customers.first_ordered_at,
        customers.first_order_date,
        customers.last_ordered_at,
        customers.last_order_date,
        homes.home_state_code,
        customers.first_content_type,
        customers.order_count,
        customers.line_count,
        customers.units,
        customers.gross_amount,
        customers.net_amount,
        customers.processed_batch
    from customers
    inner join homes on customers.customer_key = homes.customer_key
)

select * from dim_customer
