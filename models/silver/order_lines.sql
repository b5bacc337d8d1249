-- One row for each line of an order: what its first landed message says, and how far it has come since.
with

first_messages as (
    select * from {{ ref('order_messages') }}
    where verdict = 'accepted'
),

-- Duplicates too: a status that lands behind a later one moves nothing, but has its moment.
repeats as (
    select
        business_date,
        order_line_id,
        max({{ status_rank('delivery_status') }}) as status_rank,
        {% for status in ['Shipped', 'Delivered', 'Returned', 'Cancelled'] %}
        min(if(delivery_status = '{{ status }}', status_at, null)) as {{ status | lower }}_at,
        {% endfor %}
        max(if(delivery_status = 'Returned' and not is_quantity_imputed, quantity, null)) as returned_quantity,
        max(processed_batch) as processed_batch
    from {{ ref('order_messages') }}
    where verdict in ('update', 'duplicate')
    group by business_date, order_line_id
),

-- (least and greatest leave nulls out.)
lines as (
    select
        first_messages.* except (processed_batch),
        greatest({{ status_rank('first_messages.delivery_status') }}, repeats.status_rank) as status_rank,
        {% for status in ['Shipped', 'Delivered', 'Returned', 'Cancelled'] %}
        least(
            if(first_messages.delivery_status = '{{ status }}', first_messages.status_at, null),
            repeats.{{ status | lower }}_at
        ) as {{ status | lower }}_at,
        {% endfor %}
        greatest(
            if(
                first_messages.delivery_status = 'Returned' and not first_messages.is_quantity_imputed,
                first_messages.quantity,
                null
            ),
            repeats.returned_quantity
        ) as named_quantity,
        greatest(first_messages.processed_batch, repeats.processed_batch) as processed_batch
    from first_messages
    left join repeats
        on
            first_messages.business_date = repeats.business_date
            and first_messages.order_line_id = repeats.order_line_id
),

-- Of a line that comes back without saying how much of it, all does.
returns as (
    select
        * except (delivery_status),
        element_at({{ delivery_statuses() }}, cast(status_rank as int)) as delivery_status,
        if(returned_at is null, 0, least(coalesce(named_quantity, quantity), quantity)) as returned_quantity
    from lines
),

-- Cancelled is further than Returned: such a line counts as the one, not as both.
amounts as (
    select
        *,
        case
            when delivery_status != 'Returned' then cast(0 as decimal(18, 2))
            when returned_quantity = quantity then total_amount
            else cast(price * returned_quantity as decimal(18, 2))
        end as returned_amount
    from returns
)

select
    order_line_id,
    order_id,
    line_number,
    ordered_at,
    business_date,
    customer_id,
    product_id,
    category,
    price,
    quantity,
    total_amount,
    total_differs,
    is_price_imputed,
    is_quantity_imputed,
    city,
    state_code,
    latitude,
    longitude,
    delivery_status,
    shipped_at,
    delivered_at,
    returned_at,
    cancelled_at,
    returned_quantity,
    returned_amount,
    if(
        delivery_status = 'Cancelled', cast(0 as decimal(18, 2)), cast(total_amount - returned_amount as decimal(18, 2))
    ) as net_amount,
    -- Something of it stays sold.
    delivery_status != 'Cancelled' and (delivery_status != 'Returned' or returned_quantity < quantity) as is_kept,
    session_id,
    content_type,
    topic_generation,
    partition,
    offset,
    landed_batch,
    processed_batch,
    enqueued_at,
    ingested_at
from amounts
