-- One row for each order: its lines together. Who ordered, where and when are those of the line that landed first.
with

order_lines as (
    select
        *,
        {{ place_in_line('order_lines') }} as place_in_line
    from {{ ref('order_lines') }} as order_lines
),

orders as (
    select
        order_id,
        min_by(ordered_at, place_in_line) as ordered_at,
        min_by(business_date, place_in_line) as business_date,
        min_by(customer_id, place_in_line) as customer_id,
        min_by(state_code, place_in_line) as state_code,
        min_by(session_id, place_in_line) as session_id,
        min_by(content_type, place_in_line) as content_type,
        count(*) as line_count,
        cast(sum(quantity) as bigint) as units,
        cast(sum(total_amount) as decimal(18, 2)) as gross_amount,
        cast(sum(if(delivery_status = 'Cancelled', total_amount, 0)) as decimal(18, 2)) as cancelled_amount,
        cast(sum(returned_amount) as decimal(18, 2)) as returned_amount,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount,
        -- As a whole it is as far as the line that is behind, of those of which something is kept; if none is, as the
        -- one that is behind.
        coalesce(
            min_by(if(is_kept, delivery_status, null), if(is_kept, {{ status_rank('delivery_status') }}, null)),
            min_by(delivery_status, {{ status_rank('delivery_status') }})
        ) as delivery_status,
        bool_or(is_kept) as is_kept
    from order_lines
    group by order_id
)

select * from orders
