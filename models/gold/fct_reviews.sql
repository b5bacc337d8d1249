-- One row for each review. It is written again when its text is scored again.
{{ config(
    materialized='incremental',
    unique_key='review_id',
    partition_by='business_date',
) }}
{% set picked = pick(ref('reviews'), 'processed_batch') %}
{{ merge_only_where(dates_of(ref('reviews'), picked, 'business_date')) }}

with

reviews as (
    select * from {{ ref('reviews') }}
    where {{ picked }}
),

fct_reviews as (
    select
        review_id,
        reviewed_at,
        business_date,
        product_id,
        state_code,
        rating,
        review_text is not null as has_text,
        left(review_text, 200) as excerpt,
        sentiment_score,
        sentiment_bucket,
        processed_batch
    from reviews
)

select * from fct_reviews
