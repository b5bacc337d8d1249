-- One row for each review. It is written again when it was edited, or its text is scored again.
{{ config(materialized='incremental', partition_by='business_date') }}
{% set arrived = arrivals(ref('reviews')) %}
-- An edited review leaves its date: all dates of its versions are written again.
{% set dates = touched_dates(arrived, expression='explode(review_dates)') %}

with

reviews as (
    select * from {{ ref('reviews') }}
    where {{ dates }} and {{ arrived.so_far }}
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
