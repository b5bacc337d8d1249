-- One row for each day of every calendar year that gold has facts in.
{% do allow_dates_from_metadata() %}

with

facts as (
    {% for fact in facts_by_date() %}
    select
        min(business_date) as first_date,
        max(business_date) as last_date
    from {{ fact }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

bounds as (
    select
        coalesce(min(first_date), current_date()) as first_date,
        coalesce(max(last_date), current_date()) as last_date
    from facts
),

days as (
    select explode(sequence(make_date(year(first_date), 1, 1), make_date(year(last_date), 12, 31))) as business_date
    from bounds
),

dim_date as (
    select
        business_date,
        year(business_date) as year,
        quarter(business_date) as quarter,
        month(business_date) as month,
        date_format(business_date, 'MMMM') as month_name,
        cast(date_trunc('month', business_date) as date) as month_start_date,
        -- Weeks begin on Monday.
        cast(date_trunc('week', business_date) as date) as week_start_date,
        weekday(business_date) + 1 as day_of_week,
        date_format(business_date, 'EEEE') as day_name,
        weekday(business_date) >= 5 as is_weekend
    from days
)

select * from dim_date
