-- One row for each product and reason for which it is at risk on the latest business date, nationwide.
{% set as_of_date = date_literal(last_business_date(), otherwise='current_date()') %}
{% set history_days = var('risk_history_days') %}
{% set window_days = var('risk_window_days') %}

with

reviews as (
    select * from {{ ref('fct_reviews') }}
    where business_date > date_sub({{ as_of_date }}, {{ history_days }} + {{ window_days }})
),

expensive_products as (
    select * from {{ ref('dim_product') }}
    where is_expensive
),

days as (
    select explode(sequence(date_sub({{ as_of_date }}, {{ history_days }} - 1), {{ as_of_date }})) as day
),

windows as (
    select
        expensive_products.product_id,
        days.day,
        count(reviews.review_id) as review_count,
        try_divide(sum(reviews.rating), count(reviews.review_id)) as average_rating
    from expensive_products
    cross join days
    left join reviews
        on
            expensive_products.product_id = reviews.product_id
            and days.day < date_add(reviews.business_date, {{ window_days }})
            and days.day >= reviews.business_date
    group by expensive_products.product_id, days.day
),

high_price_low_review as (
    select
        product_id,
        day,
        review_count,
        average_rating,
        100 * (5 - average_rating) / 4 as risk_score,
        coalesce(
            review_count >= {{ var('risk_minimum_reviews') }} and average_rating <= {{ var('low_average_rating') }},
            false
        ) as is_flagged
    from windows
),

-- Since when a product has been flagged on every day.
flagged as (
    select
        *,
        date_add(
            coalesce(
                max(if(is_flagged, null, day)) over (partition by product_id),
                date_sub({{ as_of_date }}, {{ history_days }})
            ),
            1
        ) as flagged_since
    from high_price_low_review
),

products_at_risk as (
    select
        product_id,
        'high_price_low_review' as reason,
        risk_score,
        review_count,
        average_rating,
        flagged_since,
        day as as_of_date
    from flagged
    where is_flagged and day = {{ as_of_date }}
)

select * from products_at_risk
