-- Views, Clicks, Likes and Engagement Rate are what silver's events come to: for all, and for each product, content
-- type, state and day, among the days touched last.
{% set last_run = "processed_batch >= " ~ last_batch_of('engagement_messages') %}
{% set dates = date_list(ref('engagement_messages'), last_run, 'business_date') %}
{% set contexts = ['product_id', 'content_type', 'state_code', 'business_date'] %}

with

expected as (
    select
        {{ contexts | join(', ') }},
        sum(if(event_type = 'view', 1, 0)) as views,
        sum(if(event_type = 'click', 1, 0)) as clicks,
        sum(if(event_type = 'like', 1, 0)) as likes,
        try_divide(sum(if(event_type = 'view', 0, 1)), sum(if(event_type = 'view', 1, 0))) as engagement_rate
    from {{ ref('engagement_events') }}
    where {{ dates }}
    group by {{ in_each_context(contexts) }}
),

measured as (
    select
        {{ contexts | join(', ') }},
        sum(views) as views,
        sum(clicks) as clicks,
        sum(likes) as likes,
        try_divide(sum(clicks) + sum(likes), sum(views)) as engagement_rate
    from {{ ref('fct_engagement_by_product_day') }}
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
