-- One row for each business date, product, content type and state in which a journey began.
{{ config(
    materialized='incremental',
    unique_key=['business_date', 'product_id', 'content_type', 'state_code'],
    partition_by='business_date',
    meta={'counted_by': 'journey_count'},
) }}
{% set picked = pick(ref('journeys'), 'processed_batch') %}
{% set places %}
    (
        select place.*, product_id, processed_batch
        from {{ ref('journeys') }} lateral view explode(places) as place
    )
{% endset %}
{% set dates = dates_of(places, picked, 'business_date') %}
{{ merge_only_where(dates) }}

with

-- Where the picked journeys stand, and where they may have stood before: these groups shrink, or become empty.
touched as (
    select distinct
        business_date,
        product_id,
        content_type,
        state_code
    from {{ places }}
    where {{ picked }}
),

journeys_of_dates as (
    select * from {{ ref('journeys') }}
    where {{ dates }} and {{ arrived_by(picked) }}
),

-- Of the touched groups only: what counts them keeps the groups that became empty, and would sort whatever it is given.
journeys as (
    select {{ if_few('broadcast(touched)') }} journeys_of_dates.*
    from journeys_of_dates
    {% if is_incremental() -%}
    left semi join touched
        on
            journeys_of_dates.business_date = touched.business_date
            and journeys_of_dates.product_id = touched.product_id
            and journeys_of_dates.content_type = touched.content_type
            and journeys_of_dates.state_code = touched.state_code
    {% endif -%}
),

fct_funnel_by_product_day as (
    select
        touched.business_date,
        touched.product_id,
        touched.content_type,
        touched.state_code,
        count(journeys.session_id) as journey_count,
        count_if(journeys.is_viewed) as journeys_viewed,
        count_if(journeys.is_viewed and (journeys.is_clicked or journeys.is_purchased)) as journeys_clicked,
        count_if(journeys.is_viewed and journeys.is_purchased) as journeys_purchased,
        cast(sum(if(journeys.is_viewed, journeys.sales, 0)) as decimal(18, 2)) as attributed_sales,
        count_if(
            not journeys.is_viewed and (journeys.is_clicked or journeys.is_purchased)
        ) as unviewed_journeys_clicked,
        count_if(not journeys.is_viewed and journeys.is_purchased) as unviewed_journeys_purchased,
        cast(sum(if(journeys.is_viewed, 0, journeys.sales)) as decimal(18, 2)) as unviewed_sales,
        max(journeys.processed_batch) as processed_batch
    from touched
    left join journeys
        on
            touched.business_date = journeys.business_date
            and touched.product_id = journeys.product_id
            and touched.content_type = journeys.content_type
            and touched.state_code = journeys.state_code
    group by touched.business_date, touched.product_id, touched.content_type, touched.state_code
)

select * from fct_funnel_by_product_day
{% if not is_incremental() %}
where journey_count > 0
{% endif %}
