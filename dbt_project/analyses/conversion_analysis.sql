-- Conversion Analysis: the queries of its visuals, one after the other.
-- See them: python -m sandbox show conversion_analysis

-- funnel: View -> Click -> Purchase, and beside it the purchases without a view that was seen.
with

steps as (
    select
        sum(journeys_viewed) as viewed,
        sum(journeys_clicked) as clicked,
        sum(journeys_purchased) as purchased,
        sum(unviewed_journeys_purchased) as purchased_unviewed
    from {{ ref('fct_funnel_by_product_day') }}
)

select
    viewed,
    clicked,
    purchased,
    1 - try_divide(clicked, viewed) as click_drop_off,
    1 - try_divide(purchased, clicked) as purchase_drop_off,
    purchased_unviewed
from steps;

-- conversion_trend: by the day the journeys began; days younger than the conversion window are left out.
select
    facts.business_date,
    sum(facts.journeys_viewed) as viewed,
    sum(facts.journeys_purchased) as purchased,
    try_divide(sum(facts.journeys_purchased), sum(facts.journeys_viewed)) as conversion
from {{ ref('fct_funnel_by_product_day') }} as facts
cross join {{ ref('as_of') }} as as_of
where facts.business_date <= date_sub(as_of.as_of_date, {{ var('conversion_window_days') }})
group by facts.business_date
order by facts.business_date;

-- drop_off_by_category: where shoppers leave.
select
    products.category,
    sum(facts.journeys_viewed) as viewed,
    1 - try_divide(sum(facts.journeys_clicked), sum(facts.journeys_viewed)) as click_drop_off,
    1 - try_divide(sum(facts.journeys_purchased), sum(facts.journeys_clicked)) as purchase_drop_off
from {{ ref('fct_funnel_by_product_day') }} as facts
inner join {{ ref('dim_product') }} as products on facts.product_id = products.product_id
group by products.category
order by purchase_drop_off desc, products.category asc;

-- winning_products: by Winner Score. One whose score is far above the Conversion % of all products is a winner.
with

counted as (
    select
        facts.product_id,
        sum(facts.journeys_viewed) as viewed,
        sum(facts.journeys_purchased) as purchased
    from {{ ref('fct_funnel_by_product_day') }} as facts
    cross join {{ ref('as_of') }} as as_of
    where
        facts.business_date > date_sub(as_of.as_of_date, {{ var('finding_days') }})
        and facts.business_date <= date_sub(as_of.as_of_date, {{ var('conversion_window_days') }})
    group by facts.product_id
),

scored as (
    select
        product_id,
        viewed,
        purchased,
        try_divide(purchased, viewed) as conversion,
        {{ winner_score('purchased', 'viewed') }} as winner_score,
        try_divide(sum(purchased) over (), sum(viewed) over ()) as overall_conversion
    from counted
)

select
    products.product_name,
    scored.*,
    coalesce(scored.winner_score >= {{ var('winner_lift') }} * scored.overall_conversion, false) as is_flagged
from scored
inner join {{ ref('dim_product') }} as products on scored.product_id = products.product_id
where scored.winner_score is not null
order by scored.winner_score desc, scored.product_id asc
limit 10;

-- checkout_drop_offs: for each category the day from which clicks were bought least, compared with the 28 days before.
-- The score is the difference of the two shares in standard errors (two-proportion z-test, pooled).
with

category_days as (
    select
        products.category,
        facts.business_date,
        sum(facts.journeys_clicked) as clicked,
        sum(facts.journeys_purchased) as purchased
    from {{ ref('fct_funnel_by_product_day') }} as facts
    inner join {{ ref('dim_product') }} as products on facts.product_id = products.product_id
    cross join {{ ref('as_of') }} as as_of
    where
        facts.business_date > date_sub(as_of.as_of_date, {{ var('finding_days') }})
        and facts.business_date <= date_sub(as_of.as_of_date, {{ var('conversion_window_days') }})
    group by products.category, facts.business_date
),

windows as (
    select
        category,
        business_date,
        sum(clicked) over before as clicked_before,
        sum(purchased) over before as purchased_before,
        sum(clicked) over after as clicked_after,
        sum(purchased) over after as purchased_after
    from category_days
    window
        before as (partition by category order by business_date rows between 28 preceding and 1 preceding),
        after as (partition by category order by business_date rows between current row and 27 following)
),

shares as (
    select
        *,
        purchased_before / clicked_before as share_before,
        purchased_after / clicked_after as share_after,
        (purchased_before + purchased_after) / (clicked_before + clicked_after) as share
    from windows
    where clicked_before >= 100 and clicked_after >= 100
),

scored as (
    select
        *,
        try_divide(
            share_before - share_after, sqrt(share * (1 - share) * (1 / clicked_before + 1 / clicked_after))
        ) as score
    from shares
),

ranked as (
    select
        *,
        row_number() over (partition by category order by score desc, business_date asc) as place
    from scored
)

select
    category,
    business_date as begins,
    1 - share_before as purchase_drop_off_before,
    1 - share_after as purchase_drop_off_after,
    score,
    score >= {{ var('drop_off_score') }} as is_flagged
from ranked
where place = 1
order by score desc;
