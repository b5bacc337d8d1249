{% if any_written(['reviews', 'fct_reviews']) %}

-- Sentiment Index is what silver's reviews with text come to: for all, and for each product, state and day, among the
-- days that this run wrote.
{% set dates = dates_written([ref('reviews'), ref('fct_reviews')]) %}
{% set contexts = ['product_id', 'state_code', 'business_date'] %}

with

expected as (
    select
        {{ contexts | join(', ') }},
        avg(cast(sentiment_score as double)) * 100 as sentiment_index
    from {{ ref('reviews') }}
    where {{ dates }} and review_text is not null
    group by {{ in_each_context(contexts) }}
),

measured as (
    select
        {{ contexts | join(', ') }},
        100 * try_divide(cast(sum(sentiment_score) filter (where has_text) as double), count_if(has_text))
            as sentiment_index
    from {{ ref('fct_reviews') }}
    where {{ dates }}
    group by {{ in_each_context(contexts) }}
)

select
    expected.*,
    measured.sentiment_index as gold_sentiment_index
from expected
full outer join measured on {{ is_same_context('expected', 'measured', contexts) }}
where
    (expected.sentiment_index is null) != (measured.sentiment_index is null)
    or abs(expected.sentiment_index - measured.sentiment_index) > 1e-9

{% endif %}
