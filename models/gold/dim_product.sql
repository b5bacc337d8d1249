-- One row for each product: those of the catalogue, and those that events named without the catalogue knowing them.
{{ config(
    materialized='incremental',
    unique_key='product_id',
) }}
{% set picked_orders = pick(ref('order_messages'), 'processed_batch', mark='order_batch') %}
{% set picked_engagement = pick(ref('engagement_messages'), 'processed_batch', mark='engagement_batch') %}
{% set picked_reviews = pick(ref('reviews'), 'processed_batch', mark='review_batch') %}
{% set hubs = [
    ('order', ref('orders'), picked_orders),
    ('engagement', ref('engagement_events'), picked_engagement),
    ('review', ref('reviews'), picked_reviews),
] %}
{{ merge_only_where('true' if has_new_products(ref('product_catalogue'), hubs) else 'false') }}

with

catalogue as (
    select * from {{ ref('product_catalogue') }}
),

{% if is_incremental() %}

known_products as (
    select * from {{ this }}
),

{% else %}

known_products as (
    select
        product_id,
        category,
        false as is_category_settled
    from catalogue
    where false
),

{% endif %}

-- Sales are stored under the category, so a product keeps its category until gold is built anew.
categorised as (
    select
        catalogue.* except (category),
        coalesce(known_products.category, catalogue.category) as category
    from catalogue
    left join known_products
        on catalogue.product_id = known_products.product_id and known_products.is_category_settled
),

listed as (
    select
        product_id,
        product_name,
        category,
        list_price,
        percent_rank() over (partition by category order by list_price) as price_rank,
        element_at(
            array('Low', 'Mid', 'High'),
            ntile(3) over (partition by category order by list_price, product_id)
        ) as price_tier,
        false as is_inferred,
        true as is_category_settled
    from categorised
),

picked_events as (
    {% for hub, events, picked in hubs %}
    select
        product_id,
        {{ 'category' if hub == 'order' else 'cast(null as string)' }} as category,
        {{ 'true' if hub == 'order' else 'false' }} as is_order,
        struct(landed_batch, partition, offset, topic_generation) as landed
    from {{ events }}
    where {{ picked }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

unlisted as (
    select
        picked_events.product_id,
        min_by(picked_events.category, picked_events.landed) filter (where picked_events.is_order) as category,
        bool_or(picked_events.is_order) as is_category_settled
    from picked_events
    left anti join catalogue on picked_events.product_id = catalogue.product_id
    group by picked_events.product_id
),

-- The first landed order says the category; until there is one it is Unknown.
inferred as (
    select
        unlisted.product_id,
        unlisted.product_id as product_name,
        coalesce(unlisted.category, 'Unknown') as category,
        cast(null as decimal(18, 2)) as list_price,
        cast(null as double) as price_rank,
        'Unknown' as price_tier,
        true as is_inferred,
        unlisted.is_category_settled
    from unlisted
    left join known_products on unlisted.product_id = known_products.product_id
    where
        known_products.product_id is null
        or (unlisted.is_category_settled and not known_products.is_category_settled)
),

products as (
    select * from listed
    union all
    select * from inferred
),

dim_product as (
    select
        product_id,
        product_name,
        category,
        list_price,
        price_tier,
        coalesce(price_rank >= 0.9, false) as is_expensive,
        is_inferred,
        is_category_settled,
        cast({{ picked_up_to(picked_orders) }} as bigint) as order_batch,
        cast({{ picked_up_to(picked_engagement) }} as bigint) as engagement_batch,
        cast({{ picked_up_to(picked_reviews) }} as bigint) as review_batch
    from products
)

select * from dim_product
