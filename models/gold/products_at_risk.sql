-- One row for each product and reason for which it is at risk on the latest business date, nationwide.
{% set as_of_date = date_literal(last_business_date(), otherwise='current_date()') %}
{# The linter has no variables; 1 is a number that it can do with. #}
{% set history_days = var('risk_history_days') | int(1) %}
{% set window_days = var('risk_window_days') | int(1) %}
{% set history_begins = "date_sub(" ~ as_of_date ~ ", " ~ (history_days - 1) ~ ")" %}
{% set first_day = "date_sub(" ~ as_of_date ~ ", " ~ (history_days + 2 * window_days - 2) ~ ")" %}
{% set minimum_reviews = var('risk_minimum_reviews') %}
{# There is one row for each day, so frames of rows are windows of days. #}
{% set window = "(partition by product_id order by day rows between "
    ~ (window_days - 1) ~ " preceding and current row)" %}
{% set window_before = "(partition by product_id order by day rows between "
    ~ (2 * window_days - 1) ~ " preceding and " ~ window_days ~ " preceding)" %}

with

reviews as (
    select
        product_id,
        business_date,
        rating,
        if(has_text, sentiment_score, null) as score,
        has_text and sentiment_bucket = 'Negative' as is_negative
    from {{ ref('fct_reviews') }}
    where business_date between {{ first_day }} and {{ as_of_date }}
),

products as (
    select * from {{ ref('dim_product') }}
),

days as (
    select explode(sequence({{ first_day }}, {{ as_of_date }})) as day
),

reviews_by_day as (
    select
        product_id,
        business_date,
        count(*) as review_count,
        sum(rating) as stars,
        count(score) as judged_count,
        sum(score) as total_score,
        count_if(is_negative) as negative_count
    from reviews
    group by product_id, business_date
),

reviewed_products as (
    select product_id
    from reviews_by_day
    group by product_id
    having sum(review_count) >= {{ minimum_reviews }}
),

product_days as (
    select
        reviewed_products.product_id,
        days.day,
        reviews_by_day.review_count,
        reviews_by_day.stars,
        reviews_by_day.judged_count,
        reviews_by_day.total_score,
        reviews_by_day.negative_count
    from reviewed_products
    cross join days
    left join reviews_by_day
        on reviewed_products.product_id = reviews_by_day.product_id and days.day = reviews_by_day.business_date
),

-- The last days up to each day, and as many before them.
summed as (
    select
        product_id,
        day,
        coalesce(sum(review_count) over {{ window }}, 0) as review_count,
        sum(stars) over {{ window }} as stars,
        coalesce(sum(review_count) over {{ window_before }}, 0) as review_count_before,
        sum(stars) over {{ window_before }} as stars_before,
        coalesce(sum(judged_count) over {{ window }}, 0) as judged_count,
        cast(sum(total_score) over {{ window }} as double) as total_score,
        sum(negative_count) over {{ window }} as negative_count,
        coalesce(sum(judged_count) over {{ window_before }}, 0) as judged_count_before,
        cast(sum(total_score) over {{ window_before }} as double) as total_score_before
    from product_days
),

windows as (
    select
        *,
        try_divide(stars, review_count) as average_rating,
        try_divide(stars_before, review_count_before) as average_rating_before,
        100 * try_divide(total_score, judged_count) as sentiment_index,
        100 * try_divide(total_score_before, judged_count_before) as sentiment_index_before,
        try_divide(total_score_before, judged_count_before) - try_divide(total_score, judged_count) as sentiment_fall,
        try_divide(negative_count, judged_count) as negative_share
    from summed
    where day >= {{ history_begins }}
),

high_price_low_review as (
    select
        windows.*,
        'high_price_low_review' as reason,
        100 * (5 - windows.average_rating) / 4 as risk_score,
        windows.review_count >= {{ minimum_reviews }}
        and windows.average_rating <= {{ var('low_average_rating') }} as is_flagged
    from windows
    inner join products on windows.product_id = products.product_id
    where products.is_expensive
),

-- How much the scores of the shop's reviews differ among each other: by how much a mean of few can fall by chance.
spread as (
    select stddev_samp(score) as standard_deviation
    from reviews
),

judged as (
    select
        windows.*,
        if(
            windows.judged_count >= {{ minimum_reviews }} and windows.judged_count_before >= {{ minimum_reviews }},
            50 * greatest(least(windows.sentiment_fall / {{ var('risk_sentiment_fall') }}, 1), 0)
            + 50 * windows.negative_share,
            null
        ) as risk_score,
        windows.sentiment_fall
        > {{ var('hidden_risk_fall_errors') }} * spread.standard_deviation
        * sqrt(try_divide(1, windows.judged_count) + try_divide(1, windows.judged_count_before)) as is_no_chance
    from windows
    cross join spread
),

-- From a fall that is no chance on, a product stays flagged as long as its score is high: after four weeks the window
-- before is bad too, and the fall from there says less and less.
high_scores as (
    select
        *,
        max(if(risk_score >= {{ var('hidden_risk_score') }}, null, day))
            over (partition by product_id order by day) as last_low_day
    from judged
),

hidden_dissatisfaction as (
    select
        *,
        'hidden_dissatisfaction' as reason,
        risk_score >= {{ var('hidden_risk_score') }}
        and bool_or(is_no_chance and risk_score >= {{ var('hidden_risk_score') }})
            over (partition by product_id, last_low_day order by day) as is_flagged
    from high_scores
),

reasons as (
    select
        product_id,
        day,
        reason,
        risk_score,
        review_count,
        average_rating,
        average_rating_before,
        sentiment_index,
        sentiment_index_before,
        negative_share,
        is_flagged
    from high_price_low_review
    union all
    select
        product_id,
        day,
        reason,
        risk_score,
        review_count,
        average_rating,
        average_rating_before,
        sentiment_index,
        sentiment_index_before,
        negative_share,
        is_flagged
    from hidden_dissatisfaction
),

-- Since when a product has been flagged on every day.
flagged as (
    select
        *,
        date_add(
            coalesce(
                max(if(is_flagged, null, day)) over (partition by product_id, reason),
                date_sub({{ history_begins }}, 1)
            ),
            1
        ) as flagged_since
    from reasons
),

products_at_risk as (
    select
        product_id,
        reason,
        risk_score,
        review_count,
        average_rating,
        average_rating_before,
        sentiment_index,
        sentiment_index_before,
        negative_share,
        flagged_since,
        day as as_of_date
    from flagged
    where is_flagged and day = {{ as_of_date }}
)

select * from products_at_risk
