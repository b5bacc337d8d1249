-- One row for each month in which customers ordered first, and each month since in which some of them ordered.
-- A first order that moves takes all months of its customer along, so all is computed again where anything is new.
{{ config(materialized='incremental') }}
{% set arrived = arrivals(ref('fct_order_lines')) %}
{% do touches_all_rows() %}

with

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where customer_key is not null and {{ arrived.so_far }}
),

customer_months as (
    select
        customer_key,
        cast(date_trunc('month', business_date) as date) as order_month,
        count(distinct order_key) as order_count,
        sum(net_amount) as net_amount
    from order_lines
    group by customer_key, cast(date_trunc('month', business_date) as date)
),

numbered as (
    select
        *,
        min(order_month) over (partition by customer_key) as cohort_month
    from customer_months
),

fct_customer_cohorts as (
    select
        cohort_month,
        cast(months_between(order_month, cohort_month) as int) as months_since,
        order_month,
        count(*) as customer_count,
        sum(order_count) as order_count,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount,
        cast({{ arrived.upto }} as bigint) as processed_batch
    from numbered
    group by cohort_month, order_month
)

select * from fct_customer_cohorts
