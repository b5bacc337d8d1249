-- One row for each landed position: the narrow index by which a key that comes back is known, months later too.
-- It commits before order_messages: an entry too many is harmless, a missing one would count an order twice.
{{ config(
    materialized='incremental',
    unique_key=['topic_generation', 'partition', 'offset'],
    skip_matched_step=true,
) }}
{% set picked = pick(source('event_hub', 'orders'), 'landed_batch') %}
{{ merge_only_where(offsets_of(source('event_hub', 'orders'), picked)) }}

with

messages as (
    select * from {{ ref('stg_event_hub__orders') }}
    where {{ picked }}
),

landings as (
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        if(size(reasons) > 0, null, order_id) as order_id,
        row_number() over (
            partition by topic_generation, partition, offset
            order by landed_batch
        ) as landing
    from messages
),

order_keys as (
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        -- Two independent hashes of 64 bits: together they stand for the key itself.
        if(order_id is null, null, xxhash64(order_id)) as key_hash,
        if(order_id is null, null, xxhash64('check', order_id)) as key_check
    from landings
    where landing = 1
)

select * from order_keys
