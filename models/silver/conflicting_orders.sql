-- One row for each order message that comes again under its line's key with another product, price or quantity, beside
-- the first, which counts.
with

first_messages as (
    select * from {{ ref('order_messages') }}
    where verdict = 'accepted'
),

repeats as (
    select * from {{ ref('order_messages') }}
    where verdict in ('update', 'duplicate')
),

landed as (
    select * from {{ source('event_hub', 'orders') }}
),

-- What a message leaves out differs from nothing, and what comes back may be a part of the line, also where it landed
-- first.
conflicts as (
    select
        repeats.*,
        first_messages.product_id as first_product_id,
        first_messages.price as first_price,
        first_messages.quantity as first_quantity,
        first_messages.landed_batch as first_landed_batch,
        repeats.product_id != first_messages.product_id as product_differs,
        not repeats.is_price_imputed and repeats.price != first_messages.price as price_differs,
        not repeats.is_quantity_imputed
        and case
            when repeats.delivery_status = 'Returned' then repeats.quantity > first_messages.quantity
            when first_messages.delivery_status = 'Returned' then false
            else repeats.quantity != first_messages.quantity
        end as quantity_differs
    from repeats
    inner join first_messages
        on
            repeats.business_date = first_messages.business_date
            and repeats.order_line_id = first_messages.order_line_id
)

select
    conflicts.order_line_id,
    conflicts.verdict,
    conflicts.product_differs,
    conflicts.price_differs,
    conflicts.quantity_differs,
    conflicts.first_product_id,
    conflicts.product_id,
    conflicts.first_price,
    conflicts.price,
    conflicts.first_quantity,
    conflicts.quantity,
    try_validate_utf8(cast(first_landed.body as string)) as first_body_text,
    try_validate_utf8(cast(landed.body as string)) as body_text,
    conflicts.topic_generation,
    conflicts.partition,
    conflicts.offset,
    conflicts.repeat_of,
    conflicts.landed_batch,
    conflicts.processed_batch
from conflicts
left join landed
    on
        {{ is_same_position('conflicts', 'landed') }}
        and conflicts.landed_batch = landed.landed_batch
left join landed as first_landed
    on
        {{ is_same_position('conflicts.repeat_of', 'first_landed') }}
        and conflicts.first_landed_batch = first_landed.landed_batch
where conflicts.product_differs or conflicts.price_differs or conflicts.quantity_differs
