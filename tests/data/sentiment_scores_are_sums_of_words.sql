{% if any_written(['reviews']) %}

-- A review's score is what the weights in sentiment_words come to, among the reviews that this run scored; the weights
-- are rounded to four places, the slope is 1 / sqrt(15) at most.
with

summed as (
    select
        review_id,
        sentiment_score,
        aggregate(sentiment_words, 0d, (total, word) -> total + word.weight) as total,
        size(sentiment_words) as words
    from {{ ref('reviews') }}
    where {{ rows_written('reviews') }}
)

select * from summed
where abs(total / sqrt(total * total + 15) - sentiment_score) > 0.00005 * (1 + words / sqrt(15)) + 1e-9

{% endif %}
