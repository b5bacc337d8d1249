-- One row for each product: those of the catalogue, and those that orders named without the catalogue knowing them.
{{ config(
    materialized='incremental',
    unique_key='product_id',
) }}
{% set newest = highest(ref('order_messages'), 'processed_batch') %}
{% set picked = pick(ref('order_messages'), 'processed_batch') %}

with

catalogue as (
    select * from {{ ref('product_catalogue') }}
),

picked_orders as (
    select * from {{ ref('orders') }}
    where {{ picked }}
),

{% if is_incremental() %}

known_products as (
    select * from {{ this }}
),

-- Sales are stored under the category, so a product keeps its category until gold is built anew.
categorised as (
    select
        catalogue.* except (category),
        coalesce(known_products.category, catalogue.category) as category
    from catalogue
    left join known_products on catalogue.product_id = known_products.product_id
),

{% else %}

categorised as (
    select * from catalogue
),

{% endif %}

listed as (
    select
        product_id,
        product_name,
        category,
        list_price,
        element_at(
            array('Low', 'Mid', 'High'),
            ntile(3) over (partition by category order by list_price, product_id)
        ) as price_tier,
        false as is_inferred
    from categorised
),

unlisted_orders as (
    select
        picked_orders.*,
        row_number() over (
            partition by picked_orders.product_id
            order by picked_orders.landed_batch, picked_orders.partition, picked_orders.offset
        ) as landing
    from picked_orders
    left anti join catalogue on picked_orders.product_id = catalogue.product_id
    {% if is_incremental() %}
    -- What the first landed order said of a product stays.
    left anti join known_products on picked_orders.product_id = known_products.product_id
    {% endif %}
),

inferred as (
    select
        product_id,
        product_id as product_name,
        coalesce(category, 'Unknown') as category,
        cast(null as decimal(18, 2)) as list_price,
        'Unknown' as price_tier,
        true as is_inferred
    from unlisted_orders
    where landing = 1
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
        is_inferred,
        cast({{ newest or 0 }} as bigint) as processed_batch
    from products
)

select * from dim_product
