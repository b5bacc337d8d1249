{% if any_written([
    'engagement_messages', 'journeys', 'fct_engagement_by_product_day', 'fct_funnel_by_product_day'
]) %}

-- Value Index by content type, on the days that this run wrote: gold's facts give what silver's journeys and events
-- give.
{% set dates = dates_written([
    ref('engagement_messages'),
    ref('journeys'),
    ref('fct_engagement_by_product_day'),
    ref('fct_funnel_by_product_day'),
]) %}

with

names as (
    select content_type from {{ ref('dim_content_type') }}
    where is_known
),

events as (
    select
        content_type,
        count(*) as views
    from {{ ref('engagement_events') }}
    where event_type = 'view' and {{ dates }}
    group by content_type
),

journeys as (
    select
        content_type,
        count(*) as purchases
    from {{ ref('journeys') }}
    where is_viewed and is_purchased and {{ dates }}
    group by content_type
),

-- Two fractions divided are one: purchases x all views / (all purchases x views).
expected as (
    select
        names.content_type,
        try_divide(
            journeys.purchases * sum(events.views) over (),
            sum(journeys.purchases) over () * events.views
        ) as value_index
    from names
    left join events on names.content_type = events.content_type
    left join journeys on names.content_type = journeys.content_type
),

views as (
    select
        content_type,
        sum(views) as events
    from {{ ref('fct_engagement_by_product_day') }}
    where {{ dates }}
    group by content_type
),

purchases as (
    select
        content_type,
        nullif(sum(journeys_purchased), 0) as journeys
    from {{ ref('fct_funnel_by_product_day') }}
    where {{ dates }}
    group by content_type
),

measured as (
    select
        names.content_type,
        try_divide(
            try_divide(purchases.journeys, sum(purchases.journeys) over ()),
            try_divide(views.events, sum(views.events) over ())
        ) as value_index
    from names
    left join views on names.content_type = views.content_type
    left join purchases on names.content_type = purchases.content_type
)

select
    expected.content_type,
    expected.value_index as silver_value_index,
    measured.value_index as gold_value_index
from expected
inner join measured on expected.content_type = measured.content_type
where
    (expected.value_index is null) != (measured.value_index is null)
    or abs(expected.value_index - measured.value_index) > 1e-9

{% endif %}
