-- One row for each business date, product, content type and state in which a journey began.
{{ config(materialized='incremental', partition_by='business_date') }}
{% set arrived = arrivals(ref('journeys')) %}
-- A journey whose first event turns out earlier leaves its date: all dates of its events are summed again.
{% set dates = touched_dates(arrived, expression='explode(event_dates)') %}

with

journeys as (
    select * from {{ ref('journeys') }}
    where {{ dates }} and {{ arrived.so_far }}
),

fct_funnel_by_product_day as (
    select
        business_date,
        product_id,
        content_type,
        state_code,
        count(*) as journey_count,
        count_if(is_viewed) as journeys_viewed,
        count_if(is_viewed and (is_clicked or is_purchased)) as journeys_clicked,
        count_if(is_viewed and is_purchased) as journeys_purchased,
        cast(sum(if(is_viewed, sales, 0)) as decimal(18, 2)) as attributed_sales,
        count_if(not is_viewed and (is_clicked or is_purchased)) as unviewed_journeys_clicked,
        count_if(not is_viewed and is_purchased) as unviewed_journeys_purchased,
        cast(sum(if(is_viewed, 0, sales)) as decimal(18, 2)) as unviewed_sales,
        max(processed_batch) as processed_batch
    from journeys
    group by business_date, product_id, content_type, state_code
)

select * from fct_funnel_by_product_day
