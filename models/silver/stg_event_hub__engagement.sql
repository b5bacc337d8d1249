-- One row for each landed engagement event: parsed, normalised, and with the reasons for which it is rejected, if any.
{% set fields %}
    event_id string, timestamp string, event_type string, session_id string, visitor_id string, product_id string,
    content_type string, state string, device string, schema_version string
{% endset %}
{% set mistyped = [] %}
{% for field in ['event_id', 'session_id', 'visitor_id', 'product_id', 'device'] %}
{% do mistyped.append(is_not_a_text(field, 'text', 'event')) %}
{% endfor %}

with

events as (
    {{ read_events(source('event_hub', 'engagement'), fields) }}
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
        {{ strip('event.event_id') }} as event_id,
        {{ parse_timestamp(strip('event.timestamp')) }} as occurred_at,
        lower({{ strip('event.event_type') }}) as event_type,
        {{ strip('event.session_id') }} as session_id,
        {{ strip('event.visitor_id') }} as visitor_id,
        upper({{ squeeze('event.product_id') }}) as product_id,
        initcap({{ squeeze('event.content_type') }}) as content_type,
        {{ lookup_form('event.state') }} as state_alias,
        lower({{ squeeze('event.device') }}) as device,
        {{ mistyped | join(' or ') }} as is_mistyped
    from events
),

matched as (
    select
        normalised.* except (occurred_at),
        -- Null out of range: a rejected event must not choose a partition, nor store what readers can't hold (year 0).
        if({{ is_in_time('normalised.occurred_at') }}, normalised.occurred_at, null) as occurred_at,
        states.state_code
    from normalised
    left join states on normalised.state_alias = states.alias
),

judged as (
    select
        *,
        concat_ws(
            ' ',
            if(event_id is not null, null, 'missing_key'),
            if(session_id is not null, null, 'missing_session'),
            if(product_id is not null, null, 'missing_product'),
            if(occurred_at is not null, null, 'bad_timestamp'),
            if(event_type in ('view', 'click', 'like'), null, 'bad_event_type'),
            if({{ known_content_type('content_type') }} != 'Unknown', null, 'unknown_content_type'),
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
    event_id,
    occurred_at,
    {{ business_date('occurred_at') }} as business_date,
    event_type,
    session_id,
    visitor_id,
    product_id,
    content_type,
    state_code,
    device
from judged
