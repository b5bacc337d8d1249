{#
    The dates that the journeys touch which got an event, as a query: the events' own dates, and those of all other events
    of these journeys, which stand in the model's own table. They are found there by the hash of their key.

    engagement, orders: the accepted events. seen, sold: what has arrived, as `arrivals` gives it. sold_on: the dates of
    what was sold, as a predicate.
#}
{% macro dates_of_journeys(engagement, seen, orders, sold, sold_on) %}
    with

    touched as (
        select {{ journey_hash() }} as journey_hash, business_date from {{ engagement }} where {{ seen.new }}
        union all
        select {{ journey_hash() }}, business_date from {{ orders }}
        where {{ sold_on }} and {{ sold.new }} and session_id is not null
    )

    select business_date as touched from touched
    {% if is_incremental() -%}
    union all
    select explode(event_dates)
    from {{ this }}
    where journey_hash in (select journey_hash from touched)
    {%- endif %}
{% endmacro %}


{# A journey's key as one number, narrow enough to look up among all journeys. #}
{% macro journey_hash() -%}
    xxhash64(session_id, product_id)
{%- endmacro %}
