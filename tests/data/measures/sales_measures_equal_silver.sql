{% if any_written(['order_messages', 'fct_order_lines', 'fct_sales_by_product_day', 'fct_sales_by_state_minute']) %}

-- Revenue, Cancelled and Returned Revenue, Units, lines and Orders in all sales facts are what the lines of silver come
-- to, in every context that a fact has, on the days that this run wrote. A product that the dimension lacks has no
-- category, and fails. Orders are not compared by minute: an order with lines in two minutes is an order in each.
{% set dates = dates_written([
    ref('order_messages'),
    ref('fct_order_lines'),
    ref('fct_sales_by_product_day'),
    ref('fct_sales_by_state_minute'),
]) %}

with

products as (
    select * from {{ ref('dim_product') }}
),

order_lines as (
    select
        order_lines.order_id,
        order_lines.business_date,
        products.category,
        order_lines.product_id,
        order_lines.state_code,
        {{ known_content_type('order_lines.content_type') }} as content_type,
        order_lines.total_amount,
        order_lines.quantity,
        order_lines.delivery_status,
        order_lines.returned_amount
    from {{ ref('order_lines') }} as order_lines
    left join products on order_lines.product_id = products.product_id
    where {{ dates }}
),

expected as (
    select
        'fct_sales_by_product_day' as fact,
        business_date,
        product_id,
        content_type,
        state_code,
        category,
        sum(total_amount) as revenue,
        coalesce(sum(total_amount) filter (where delivery_status = 'Cancelled'), 0) as cancelled_revenue,
        coalesce(sum(returned_amount) filter (where delivery_status = 'Returned'), 0) as returned_revenue,
        sum(quantity) as items,
        count(*) as line_count,
        count(distinct order_id) as orders
    from order_lines
    group by business_date, category, state_code, product_id, content_type
    union all
    select
        'fct_sales_by_state_minute' as fact,
        business_date,
        null as product_id,
        null as content_type,
        state_code,
        category,
        sum(total_amount) as revenue,
        coalesce(sum(total_amount) filter (where delivery_status = 'Cancelled'), 0) as cancelled_revenue,
        coalesce(sum(returned_amount) filter (where delivery_status = 'Returned'), 0) as returned_revenue,
        sum(quantity) as items,
        count(*) as line_count,
        null as orders
    from order_lines
    group by business_date, category, state_code
    union all
    select
        'fct_order_lines' as fact,
        business_date,
        null as product_id,
        null as content_type,
        state_code,
        category,
        sum(total_amount) as revenue,
        coalesce(sum(total_amount) filter (where delivery_status = 'Cancelled'), 0) as cancelled_revenue,
        coalesce(sum(returned_amount) filter (where delivery_status = 'Returned'), 0) as returned_revenue,
        sum(quantity) as items,
        count(*) as line_count,
        count(distinct order_id) as orders
    from order_lines
    group by business_date, category, state_code
),

measured as (
    select
        'fct_sales_by_product_day' as fact,
        facts.business_date,
        facts.product_id,
        facts.content_type,
        facts.state_code,
        products.category,
        sum(facts.total_sales) as revenue,
        sum(facts.cancelled_sales) as cancelled_revenue,
        sum(facts.returned_sales) as returned_revenue,
        sum(facts.total_items) as items,
        sum(facts.line_count) as line_count,
        sum(facts.order_count) as orders
    from {{ ref('fct_sales_by_product_day') }} as facts
    left join products on facts.product_id = products.product_id
    where {{ dates }}
    group by facts.business_date, products.category, facts.state_code, facts.product_id, facts.content_type
    union all
    select
        'fct_sales_by_state_minute' as fact,
        business_date,
        null as product_id,
        null as content_type,
        state_code,
        category,
        sum(total_sales) as revenue,
        sum(cancelled_sales) as cancelled_revenue,
        sum(returned_sales) as returned_revenue,
        sum(total_items) as items,
        sum(line_count) as line_count,
        null as orders
    from {{ ref('fct_sales_by_state_minute') }}
    where {{ dates }}
    group by business_date, category, state_code
    union all
    select
        'fct_order_lines' as fact,
        facts.business_date,
        null as product_id,
        null as content_type,
        facts.state_code,
        products.category,
        sum(facts.total_amount) as revenue,
        coalesce(sum(facts.total_amount) filter (where facts.delivery_status = 'Cancelled'), 0) as cancelled_revenue,
        sum(facts.total_amount) - sum(facts.net_amount)
        - coalesce(sum(facts.total_amount) filter (where facts.delivery_status = 'Cancelled'), 0) as returned_revenue,
        sum(facts.quantity) as items,
        count(*) as line_count,
        count(distinct facts.order_key) as orders
    from {{ ref('fct_order_lines') }} as facts
    left join products on facts.product_id = products.product_id
    where {{ dates }}
    group by facts.business_date, products.category, facts.state_code
)

select
    expected.fact as silver,
    measured.*,
    expected.revenue as silver_revenue,
    expected.orders as silver_orders
from expected
full outer join measured
    on
        expected.fact = measured.fact
        and expected.business_date = measured.business_date
        and expected.state_code = measured.state_code
        and expected.category = measured.category
        and expected.product_id <=> measured.product_id
        and expected.content_type <=> measured.content_type
where
    not (
        expected.revenue <=> measured.revenue
        and expected.cancelled_revenue <=> measured.cancelled_revenue
        and expected.returned_revenue <=> measured.returned_revenue
        and expected.items <=> measured.items
        and expected.line_count <=> measured.line_count
        and expected.orders <=> measured.orders
    )

{% endif %}
