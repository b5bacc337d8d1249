{% if any_written([
    'order_messages', 'journeys', 'reviews', 'fct_order_lines', 'fct_funnel_by_product_day', 'fct_reviews'
]) %}

-- Revenue change %, Orders change %, Conversion change and Rating change of the last 30 complete days against the 30
-- before are the same from gold as from silver.
{% set last_date = date_literal(last_business_date(), otherwise='current_date()') %}
{% set dates = "business_date between date_sub(" ~ last_date ~ ", 60) and date_sub(" ~ last_date ~ ", 1)" %}
{% set is_now = "business_date >= date_sub(" ~ last_date ~ ", 30)" %}
{% set is_old_enough = "business_date <= date_sub(" ~ last_date ~ ", " ~ var('conversion_window_days') ~ ")" %}

with

silver as (
    select
        try_divide(
            sum(total_amount) filter (where {{ is_now }}), sum(total_amount) filter (where not {{ is_now }})
        ) as revenue_ratio,
        try_divide(
            count(distinct order_id) filter (where {{ is_now }}),
            count(distinct order_id) filter (where not {{ is_now }})
        ) as order_ratio
    from {{ ref('order_lines') }}
    where {{ dates }}
),

silver_journeys as (
    select
        avg(if(is_purchased, 1d, 0d)) filter (where {{ is_now }}) as conversion,
        avg(if(is_purchased, 1d, 0d)) filter (where not {{ is_now }}) as conversion_before
    from {{ ref('journeys') }}
    where {{ dates }} and {{ is_old_enough }} and is_viewed
),

silver_reviews as (
    select
        avg(rating) filter (where {{ is_now }}) as rating,
        avg(rating) filter (where not {{ is_now }}) as rating_before
    from {{ ref('reviews') }}
    where {{ dates }}
),

gold as (
    select
        try_divide(
            sum(total_amount) filter (where {{ is_now }}), sum(total_amount) filter (where not {{ is_now }})
        ) as revenue_ratio,
        try_divide(
            count(distinct order_key) filter (where {{ is_now }}),
            count(distinct order_key) filter (where not {{ is_now }})
        ) as order_ratio
    from {{ ref('fct_order_lines') }}
    where {{ dates }}
),

gold_funnel as (
    select
        try_divide(
            sum(journeys_purchased) filter (where {{ is_now }}), sum(journeys_viewed) filter (where {{ is_now }})
        ) as conversion,
        try_divide(
            sum(journeys_purchased) filter (where not {{ is_now }}),
            sum(journeys_viewed) filter (where not {{ is_now }})
        ) as conversion_before
    from {{ ref('fct_funnel_by_product_day') }}
    where {{ dates }} and {{ is_old_enough }}
),

gold_reviews as (
    select
        try_divide(sum(rating) filter (where {{ is_now }}), count(*) filter (where {{ is_now }})) as rating,
        try_divide(
            sum(rating) filter (where not {{ is_now }}), count(*) filter (where not {{ is_now }})
        ) as rating_before
    from {{ ref('fct_reviews') }}
    where {{ dates }}
),

changes as (
    select
        'Revenue change %' as measure,
        cast(silver.revenue_ratio - 1 as double) as expected,
        cast(gold.revenue_ratio - 1 as double) as measured
    from silver
    cross join gold
    union all
    select
        'Orders change %' as measure,
        cast(silver.order_ratio - 1 as double) as expected,
        cast(gold.order_ratio - 1 as double) as measured
    from silver
    cross join gold
    union all
    select
        'Conversion change' as measure,
        silver_journeys.conversion - silver_journeys.conversion_before as expected,
        gold_funnel.conversion - gold_funnel.conversion_before as measured
    from silver_journeys
    cross join gold_funnel
    union all
    select
        'Rating change' as measure,
        silver_reviews.rating - silver_reviews.rating_before as expected,
        gold_reviews.rating - gold_reviews.rating_before as measured
    from silver_reviews
    cross join gold_reviews
)

select * from changes
where (expected is null) != (measured is null) or abs(expected - measured) > 1e-9

{% endif %}
