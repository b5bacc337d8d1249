-- One row for each landed order message, which tells of a line of an order: parsed, normalised, and with the reasons
-- for which it is rejected, if any.
{% set fields %}
    order_id string, line_number string, timestamp string, customer_id string, product_id string, category string, price double,
    quantity double, total_amount double, city string, state string, country string, latitude double, longitude double,
    delivery_status string, updated_at string, session_id string, content_type string, currency string, schema_version string
{% endset %}
{% set mistyped = [] %}
{% for field in ['total_amount', 'latitude', 'longitude'] %}
{% do mistyped.append(is_not_a_number(field, 'text', 'event')) %}
{% endfor %}
{% for field in ['order_id', 'customer_id', 'product_id', 'category', 'city', 'session_id', 'content_type'] %}
{% do mistyped.append(is_not_a_text(field, 'text', 'event')) %}
{% endfor %}

with

events as (
    {{ read_events(source('event_hub', 'orders'), fields) }}
),

prices as (
    select * from {{ ref('list_prices') }}
),

states as (
    select * from {{ ref('us_state_aliases') }}
),

countries as (
    select * from {{ ref('country_aliases') }}
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
        {{ strip('event.order_id') }} as order_id,
        {{ strip('event.line_number') }} as sent_line_number,
        {{ parse_timestamp(strip('event.timestamp')) }} as ordered_at,
        {{ parse_timestamp(strip('event.updated_at')) }} as updated_at,
        {{ strip('event.customer_id') }} as customer_id,
        -- Power BI's engine ignores case and spaces, so ids and names must differ in more than these.
        upper({{ squeeze('event.product_id') }}) as product_id,
        initcap({{ squeeze('event.category') }}) as category,
        try_cast(event.price as decimal(18, 6)) as sent_price,
        event.price < 0 as is_price_negative,
        event.price is null and not {{ is_not_a_number('price', 'text', 'event') }} as is_price_missing,
        event.quantity as sent_quantity,
        event.quantity < 0 as is_quantity_negative,
        event.quantity is null and not {{ is_not_a_number('quantity', 'text', 'event') }} as is_quantity_missing,
        event.total_amount as sent_total,
        upper({{ strip('event.currency') }}) as currency,
        {{ squeeze('event.city') }} as city,
        {{ lookup_form('event.state') }} as state_alias,
        {{ lookup_form('event.country') }} as country_alias,
        event.latitude,
        event.longitude,
        initcap({{ squeeze('event.delivery_status') }}) as delivery_status,
        {{ strip('event.session_id') }} as session_id,
        initcap({{ squeeze('event.content_type') }}) as content_type,
        {{ mistyped | join(' or ') }} as is_mistyped
    from events
),

matched as (
    select
        normalised.* except (ordered_at, updated_at),
        -- 2, 2.0 and "2" are one number; 2d, which a cast to double would take, is none.
        cast(try_cast(normalised.sent_line_number as decimal(38, 18)) as double) as line_number,
        -- Null out of range: a rejected event must not choose a partition, nor store what readers can't hold (year 0).
        if({{ is_in_time('normalised.ordered_at') }}, normalised.ordered_at, null) as ordered_at,
        if({{ is_in_time('normalised.updated_at') }}, normalised.updated_at, null) as updated_at,
        states.state_code,
        countries.country_code,
        if(normalised.is_price_missing, cast(prices.list_price as decimal(18, 6)), normalised.sent_price) as price,
        if(normalised.is_quantity_missing, 1, normalised.sent_quantity) as quantity
    from normalised
    left join prices
        on
            normalised.product_id = prices.product_id
            and normalised.ingested_at >= prices.valid_from
            and normalised.ingested_at < prices.valid_to
    left join states on normalised.state_alias = states.alias
    left join countries on normalised.country_alias = countries.alias
),

-- if() takes null for false: what can't be said to be right is wrong.
judged as (
    select
        *,
        concat_ws(
            ' ',
            if(order_id is not null, null, 'missing_key'),
            if(product_id is not null, null, 'missing_product'),
            if(
                sent_line_number is null
                or (line_number between 0 and {{ var("highest_line_number") }} and line_number = floor(line_number)),
                null,
                'bad_line_number'
            ),
            if(ordered_at is not null, null, 'bad_timestamp'),
            if(not is_price_missing or price is not null, null, 'missing_price'),
            if(is_price_negative or is_quantity_negative, 'is_return', null),
            if(
                is_price_missing or is_price_negative or price between 0 and {{ var("highest_price") }},
                null,
                'bad_price'
            ),
            if(
                is_quantity_negative
                or (quantity between 1 and {{ var("highest_quantity") }} and quantity = floor(quantity)),
                null,
                'bad_quantity'
            ),
            if(currency is null or currency = 'USD', null, 'not_usd'),
            if(country_code is not null, null, 'not_usa'),
            -- States are the USA's: a place elsewhere is not also an unknown state.
            if(country_code is null or state_code is not null, null, 'unknown_state'),
            if(
                {{ status_rank('delivery_status') }} is not null,
                null,
                'bad_delivery_status'
            ),
            if(is_mistyped, 'wrong_type', null)
        ) as findings
    from matched
),

-- Whole numbers from here on, so that a total is a decimal; what a rejected order says may be too large for one.
priced as (
    select
        * except (quantity, line_number),
        try_cast(line_number as int) as line_number,
        try_cast(quantity as int) as quantity,
        try_cast(price * try_cast(quantity as int) as decimal(18, 2)) as total_amount
    from judged
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
    -- No two lines have one: neither a line's number nor an id in upper case has such a word in it.
    if(
        line_number is null, order_id || ' / product ' || product_id, order_id || ' / line ' || line_number
    ) as order_line_id,
    order_id,
    line_number,
    ordered_at,
    {{ business_date('ordered_at') }} as business_date,
    customer_id,
    product_id,
    category,
    price,
    quantity,
    total_amount,
    sent_total is not null
    and not coalesce(abs(try_cast(sent_total as decimal(38, 6)) - total_amount) <= 0.01, false) as total_differs,
    city,
    state_code,
    latitude,
    longitude,
    delivery_status,
    coalesce(updated_at, ordered_at) as status_at,
    session_id,
    content_type,
    is_price_missing as is_price_imputed,
    is_quantity_missing as is_quantity_imputed
from priced
