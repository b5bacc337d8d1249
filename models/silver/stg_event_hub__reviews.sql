-- One row for each landed review: parsed, masked, normalised, and with the reasons for which it is rejected, if any.
{% set fields %}
    review_id string, timestamp string, order_id string, customer_id string, product_id string, rating double,
    review_text string, state string, schema_version string
{% endset %}
{% set mistyped = [] %}
{% for field in ['review_id', 'order_id', 'customer_id', 'product_id', 'review_text'] %}
{% do mistyped.append(is_not_a_text(field, 'text', 'event')) %}
{% endfor %}

with

events as (
    {{ read_events(source('event_hub', 'reviews'), fields) }}
),

states as (
    select * from {{ ref('us_state_aliases') }}
),

normalised as (
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        enqueued_at,
        ingested_at,
        body,
        is_invalid_text,
        is_broken_json,
        new_fields,
        {{ strip('event.review_id') }} as review_id,
        {{ parse_timestamp(strip('event.timestamp')) }} as reviewed_at,
        {{ strip('event.order_id') }} as order_id,
        {{ strip('event.customer_id') }} as customer_id,
        upper({{ squeeze('event.product_id') }}) as product_id,
        event.rating as sent_rating,
        {{ mask_personal_data(strip('event.review_text')) }} as review_text,
        {{ lookup_form('event.state') }} as state_alias,
        {{ mistyped | join(' or ') }} as is_mistyped
    from events
),

matched as (
    select
        normalised.* except (reviewed_at),
        -- Null out of range: a rejected event must not choose a partition, nor store what readers can't hold (year 0).
        if({{ is_in_time('normalised.reviewed_at') }}, normalised.reviewed_at, null) as reviewed_at,
        states.state_code
    from normalised
    left join states on normalised.state_alias = states.alias
),

judged as (
    select
        *,
        concat_ws(
            ' ',
            if(review_id is not null, null, 'missing_key'),
            if(product_id is not null, null, 'missing_product'),
            if(reviewed_at is not null, null, 'bad_timestamp'),
            if(sent_rating between 1 and 5 and sent_rating = floor(sent_rating), null, 'bad_rating'),
            if(state_code is not null, null, 'unknown_state'),
            if(is_mistyped, 'wrong_type', null)
        ) as findings
    from matched
)

select
    topic_generation,
    partition,
    offset,
    landed_batch,
    enqueued_at,
    ingested_at,
    {{ reasons_of('findings') }} as reasons,
    new_fields,
    body,
    review_id,
    reviewed_at,
    {{ business_date('reviewed_at') }} as business_date,
    order_id,
    customer_id,
    product_id,
    try_cast(sent_rating as int) as rating,
    review_text,
    state_code
from judged
