-- One row for each rejected event of any hub, with its body as it came and all reasons.
{% for hub, messages in [
    ('orders', ref('order_messages')),
    ('engagement', ref('engagement_messages')),
    ('reviews', ref('review_messages')),
] %}
select
    '{{ hub }}' as hub,
    topic_generation,
    partition,
    offset,
    enqueued_at,
    ingested_at,
    landed_batch,
    processed_batch,
    reasons,
    body,
    try_validate_utf8(cast(body as string)) as body_text
from {{ messages }}
where verdict = 'rejected'
{{ 'union all' if not loop.last }}
{% endfor %}
