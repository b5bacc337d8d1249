-- Executive Overview: the queries of its visuals, one after the other.
-- See them: python -m sandbox show executive_overview

-- cards: the last 30 complete days; each change against the 30 days before, blank where these begin before the data.
with

periods as (
    select
        1 as period,
        date_sub(as_of_date, 30) as first_date,
        date_sub(as_of_date, 1) as last_date
    from {{ ref('as_of') }}
    union all
    select
        0 as period,
        date_sub(as_of_date, 60) as first_date,
        date_sub(as_of_date, 31) as last_date
    from {{ ref('as_of') }}
),

sales as (
    select
        periods.period,
        sum(facts.total_amount) as revenue,
        count(distinct facts.order_key) as orders
    from periods
    inner join {{ ref('fct_order_lines') }} as facts
        on facts.business_date between periods.first_date and periods.last_date
    group by periods.period
),

conversions as (
    select
        periods.period,
        try_divide(sum(facts.journeys_purchased), sum(facts.journeys_viewed)) as conversion
    from periods
    inner join {{ ref('fct_funnel_by_product_day') }} as facts
        on facts.business_date between periods.first_date and periods.last_date
    cross join {{ ref('as_of') }} as as_of
    where facts.business_date <= date_sub(as_of.as_of_date, {{ var('conversion_window_days') }})
    group by periods.period
),

ratings as (
    select
        periods.period,
        try_divide(sum(facts.rating), count(*)) as average_rating
    from periods
    inner join {{ ref('fct_reviews') }} as facts
        on facts.business_date between periods.first_date and periods.last_date
    group by periods.period
),

first_dates as (
    select min(business_date) as data_begins from {{ ref('fct_order_lines') }}
),

measured as (
    select
        periods.period,
        sales.revenue,
        sales.orders,
        conversions.conversion,
        ratings.average_rating
    from periods
    cross join first_dates
    left join sales on periods.period = sales.period
    left join conversions on periods.period = conversions.period
    left join ratings on periods.period = ratings.period
    where periods.period = 1 or periods.first_date >= first_dates.data_begins
)

select
    now.revenue,
    cast(try_divide(now.revenue, before.revenue) - 1 as double) as revenue_change,
    now.orders,
    try_divide(now.orders, before.orders) - 1 as orders_change,
    now.conversion,
    now.conversion - before.conversion as conversion_change,
    now.average_rating,
    now.average_rating - before.average_rating as rating_change
from measured as now
left join measured as before on before.period = 0
where now.period = 1;

-- revenue_by_state: all time.
select
    states.state_name,
    sum(facts.total_amount) as revenue,
    sum(facts.net_amount) as net_revenue,
    coalesce(sum(facts.total_amount) filter (where facts.delivery_status = 'Cancelled'), 0) as cancelled_revenue,
    sum(facts.returned_amount) as returned_revenue,
    count(distinct facts.order_key) as orders
from {{ ref('fct_order_lines') }} as facts
inner join {{ ref('dim_state') }} as states on facts.state_code = states.state_code
group by states.state_name
order by revenue desc, states.state_name asc;

-- minute_revenue: the as_of day, minute by minute of the business's clock.
select
    {{ minute_of_day('facts.ordered_at') }} as minute_of_day,
    sum(facts.total_amount) as revenue,
    count(distinct facts.order_key) as orders
from {{ ref('fct_order_lines') }} as facts
inner join {{ ref('as_of') }} as as_of on facts.business_date = as_of.as_of_date
group by {{ minute_of_day('facts.ordered_at') }}
order by minute_of_day;

-- state_surges: hours, one after the other, in which a state ordered far more than its share of the nation at this time
-- of the day on all other days. The score is the excess in standard deviations of a Poisson count, each with one more.
-- A surge is made of hours from half the flagged score on, over midnight too. One lower hour between two does not end
-- it, since chance alone makes one where orders are few; its orders do not count. Two lower hours end it.
with

hours as (
    select
        facts.state_code,
        date_trunc('hour', facts.ordered_at) as hour_at,
        count(distinct facts.order_key) as orders
    from {{ ref('fct_order_lines') }} as facts
    cross join {{ ref('as_of') }} as as_of
    where facts.business_date > date_sub(as_of.as_of_date, {{ var('finding_days') }})
    group by facts.state_code, date_trunc('hour', facts.ordered_at)
),

totals as (
    select
        state_code,
        hour_at,
        orders,
        sum(orders) over (partition by hour_at) as nation_orders,
        sum(orders) over (partition by state_code, hour(hour_at)) as state_orders_at_this_time,
        sum(orders) over (partition by hour(hour_at)) as nation_orders_at_this_time
    from hours
),

expected as (
    select
        state_code,
        hour_at,
        orders,
        nation_orders
        * (state_orders_at_this_time - orders + 0.5)
        / (nation_orders_at_this_time - nation_orders + 25.5) as expected_orders
    from totals
),

scored as (
    select
        state_code,
        hour_at,
        orders,
        expected_orders,
        (orders - expected_orders) / sqrt(expected_orders + 1) as score
    from expected
),

high_hours as (
    select
        state_code,
        hour_at,
        orders,
        expected_orders,
        score,
        lag(hour_at) over (partition by state_code order by hour_at) as high_hour_before
    from scored
    where score >= {{ var('surge_score') }} / 2
),

surge_hours as (
    select
        *,
        -- One more with each hour that has no other shortly before it: the same number within a surge.
        count_if(hour_at > high_hour_before + interval 2 hours)
            over (partition by state_code order by hour_at) as surge
    from high_hours
)

select
    states.state_name,
    surge_hours.state_code,
    min(surge_hours.hour_at) as begins_at,
    max(surge_hours.hour_at) + interval 1 hour as ends_at,
    sum(surge_hours.orders) as orders,
    sum(surge_hours.expected_orders) as expected_orders,
    max(surge_hours.score) as score,
    max(surge_hours.score) >= {{ var('surge_score') }} as is_flagged
from surge_hours
inner join {{ ref('dim_state') }} as states on surge_hours.state_code = states.state_code
group by states.state_name, surge_hours.state_code, surge_hours.surge
order by score desc
limit 10;
