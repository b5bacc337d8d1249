-- One row for each category that some product has.
select
    category,
    count(*) as product_count,
    bool_and(is_inferred) as is_inferred
from {{ ref('dim_product') }}
group by category
