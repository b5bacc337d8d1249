-- Both sales facts hold exactly the revenue, items and orders of silver, day by day, on the days touched last.
{% set last_run = "processed_batch >= " ~ last_batch_of('order_messages') %}
{% set dates = date_list(ref('order_messages'), last_run, 'business_date') %}

with

orders as (
    select
        business_date,
        sum(total_amount) as sales,
        sum(quantity) as items,
        count(*) as order_count
    from {{ ref('orders') }}
    where {{ dates }}
    group by business_date
),

facts as (
    {% for fact in ['fct_sales_by_state_minute', 'fct_sales_by_product_day'] %}
    select
        '{{ fact }}' as fact,
        business_date,
        sum(total_sales) as sales,
        sum(total_items) as items,
        sum(order_count) as order_count
    from {{ ref(fact) }}
    where {{ dates }}
    group by business_date
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

names as (
    select explode(array('fct_sales_by_state_minute', 'fct_sales_by_product_day')) as fact
),

expected as (
    select
        names.fact,
        orders.*
    from names
    cross join orders
)

select
    coalesce(expected.fact, facts.fact) as fact,
    coalesce(expected.business_date, facts.business_date) as business_date,
    expected.sales as silver_sales,
    facts.sales as gold_sales,
    expected.order_count as silver_orders,
    facts.order_count as gold_orders
from expected
full outer join facts
    on expected.fact = facts.fact and expected.business_date = facts.business_date
where
    not (
        expected.sales <=> facts.sales
        and expected.items <=> facts.items
        and expected.order_count <=> facts.order_count
    )
