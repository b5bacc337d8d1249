{% if any_written(['order_messages', 'fct_sales_by_state_minute']) %}

-- Minute Revenue: each minute of the latest business date in gold has the revenue of silver's orders of that minute.
{% set dates = "business_date = " ~ date_literal(last_business_date(), otherwise='current_date()') %}

with

expected as (
    select
        {{ minute_of_day('ordered_at') }} as minute_of_day,
        sum(total_amount) as revenue
    from {{ ref('order_lines') }}
    where {{ dates }}
    group by {{ minute_of_day('ordered_at') }}
),

measured as (
    select
        facts.minute_of_day,
        sum(facts.total_sales) as revenue
    from {{ ref('fct_sales_by_state_minute') }} as facts
    inner join {{ ref('as_of') }} as as_of on facts.business_date = as_of.as_of_date
    group by facts.minute_of_day
)

select
    expected.minute_of_day,
    expected.revenue as silver_revenue,
    measured.minute_of_day as gold_minute,
    measured.revenue as gold_revenue
from expected
full outer join measured on expected.minute_of_day = measured.minute_of_day
where not (expected.revenue <=> measured.revenue)

{% endif %}
