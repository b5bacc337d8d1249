{% if any_written(['reviews', 'fct_reviews']) %}

-- Reviews and Average Rating are what silver's reviews come to: for all, and for each product, state and day, among the
-- days that this run wrote; and each review with a text has it in gold.
{% set dates = dates_written([ref('reviews'), ref('fct_reviews')]) %}
{% set contexts = ['product_id', 'state_code', 'business_date'] %}

with

{% for name, table, has_text in [
    ('expected', ref('reviews'), 'review_text is not null'),
    ('measured', ref('fct_reviews'), 'has_text'),
] %}
{{ name }} as (
    select
        {{ contexts | join(', ') }},
        count(distinct review_id) as reviews,
        count_if({{ has_text }}) as with_text,
        try_divide(sum(rating), count(rating)) as average_rating
    from {{ table }}
    where {{ dates }}
    group by {{ in_each_context(contexts) }}
){{ ',' if not loop.last }}

{% endfor %}
select
    expected.*,
    measured.reviews as gold_reviews,
    measured.average_rating as gold_average_rating
from expected
full outer join measured on {{ is_same_context('expected', 'measured', contexts) }}
where
    not (
        coalesce(expected.reviews, 0) = coalesce(measured.reviews, 0)
        and coalesce(expected.with_text, 0) = coalesce(measured.with_text, 0)
        and expected.average_rating <=> measured.average_rating
    )

{% endif %}
