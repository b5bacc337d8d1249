-- One row for each business date, product, content type and state with a view, click or like.
{{ config(
    materialized='incremental',
    unique_key=['business_date', 'product_id', 'content_type', 'state_code'],
    partition_by='business_date',
) }}
{% set picked = pick(ref('engagement_messages'), 'processed_batch') %}
{% set dates = dates_of(ref('engagement_messages'), picked, 'business_date') %}
{{ merge_only_where(dates) }}

with

events as (
    select * from {{ ref('engagement_events') }}
    where {{ dates }} and {{ arrived_by(picked) }}
),

recomputed as (
    {{ rows_of_touched_groups('events', ['business_date', 'product_id', 'content_type', 'state_code'], picked) }}
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
    from recomputed
    group by business_date, product_id, content_type, state_code
)

select * from fct_engagement_by_product_day
