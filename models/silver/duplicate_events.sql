-- One row for each event of any hub whose key was accepted before, with the position of the one that counts.
select
    'orders' as hub,
    order_id as event_key,
    topic_generation,
    partition,
    offset,
    enqueued_at,
    ingested_at,
    landed_batch,
    processed_batch,
    duplicate_of
from {{ ref('order_messages') }}
where verdict = 'duplicate'
