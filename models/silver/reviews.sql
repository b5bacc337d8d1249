-- One row for each accepted review.
select
    review_id,
    reviewed_at,
    business_date,
    order_id,
    customer_id,
    product_id,
    rating,
    review_text,
    state_code,
    topic_generation,
    partition,
    offset,
    landed_batch,
    processed_batch,
    enqueued_at,
    ingested_at
from {{ ref('review_messages') }}
where verdict = 'accepted'
