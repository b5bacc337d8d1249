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
