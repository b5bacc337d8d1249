-- One row for each product: those of the catalogue, and those that events named without the catalogue knowing them.
{% set known_table = as_it_was() %}

with

catalogue as (
    select * from {{ ref('product_catalogue') }}
),

sightings as (
    select * from {{ ref('product_sightings') }}
),

known as (
    {% if known_table %}
    select
        product_id,
        category,
        category_batch
    from {{ this }}
    {% else %}
    select
        product_id,
        category,
        0 as category_batch
    from catalogue
    where false
    {% endif %}
),

next_number as (
    select coalesce(max(category_batch), 0) + 1 as category_batch
    from known
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
        false as is_inferred
    from catalogue
),

inferred as (
    select
        sightings.product_id,
        sightings.product_id as product_name,
        coalesce(sightings.category, 'Unknown') as category,
        cast(null as decimal(18, 2)) as list_price,
        cast(null as double) as price_rank,
        'Unknown' as price_tier,
        true as is_inferred
    from sightings
    left anti join catalogue on sightings.product_id = catalogue.product_id
),

products as (
    select * from listed
    union all
    select * from inferred
),

dim_product as (
    select
        products.product_id,
        products.product_name,
        products.category,
        products.list_price,
        products.price_tier,
        coalesce(products.price_rank >= 0.9, false) as is_expensive,
        products.is_inferred,
        -- Sales are stored under the category: who sums them picks the products that have another one by this number.
        cast(
            if(
                known.category != products.category,
                next_number.category_batch,
                coalesce(known.category_batch, 0)
            ) as bigint
        ) as category_batch
    from products
    left join known on products.product_id = known.product_id
    cross join next_number
)

select * from dim_product
