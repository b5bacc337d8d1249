-- Social Engagement: the queries of its visuals, one after the other.
-- See them: python -m sandbox show social_engagement

-- engagement_trend: views, clicks and likes by day.
select
    business_date,
    sum(views) as views,
    sum(clicks) as clicks,
    sum(likes) as likes
from {{ ref('fct_engagement_by_product_day') }}
group by business_date
order by business_date;

-- content_types: vanity or value, in the last days. Far fewer purchases than the share of views is vanity.
with

engagement as (
    select
        facts.content_type,
        sum(facts.views) as views,
        sum(facts.clicks) as clicks,
        sum(facts.likes) as likes
    from {{ ref('fct_engagement_by_product_day') }} as facts
    cross join {{ ref('as_of') }} as as_of
    where facts.business_date > date_sub(as_of.as_of_date, {{ var('finding_days') }})
    group by facts.content_type
),

funnel as (
    select
        facts.content_type,
        sum(facts.journeys_purchased) as purchased,
        sum(facts.attributed_sales) as attributed_revenue
    from {{ ref('fct_funnel_by_product_day') }} as facts
    cross join {{ ref('as_of') }} as as_of
    where facts.business_date > date_sub(as_of.as_of_date, {{ var('finding_days') }})
    group by facts.content_type
),

measured as (
    select
        engagement.content_type,
        engagement.views,
        engagement.clicks,
        engagement.likes,
        try_divide(engagement.clicks + engagement.likes, engagement.views) as engagement_rate,
        funnel.purchased,
        funnel.attributed_revenue,
        try_divide(
            try_divide(funnel.purchased, sum(funnel.purchased) over ()),
            try_divide(engagement.views, sum(engagement.views) over ())
        ) as value_index
    from engagement
    left join funnel on engagement.content_type = funnel.content_type
)

select
    *,
    case
        when value_index <= {{ var('vanity_index') }} then 'vanity'
        when value_index >= {{ var('value_index') }} then 'value'
    end as verdict
from measured
order by value_index, content_type;

-- product_month_heatmap: engagement events per active day, of the 20 products with most.
with

product_days as (
    select
        product_id,
        business_date,
        sum(views + clicks + likes) as events
    from {{ ref('fct_engagement_by_product_day') }}
    group by product_id, business_date
),

most as (
    select product_id
    from product_days
    group by product_id
    order by sum(events) desc, product_id
    limit 20
)

select
    products.product_name,
    dates.month_start_date,
    sum(product_days.events) as events,
    count(*) as active_days,
    try_divide(sum(product_days.events), count(*)) as events_per_active_day
from product_days
inner join most on product_days.product_id = most.product_id
inner join {{ ref('dim_product') }} as products on product_days.product_id = products.product_id
inner join {{ ref('dim_date') }} as dates on product_days.business_date = dates.business_date
group by products.product_name, dates.month_start_date
order by products.product_name, dates.month_start_date;
