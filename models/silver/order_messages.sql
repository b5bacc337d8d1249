-- One row for each landed position of the hub `orders`, parsed once, with its one verdict. Insert-only.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
    partition_by='business_date',
) }}
-- Picked up to where the index of keys reaches, so that no key goes unseen.
{% set picked = pick(ref('order_keys'), 'landed_batch') %}
{{ merge_only_where(offsets_of(ref('order_keys'), picked)) }}

with

messages as (
    select * from {{ ref('stg_event_hub__orders') }}
    where {{ picked }}
),

keys as (
    select * from {{ ref('order_keys') }}
),

{% if is_incremental() %}

picked_keys as (
    select * from keys
    where {{ picked }}
),

known_keys as (
    select * from keys
    where
        ({{ picked }})
        or key_hash in (select picked_keys.key_hash from picked_keys)
),

{% else %}

known_keys as (
    select * from keys
),

{% endif %}

-- First landed wins, whatever the content and the date.
owners as (
    select
        *,
        min(struct(landed_batch, partition, offset, topic_generation)) over (
            partition by key_hash, key_check
        ) as first
    from known_keys
),

landings as (
    select
        *,
        struct(landed_batch, partition, offset, topic_generation) = first as is_first
    from owners
),

judged as (
    select
        messages.*,
        landings.first,
        case
            when size(messages.reasons) > 0 then 'rejected'
            when landings.is_first then 'accepted'
            else 'duplicate'
        end as verdict
    from messages
    -- The index has the first landing of each position: a position that was read again finds none with its batch.
    inner join landings
        on
            messages.topic_generation = landings.topic_generation
            and messages.partition = landings.partition
            and messages.offset = landings.offset
            and messages.landed_batch = landings.landed_batch
),

order_messages as (
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        enqueued_at,
        ingested_at,
        {{ next_batch('processed_batch') }} as processed_batch,
        verdict,
        reasons,
        if(
            verdict = 'duplicate',
            named_struct(
                'topic_generation', first.topic_generation,
                'partition', first.partition,
                'offset', first.offset
            ),
            null
        ) as duplicate_of,
        body,
        order_id,
        ordered_at,
        business_date,
        customer_id,
        product_id,
        category,
        price,
        quantity,
        cast(price * quantity as decimal(18, 2)) as total_amount,
        is_price_imputed,
        is_quantity_imputed,
        city,
        state_code,
        latitude,
        longitude,
        delivery_status,
        session_id,
        content_type
    from judged
)

select * from order_messages
