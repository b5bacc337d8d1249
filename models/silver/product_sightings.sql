-- One row for each product that an accepted event named, with the category that its first landed order gave it.
{{ config(materialized='incremental') }}
{% set sold = arrivals(ref('order_messages'), mark='order_batch') %}
{% set seen = arrivals(ref('engagement_messages'), mark='engagement_batch') %}
{% set reviewed = arrivals(ref('review_messages'), mark='review_batch') %}
{% do touches_all_rows() %}

with

sightings as (
    select
        product_id,
        struct(landed_batch, partition, offset, topic_generation) as first_order,
        category
    from {{ ref('order_messages') }}
    where verdict = 'accepted' and {{ sold.new }}
    union all
    select
        product_id,
        null as first_order,
        null as category
    from {{ ref('engagement_messages') }}
    where verdict = 'accepted' and {{ seen.new }}
    union all
    select
        product_id,
        null as first_order,
        null as category
    from {{ ref('review_messages') }}
    where verdict in ('accepted', 'update') and {{ reviewed.new }}
    {% if is_incremental() %}
    union all
    select
        product_id,
        first_order,
        category
    from {{ this }}
    {% endif %}
),

product_sightings as (
    select
        product_id,
        min_by(category, first_order) as category,
        min(first_order) as first_order,
        cast({{ sold.upto }} as bigint) as order_batch,
        cast({{ seen.upto }} as bigint) as engagement_batch,
        cast({{ reviewed.upto }} as bigint) as review_batch
    from sightings
    group by product_id
)

select * from product_sightings
