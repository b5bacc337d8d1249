{% if any_written(['order_messages', 'engagement_messages', 'review_messages']) %}

-- The account of each hub closes: every landed position has one verdict, and the verdicts add up to what landed. Looks
-- from the first to the last landing of which this run wrote a message.
{% set hubs = [
    ('orders', source('event_hub', 'orders'), ref('order_messages')),
    ('engagement', source('event_hub', 'engagement'), ref('engagement_messages')),
    ('reviews', source('event_hub', 'reviews'), ref('review_messages')),
] %}

with

{% for hub, bronze, messages in hubs %}
{% set landed = landings_written(messages) %}
{{ hub }} as (
    select
        '{{ hub }}' as hub,
        count(distinct landed.topic_generation, landed.partition, landed.offset) as landed,
        count_if(messages.verdict = 'accepted') as accepted,
        count_if(messages.verdict = 'update') as updates,
        count_if(messages.verdict = 'duplicate') as duplicates,
        count_if(messages.verdict = 'rejected') as quarantined
    from (
        select distinct
            topic_generation,
            partition,
            offset
        from {{ bronze }}
        where {{ landed }}
    ) as landed
    left join (
        select * from {{ messages }}
        where {{ positions_among(bronze, landed) }}
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
where landed != accepted + updates + duplicates + quarantined

{% endif %}
