-- Customer Sentiment & Reviews: the queries of its visuals, one after the other.
-- See them: python -m sandbox show customer_reviews

-- rating_trend: reviews, Average Rating and Sentiment Index by week.
select
    dates.week_start_date,
    count(*) as reviews,
    try_divide(sum(reviews.rating), count(*)) as average_rating,
    100 * avg(cast(reviews.sentiment_score as double)) filter (where reviews.has_text) as sentiment_index
from {{ ref('fct_reviews') }} as reviews
inner join {{ ref('dim_date') }} as dates on reviews.business_date = dates.business_date
group by dates.week_start_date
order by dates.week_start_date;

-- stars: how many reviews gave how many stars, and how many of them have a text.
select
    rating,
    count(*) as reviews,
    count_if(has_text) as with_text
from {{ ref('fct_reviews') }}
group by rating
order by rating;

-- sentiment_buckets: how many reviews with text sound positive, neutral and negative, and their shares.
select
    sentiment_bucket,
    count(*) as reviews,
    try_divide(count(*), sum(count(*)) over ()) as share
from {{ ref('fct_reviews') }}
where has_text
group by sentiment_bucket
order by reviews desc;

-- product_bubbles: review volume, Sentiment Index and Average Rating by product.
select
    products.product_name,
    products.category,
    products.list_price,
    count(*) as reviews,
    100 * avg(cast(reviews.sentiment_score as double)) filter (where reviews.has_text) as sentiment_index,
    try_divide(sum(reviews.rating), count(*)) as average_rating
from {{ ref('fct_reviews') }} as reviews
inner join {{ ref('dim_product') }} as products on reviews.product_id = products.product_id
group by products.product_name, products.category, products.list_price
order by reviews desc, products.product_name asc
limit 20;

-- at_risk: the products at risk, with the reason, since when, and how stars and words have changed.
select
    products.product_name,
    risks.*
from {{ ref('products_at_risk') }} as risks
inner join {{ ref('dim_product') }} as products on risks.product_id = products.product_id
order by risks.risk_score desc, risks.product_id asc;

-- expensive_and_badly_reviewed: the dearest tenth of each category, by Average Rating of all time.
select
    products.product_name,
    products.category,
    products.list_price,
    count(*) as reviews,
    try_divide(sum(reviews.rating), count(*)) as average_rating
from {{ ref('fct_reviews') }} as reviews
inner join {{ ref('dim_product') }} as products on reviews.product_id = products.product_id
where products.is_expensive
group by products.product_name, products.category, products.list_price
having count(*) >= {{ var('risk_minimum_reviews') }}
order by average_rating, products.product_name
limit 10;

-- rising_returns: products of which a larger share comes back than before, and than in the shop. Counted are delivered
-- lines old enough for a return: the latest days of them against all days before. The score is the rise in standard
-- errors, with one return more for chance: a single one is a large share of few lines.
with

lines as (
    select
        facts.product_id,
        facts.returned_amount,
        facts.business_date > date_sub(as_of.as_of_date, 2 * {{ var('return_days') }}) as is_recent,
        coalesce(datediff(facts.returned_at, facts.ordered_at) < {{ var('return_days') }}, false) as is_returned
    from {{ ref('fct_order_lines') }} as facts
    cross join {{ ref('as_of') }} as as_of
    where
        facts.delivery_status in ('Delivered', 'Returned')
        and facts.business_date > date_sub(as_of.as_of_date, {{ var('finding_days') }})
        and facts.business_date <= date_sub(as_of.as_of_date, {{ var('return_days') }})
),

counted as (
    select
        product_id,
        count_if(is_recent) as delivered,
        count_if(is_recent and is_returned) as returned,
        count_if(not is_recent) as delivered_before,
        count_if(not is_recent and is_returned) as returned_before,
        coalesce(sum(returned_amount) filter (where is_recent and is_returned), 0) as returned_revenue
    from lines
    group by product_id
),

shares as (
    select
        *,
        try_divide(returned, delivered) as share,
        try_divide(returned_before, delivered_before) as share_before,
        greatest(
            try_divide(returned_before, delivered_before),
            try_divide(sum(returned_before) over (), sum(delivered_before) over ())
        ) as expected_share
    from counted
),

scored as (
    select
        *,
        (share - expected_share) / sqrt(
            expected_share * (1 - expected_share) * (1 / delivered + 1 / delivered_before)
            + 1 / (delivered * delivered)
        ) as score
    from shares
    where delivered >= {{ var('return_minimum_lines') }} and delivered_before >= {{ var('return_minimum_lines') }}
)

select
    products.product_name,
    scored.product_id,
    date_sub(as_of.as_of_date, 2 * {{ var('return_days') }} - 1) as first_date,
    date_sub(as_of.as_of_date, {{ var('return_days') }}) as last_date,
    scored.delivered,
    scored.returned,
    scored.share,
    scored.share_before,
    scored.returned_revenue,
    scored.score,
    scored.score >= {{ var('return_score') }} as is_flagged
from scored
inner join {{ ref('dim_product') }} as products on scored.product_id = products.product_id
cross join {{ ref('as_of') }} as as_of
order by scored.score desc, scored.product_id asc
limit 10;
