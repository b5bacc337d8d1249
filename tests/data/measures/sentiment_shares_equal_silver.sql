{% if any_written(['reviews', 'fct_reviews']) %}

-- Positive %, Neutral % and Negative % are what the scores of silver's reviews with text come to: for all, and for each
-- product, state and day, among the days that this run wrote.
{% set dates = dates_written([ref('reviews'), ref('fct_reviews')]) %}
{% set contexts = ['product_id', 'state_code', 'business_date'] %}

with

expected as (
    select
        {{ contexts | join(', ') }},
        avg(if(sentiment_score >= 0.05, 1d, 0d)) as positive_share,
        avg(if(abs(sentiment_score) < 0.05, 1d, 0d)) as neutral_share,
        avg(if(sentiment_score <= -0.05, 1d, 0d)) as negative_share
    from {{ ref('reviews') }}
    where {{ dates }} and review_text is not null
    group by {{ in_each_context(contexts) }}
),

measured as (
    select
        {{ contexts | join(', ') }},
        try_divide(count_if(has_text and sentiment_bucket = 'Positive'), count_if(has_text)) as positive_share,
        try_divide(count_if(has_text and sentiment_bucket = 'Neutral'), count_if(has_text)) as neutral_share,
        try_divide(count_if(has_text and sentiment_bucket = 'Negative'), count_if(has_text)) as negative_share
    from {{ ref('fct_reviews') }}
    where {{ dates }}
    group by {{ in_each_context(contexts) }}
)

select
    expected.*,
    measured.positive_share as gold_positive_share,
    measured.neutral_share as gold_neutral_share,
    measured.negative_share as gold_negative_share
from expected
full outer join measured on {{ is_same_context('expected', 'measured', contexts) }}
where
    (expected.positive_share is null) != (measured.positive_share is null)
    or abs(expected.positive_share - measured.positive_share) > 1e-9
    or abs(expected.neutral_share - measured.neutral_share) > 1e-9
    or abs(expected.negative_share - measured.negative_share) > 1e-9

{% endif %}
