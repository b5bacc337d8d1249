-- One row for each event of any hub whose key was accepted before, with the position of the one that counts.
{% for hub, messages, key in [
    ('orders', ref('order_messages'), 'order_line_id'),
    ('engagement', ref('engagement_messages'), 'event_id'),
    ('reviews', ref('review_messages'), 'review_id'),
] %}
select
    '{{ hub }}' as hub,
    {{ key }} as event_key,
    topic_generation,
    partition,
    offset,
    enqueued_at,
    ingested_at,
    landed_batch,
    processed_batch,
    repeat_of
from {{ messages }}
where verdict = 'duplicate'
{{ 'union all' if not loop.last }}
{% endfor %}
