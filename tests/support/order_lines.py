"""Order lines once more, from their messages alone and in other SQL (DuckDB's) than the project's: for twins."""

from typing import Final

ORDER_LINES: Final = """
    select
        first_messages.* exclude (delivery_status),
        case
            when list_contains(told.statuses, 'Cancelled') then 'Cancelled'
            when list_contains(told.statuses, 'Returned') then 'Returned'
            when list_contains(told.statuses, 'Delivered') then 'Delivered'
            when list_contains(told.statuses, 'Shipped') then 'Shipped'
            else 'Processing'
        end as delivery_status,
        case
            when list_contains(told.statuses, 'Returned')
            then least(first_messages.quantity, ifnull(told.named, first_messages.quantity))
            else 0
        end as returned_quantity
    from (select * from order_messages where verdict = 'accepted') as first_messages
    inner join (
        select
            order_line_id,
            list(delivery_status) as statuses,
            max(quantity) filter (where delivery_status = 'Returned' and not is_quantity_imputed) as named
        from order_messages
        where verdict in ('accepted', 'update', 'duplicate')
        group by order_line_id
    ) as told using (order_line_id)
"""
"""Rows of accepted messages with the line's status and returned pieces of now; `order_messages` needs `order_line_id`,
`quantity`, `is_quantity_imputed`, `delivery_status` and `verdict`."""

AMOUNTS: Final = """
    case when delivery_status = 'Returned' then round(price * returned_quantity, 2) else 0 end as returned,
    case
        when delivery_status = 'Cancelled' then 0
        when delivery_status = 'Returned' then total_amount - round(price * returned_quantity, 2)
        else total_amount
    end as net,
    case
        when delivery_status = 'Cancelled' then false
        when delivery_status = 'Returned' then returned_quantity < quantity
        else true
    end as is_kept
"""
"""What of a line came back, what stays sold of it, and whether anything does; a select list over `ORDER_LINES`."""
