{#
    The measures of every sales fact, each defined here once: sums over order lines (order_id, total_amount, quantity,
    is_cancelled, processed_batch), those that say Cancelled included, and their part beside.
#}
{% macro sales_measures() -%}
    cast(sum(total_amount) as decimal(18, 2)) as total_sales,
    cast(sum(quantity) as bigint) as total_items,
    count(distinct order_id) as order_count,
    count(*) as line_count,
    cast(sum(if(is_cancelled, total_amount, 0)) as decimal(18, 2)) as cancelled_sales,
    cast(sum(if(is_cancelled, quantity, 0)) as bigint) as cancelled_items,
    count_if(is_cancelled) as cancelled_line_count,
    cast(max(processed_batch) as bigint) as processed_batch
{%- endmacro %}
