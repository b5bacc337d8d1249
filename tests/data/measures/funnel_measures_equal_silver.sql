{% if any_written(['journeys', 'fct_funnel_by_product_day']) %}

-- Journeys Viewed, Clicked, Purchased, Conversion %, both drop-offs, Winner Score and Attributed Revenue are what
-- silver's journeys come to: for all, and for each product, content type, state and day, among the days'
-- products that this run wrote, and those that a journey may have left.
{% set touched %}
    (
        select business_date, product_id
        from (select explode(event_dates) as business_date, * except (business_date) from {{ ref('journeys') }})
        where {{ rows_written('journeys') }}
        union distinct
        select business_date, product_id
        from {{ ref('fct_funnel_by_product_day') }}
        where {{ rows_written('fct_funnel_by_product_day') }}
    )
{% endset %}
{% set dates = dates_among(touched) %}
{% set contexts = ['product_id', 'content_type', 'state_code', 'business_date'] %}

with

touched as (
    select * from {{ touched }}
),

touched_journeys as (
    select /*+ broadcast(touched) */ journeys.*
    from {{ ref('journeys') }} as journeys
    left semi join touched
        on journeys.business_date = touched.business_date and journeys.product_id = touched.product_id
),

journeys as (
    select
        {{ contexts | join(', ') }},
        is_viewed as has_view,
        is_viewed and (is_clicked or is_purchased) as has_click,
        is_viewed and is_purchased as has_purchase,
        sales
    from touched_journeys
    where {{ dates }}
),

counted as (
    select
        {{ contexts | join(', ') }},
        count_if(has_view) as viewed,
        count_if(has_click) as clicked,
        count_if(has_purchase) as purchased,
        sum(if(has_purchase, sales, 0)) as attributed_revenue
    from journeys
    group by {{ in_each_context(contexts) }}
),

expected as (
    select
        *,
        if(viewed > 0, purchased / viewed, null) as conversion,
        if(viewed > 0, 1 - clicked / viewed, null) as click_drop_off,
        if(clicked > 0, 1 - purchased / clicked, null) as purchase_drop_off,
        -- Wilson's bound in another form, so that the macro is checked too: the root of its quadratic equation.
        if(
            viewed >= {{ var('winner_minimum_journeys') }},
            (
                2 * purchased + 1.96d * 1.96d
                - 1.96d * sqrt(1.96d * 1.96d + 4 * purchased * (1 - purchased / viewed))
            ) / (2 * (viewed + 1.96d * 1.96d)),
            null
        ) as winner_score
    from counted
),

touched_groups as (
    select /*+ broadcast(touched) */ fct_funnel.*
    from {{ ref('fct_funnel_by_product_day') }} as fct_funnel
    left semi join touched
        on fct_funnel.business_date = touched.business_date and fct_funnel.product_id = touched.product_id
),

summed as (
    select
        {{ contexts | join(', ') }},
        sum(journeys_viewed) as viewed,
        sum(journeys_clicked) as clicked,
        sum(journeys_purchased) as purchased,
        sum(attributed_sales) as attributed_revenue
    from touched_groups
    where {{ dates }}
    group by {{ in_each_context(contexts) }}
),

measured as (
    select
        *,
        try_divide(purchased, viewed) as conversion,
        1 - try_divide(clicked, viewed) as click_drop_off,
        1 - try_divide(purchased, clicked) as purchase_drop_off,
        {{ winner_score('purchased', 'viewed') }} as winner_score
    from summed
)

select
    expected.*,
    measured.viewed as gold_viewed,
    measured.clicked as gold_clicked,
    measured.purchased as gold_purchased,
    measured.attributed_revenue as gold_attributed_revenue,
    measured.winner_score as gold_winner_score
from expected
full outer join measured on {{ is_same_context('expected', 'measured', contexts) }}
where
    not (
        coalesce(expected.viewed, 0) = coalesce(measured.viewed, 0)
        and coalesce(expected.clicked, 0) = coalesce(measured.clicked, 0)
        and coalesce(expected.purchased, 0) = coalesce(measured.purchased, 0)
        and coalesce(expected.attributed_revenue, 0) = coalesce(measured.attributed_revenue, 0)
        and expected.conversion <=> measured.conversion
        and expected.click_drop_off <=> measured.click_drop_off
        and expected.purchase_drop_off <=> measured.purchase_drop_off
        and (expected.winner_score is null) = (measured.winner_score is null)
        and coalesce(abs(expected.winner_score - measured.winner_score), 0) < 1e-9
    )

{% endif %}
