{#
    The measures of every sales fact, each defined here once: sums over rows of fct_order_lines, those that are Cancelled or
    Returned included, and their part beside.
#}
{% macro sales_measures() -%}
    cast(sum(total_amount) as decimal(18, 2)) as total_sales,
    cast(sum(quantity) as bigint) as total_items,
    count(distinct order_id) as order_count,
    count(*) as line_count,
    cast(sum(if(delivery_status = 'Cancelled', total_amount, 0)) as decimal(18, 2)) as cancelled_sales,
    cast(sum(if(delivery_status = 'Cancelled', quantity, 0)) as bigint) as cancelled_items,
    count_if(delivery_status = 'Cancelled') as cancelled_line_count,
    cast(sum(returned_amount) as decimal(18, 2)) as returned_sales,
    cast(sum(if(delivery_status = 'Returned', returned_quantity, 0)) as bigint) as returned_items,
    cast(max(processed_batch) as bigint) as processed_batch
{%- endmacro %}
