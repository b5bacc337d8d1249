-- One row for each rejected event of any hub, with its body as it came and all reasons.
select
    'orders' as hub,
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
from {{ ref('order_messages') }}
where verdict = 'rejected'
