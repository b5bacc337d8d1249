-- One row for each day of every calendar year that gold has facts in.
{% set first_date = first_business_date() %}
{% set last_date = last_business_date() %}

with

bounds as (
    select
        {{ date_literal(first_date, otherwise='current_date()') }} as first_date,
        {{ date_literal(last_date, otherwise='current_date()') }} as last_date
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
