-- The account of each hub closes: every landed position has one verdict, and the verdicts add up to what landed.
{% set messages = ref('order_messages') %}
{% set judged_batch = highest(messages, 'landed_batch') or 0 %}
{% set last_run = "processed_batch >= " ~ last_batch_of('order_messages') %}
{% set first_batch = lowest("(select * from " ~ messages ~ " where " ~ last_run ~ ")", 'landed_batch') or 0 %}
{% set picked = "landed_batch between " ~ first_batch ~ " and " ~ judged_batch %}

with

landed as (
    select distinct
        topic_generation,
        partition,
        offset
    from {{ source('event_hub', 'orders') }}
    where {{ picked }}
),

messages as (
    select * from {{ messages }}
    where {{ offset_ranges(source('event_hub', 'orders'), picked) }}
),

account as (
    select
        count(distinct landed.topic_generation, landed.partition, landed.offset) as landed,
        count_if(messages.verdict = 'accepted') as accepted,
        count_if(messages.verdict = 'duplicate') as duplicates,
        count_if(messages.verdict = 'rejected') as quarantined
    from landed
    left join messages
        on
            landed.topic_generation = messages.topic_generation
            and landed.partition = messages.partition
            and landed.offset = messages.offset
)

select * from account
where landed != accepted + duplicates + quarantined
