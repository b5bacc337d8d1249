{% if any_written(['reviews', 'fct_reviews']) %}

-- At-risk Score: each product at risk by its words has the score that silver's reviews with text give; none is at risk
-- whose score is blank or too low by silver; and none is missing whose score is high by a fall that is no chance.
{% set as_of_date = date_literal(last_business_date(), otherwise='current_date()') %}
{% set window_days = var('risk_window_days') | int %}
{% set is_now = "business_date > date_sub(" ~ as_of_date ~ ", " ~ window_days ~ ")" %}
{% set all_days = var('risk_history_days') | int + 2 * window_days - 1 %}
{% set minimum_reviews = var('risk_minimum_reviews') %}

with

silver as (
    select
        product_id,
        count_if({{ is_now }}) as judged,
        count_if(not {{ is_now }}) as judged_before,
        avg(cast(sentiment_score as double)) filter (where {{ is_now }}) as score,
        avg(cast(sentiment_score as double)) filter (where not {{ is_now }}) as score_before,
        avg(if(sentiment_score <= -0.05, 1d, 0d)) filter (where {{ is_now }}) as negative_share
    from {{ ref('reviews') }}
    where
        review_text is not null
        and business_date > date_sub({{ as_of_date }}, {{ 2 * window_days }})
        and business_date <= {{ as_of_date }}
    group by product_id
),

spread as (
    select stddev_samp(cast(sentiment_score as double)) as standard_deviation
    from {{ ref('reviews') }}
    where
        review_text is not null
        and business_date > date_sub({{ as_of_date }}, {{ all_days }})
        and business_date <= {{ as_of_date }}
),

expected as (
    select
        silver.product_id,
        silver.score_before - silver.score > {{ var('hidden_risk_fall_errors') }} * sqrt(
            pow(spread.standard_deviation, 2) / silver.judged
            + pow(spread.standard_deviation, 2) / silver.judged_before
        ) as is_no_chance,
        50 * case
            when silver.score_before - silver.score >= {{ var('risk_sentiment_fall') }} then 1d
            when silver.score_before <= silver.score then 0d
            else (silver.score_before - silver.score) / {{ var('risk_sentiment_fall') }}
        end + 50 * silver.negative_share as at_risk_score
    from silver
    cross join spread
    where silver.judged >= {{ minimum_reviews }} and silver.judged_before >= {{ minimum_reviews }}
),

measured as (
    select * from {{ ref('products_at_risk') }}
    where reason = 'hidden_dissatisfaction'
)

select
    coalesce(measured.product_id, expected.product_id) as product_id,
    measured.risk_score,
    expected.at_risk_score as silver_at_risk_score
from measured
full outer join expected on measured.product_id = expected.product_id
where
    (
        measured.product_id is null
        and expected.is_no_chance
        and expected.at_risk_score >= {{ var('hidden_risk_score') }}
    )
    or (measured.product_id is not null and expected.product_id is null)
    or (measured.product_id is not null and expected.at_risk_score < {{ var('hidden_risk_score') }})
    or abs(measured.risk_score - expected.at_risk_score) > 1e-9

{% endif %}
