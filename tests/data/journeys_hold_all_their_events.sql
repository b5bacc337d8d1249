{% if rows_written('journeys') == 'true' %}

-- Each journey has the stages, sales, beginning and place that its events have, computed here from the events by
-- themselves. A journey's events may be of any date, so this reads all of them: only where all journeys are tested.

with

events as (
    select
        session_id,
        product_id,
        occurred_at as happened_at,
        event_type,
        cast(0 as decimal(18, 2)) as amount
    from {{ ref('engagement_events') }}
    union all
    select
        session_id,
        product_id,
        ordered_at,
        'order' as event_type,
        net_amount
    from {{ ref('order_lines') }}
    where session_id is not null
),

expected as (
    select
        session_id,
        product_id,
        min(happened_at) as began_at,
        count_if(event_type = 'view') > 0 as is_viewed,
        count_if(event_type = 'click') > 0 as is_clicked,
        count_if(event_type = 'like') > 0 as is_liked,
        count_if(event_type = 'order') > 0 as is_purchased,
        sum(amount) as sales
    from events
    group by session_id, product_id
)

select
    expected.*,
    journeys.began_at as journey_began_at,
    journeys.sales as journey_sales
from expected
full outer join {{ ref('journeys') }} as journeys
    on expected.session_id = journeys.session_id and expected.product_id = journeys.product_id
where
    not (
        expected.began_at <=> journeys.began_at
        and {{ business_date('expected.began_at') }} <=> journeys.business_date
        and expected.is_viewed <=> journeys.is_viewed
        and expected.is_clicked <=> journeys.is_clicked
        and expected.is_liked <=> journeys.is_liked
        and expected.is_purchased <=> journeys.is_purchased
        and expected.sales <=> journeys.sales
    )

{% endif %}
