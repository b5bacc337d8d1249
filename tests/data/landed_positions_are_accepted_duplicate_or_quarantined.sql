-- The account of each hub closes: every landed position has one verdict, and the verdicts add up to what landed.
{% set hubs = [
    ('orders', source('event_hub', 'orders'), ref('order_messages')),
    ('engagement', source('event_hub', 'engagement'), ref('engagement_messages')),
    ('reviews', source('event_hub', 'reviews'), ref('review_messages')),
] %}

with

{% for hub, bronze, messages in hubs %}
{% set judged_batch = reached(messages, 'landed_batch') %}
{% set last_run = "processed_batch >= " ~ last_batch_of(messages.identifier) %}
{% set judged_last = "(select * from " ~ messages ~ " where " ~ last_run ~ ")" %}
{% set first_batch = highest(judged_last, 'landed_batch', function='min') or 0 %}
{% set picked = "landed_batch between " ~ first_batch ~ " and " ~ judged_batch %}
{{ hub }} as (
    select
        '{{ hub }}' as hub,
        count(distinct landed.topic_generation, landed.partition, landed.offset) as landed,
        count_if(messages.verdict = 'accepted') as accepted,
        count_if(messages.verdict = 'duplicate') as duplicates,
        count_if(messages.verdict = 'rejected') as quarantined
    from (
        select distinct
            topic_generation,
            partition,
            offset
        from {{ bronze }}
        where {{ picked }}
    ) as landed
    left join (
        select * from {{ messages }}
        where {{ offset_ranges(bronze, picked) }}
    ) as messages
        on
            landed.topic_generation = messages.topic_generation
            and landed.partition = messages.partition
            and landed.offset = messages.offset
),

{% endfor %}
account as (
    {% for hub, bronze, messages in hubs %}
    select * from {{ hub }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from account
where landed != accepted + duplicates + quarantined
