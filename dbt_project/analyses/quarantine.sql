-- What is in quarantine, and why; and what was not rejected, but says of an order's line something else than its first
-- message.
-- See it: make quarantine. Once the cause is mended: docs/runbook.md, "Replay from quarantine".

-- reasons: rejected messages by hub and reason; a message may have several reasons.
select
    hub,
    reason,
    count(*) as messages,
    count_if(size(reasons) = 1) as messages_with_no_other,
    min(ingested_at) as first_landed_at,
    max(ingested_at) as last_landed_at
from {{ ref('quarantined_events') }} lateral view explode(reasons) as reason
group by hub, reason
order by messages desc, hub asc, reason asc;

-- samples: the message of each hub and reason that landed last, as text where it is text.
with

numbered as (
    select
        hub,
        reason,
        topic_generation,
        partition,
        offset,
        left(coalesce(body_text, hex(body)), 200) as body,
        row_number() over (
            partition by hub, reason
            order by landed_batch desc, partition desc, offset desc, topic_generation desc
        ) as newest
    from {{ ref('quarantined_events') }} lateral view explode(reasons) as reason
)

select
    hub,
    reason,
    body,
    partition,
    offset,
    left(topic_generation, 8) as topic_generation
from numbered
where newest = 1
order by hub, reason;

-- conflict_counts: how many order messages name another product, price or quantity than the first of their line.
select
    verdict,
    count_if(product_differs) as another_product,
    count_if(price_differs) as another_price,
    count_if(quantity_differs) as another_quantity,
    count(*) as messages
from {{ ref('conflicting_orders') }}
group by verdict
order by verdict;

-- conflicts: the newest order messages that name another product, price or quantity than the first of their line, which
-- counts.
select
    order_line_id,
    verdict,
    concat_ws(
        ', ',
        if(product_differs, 'product', null),
        if(price_differs, 'price', null),
        if(quantity_differs, 'quantity', null)
    ) as differs,
    left(first_body_text, 200) as first_body,
    left(body_text, 200) as body
from {{ ref('conflicting_orders') }}
order by landed_batch desc, partition desc, offset desc
limit 20;
