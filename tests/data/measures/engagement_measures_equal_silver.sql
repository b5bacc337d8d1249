{% if any_written(['engagement_messages', 'fct_engagement_by_product_day']) %}

-- Views, Clicks, Likes and Engagement Rate are what silver's events come to: for all, and for each product, content
-- type, state and day, among the days' products that this run wrote.
{% set written = rows_written('engagement_messages') %}
{% set gold_written = rows_written('fct_engagement_by_product_day') %}
{% set dates = dates_written([ref('engagement_messages'), ref('fct_engagement_by_product_day')]) %}
{% set contexts = ['product_id', 'content_type', 'state_code', 'business_date'] %}

with

touched as (
    select
        business_date,
        product_id
    from {{ ref('engagement_messages') }}
    where {{ written }} and business_date is not null
    union distinct
    select
        business_date,
        product_id
    from {{ ref('fct_engagement_by_product_day') }}
    where {{ gold_written }}
),

touched_events as (
    select /*+ broadcast(touched) */ events.*
    from {{ ref('engagement_events') }} as events
    left semi join touched
        on events.business_date = touched.business_date and events.product_id = touched.product_id
),

expected as (
    select
        {{ contexts | join(', ') }},
        sum(if(event_type = 'view', 1, 0)) as views,
        sum(if(event_type = 'click', 1, 0)) as clicks,
        sum(if(event_type = 'like', 1, 0)) as likes,
        try_divide(sum(if(event_type = 'view', 0, 1)), sum(if(event_type = 'view', 1, 0))) as engagement_rate
    from touched_events
    where {{ dates }}
    group by {{ in_each_context(contexts) }}
),

touched_groups as (
    select /*+ broadcast(touched) */ fct_engagement.*
    from {{ ref('fct_engagement_by_product_day') }} as fct_engagement
    left semi join touched
        on fct_engagement.business_date = touched.business_date and fct_engagement.product_id = touched.product_id
),

measured as (
    select
        {{ contexts | join(', ') }},
        sum(views) as views,
        sum(clicks) as clicks,
        sum(likes) as likes,
        try_divide(sum(clicks) + sum(likes), sum(views)) as engagement_rate
    from touched_groups
    where {{ dates }}
    group by {{ in_each_context(contexts) }}
)

select
    expected.*,
    measured.views as gold_views,
    measured.clicks as gold_clicks,
    measured.likes as gold_likes,
    measured.engagement_rate as gold_engagement_rate
from expected
full outer join measured on {{ is_same_context('expected', 'measured', contexts) }}
where
    not (
        coalesce(expected.views, 0) = coalesce(measured.views, 0)
        and coalesce(expected.clicks, 0) = coalesce(measured.clicks, 0)
        and coalesce(expected.likes, 0) = coalesce(measured.likes, 0)
        and expected.engagement_rate <=> measured.engagement_rate
    )

{% endif %}
