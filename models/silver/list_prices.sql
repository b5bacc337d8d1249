-- One row for each product and each period in which a list price held. The first price that is known holds for all time
-- before: what landed before the catalogue knew a product finds it when it is judged again.
with

catalogue_history as (
    select * from {{ ref('catalogue_history') }}
),

list_prices as (
    select
        product_id,
        list_price,
        if(
            row_number() over (partition by product_id order by dbt_valid_from) = 1,
            timestamp '1970-01-01',
            dbt_valid_from
        ) as valid_from,
        coalesce(dbt_valid_to, timestamp '9999-12-31') as valid_to
    from catalogue_history
)

select * from list_prices
