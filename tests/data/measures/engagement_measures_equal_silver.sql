-- Views, Clicks, Likes and Engagement Rate are what silver's events come to: for all, and for each product, content
-- type, state and day, among what was touched last, the products of a day.
{% set last_run = "processed_batch >= " ~ last_batch_of('engagement_messages') %}
{% set dates = date_list(ref('engagement_messages'), last_run, 'business_date') %}
{% set contexts = ['product_id', 'content_type', 'state_code', 'business_date'] %}

with

touched as (
    select distinct
        business_date,
        product_id
    from {{ ref('engagement_messages') }}
    where {{ last_run }}
),

touched_events as (
    select {{ if_few('broadcast(touched)') }} events.*
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
    select {{ if_few('broadcast(touched)') }} fct_engagement.*
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
