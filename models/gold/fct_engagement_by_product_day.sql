-- One row for each business date, product, content type and state with a view, click or like.
{{ config(materialized='incremental', partition_by='business_date') }}
{% set arrived = arrivals(ref('engagement_messages')) %}
{% set dates = touched_dates(arrived) %}

with

events as (
    select * from {{ ref('engagement_events') }}
    where {{ dates }} and {{ arrived.so_far }}
),

fct_engagement_by_product_day as (
    select
        business_date,
        product_id,
        content_type,
        state_code,
        count_if(event_type = 'view') as views,
        count_if(event_type = 'click') as clicks,
        count_if(event_type = 'like') as likes,
        max(processed_batch) as processed_batch
    from events
    group by business_date, product_id, content_type, state_code
)

select * from fct_engagement_by_product_day
