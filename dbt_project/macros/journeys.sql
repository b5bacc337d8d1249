{#
    The dates on which the journeys stand that got a picked event: the events' own, and those where these journeys
    stand already, as a predicate over business_date. Journeys are found there by the hash of their key.
#}
{% macro dates_of_journeys(engagement, picked_engagement, orders, picked_orders) %}
    {%- if not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set touched %}
        select {{ journey_hash() }} as journey_hash, business_date from {{ engagement }} where {{ picked_engagement }}
        union all
        select {{ journey_hash() }}, business_date from {{ orders }} where {{ picked_orders }} and session_id is not null
    {% endset -%}
    {#- Their own dates first, from narrow columns: places are read on these dates alone. -#}
    {%- set dates %}
        (
            with

            touched as ({{ touched }}),

            stands as (
                select distinct business_date
                from {{ this }}
                where journey_hash in (select journey_hash from touched)
            )

            select business_date from touched
            union all
            select place.business_date
            from {{ this }} lateral view explode(places) as place
            where
                business_date in (select business_date from stands)
                and journey_hash in (select journey_hash from touched)
        )
    {% endset -%}
    {{ return(date_list(dates, 'true', 'business_date')) }}
{% endmacro %}


{# A journey's key as one number, narrow enough to look up among all journeys. #}
{% macro journey_hash() -%}
    xxhash64(session_id, product_id)
{%- endmacro %}
