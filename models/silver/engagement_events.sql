-- One row for each accepted view, click or like.
select
    event_id,
    occurred_at,
    business_date,
    event_type,
    session_id,
    visitor_id,
    product_id,
    content_type,
    state_code,
    device,
    topic_generation,
    partition,
    offset,
    landed_batch,
    processed_batch,
    enqueued_at,
    ingested_at
from {{ ref('engagement_messages') }}
where verdict = 'accepted'
