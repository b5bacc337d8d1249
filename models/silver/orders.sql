-- One row for each accepted order.
select
    order_id,
    ordered_at,
    business_date,
    customer_id,
    product_id,
    category,
    price,
    quantity,
    total_amount,
    is_price_imputed,
    is_quantity_imputed,
    city,
    state_code,
    latitude,
    longitude,
    delivery_status,
    session_id,
    content_type,
    topic_generation,
    partition,
    offset,
    landed_batch,
    processed_batch,
    enqueued_at,
    ingested_at
from {{ ref('order_messages') }}
where verdict = 'accepted'
