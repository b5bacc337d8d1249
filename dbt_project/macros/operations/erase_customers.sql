{#
    Forget customers: every message of theirs leaves bronze and silver, quarantine included, and everything summed from
    messages is emptied, to be computed again without them by the next `dbt build`. Their positions (numbers of the hub,
    nothing else) are kept in bronze.erased_positions, so that they do not land again and are not missed. Old files hold
    the rows until VACUUM.

    customer_ids: a list of ids, as sent. What is theirs: see `positions_of_customers`.

    dbt run-operation erase_customers --args '{customer_ids: ["4711", "4712"]}'

    Positions are written first and everything else goes by them: cut off anywhere, the same call does the rest. No id gets
    into a table's log.
#}
{% macro erase_customers(customer_ids) %}
    {%- set ids = [] -%}
    {%- for id in ([customer_ids] if customer_ids is string else customer_ids) if (id | string | trim) -%}
        {%- do ids.append(id | string | trim) -%}
    {%- endfor -%}
    {%- if not ids -%}
        {{ exceptions.raise_compiler_error("Whom? --args '{customer_ids: [\"4711\"]}'") }}
    {%- endif -%}
    {%- if schema_prefix() -%}
        {{ exceptions.raise_compiler_error(
            'These tables are a copy, ' ~ schema_prefix() ~ '_silver, and bronze is shared: erase with --target production '
            ~ 'or without DBT_SCHEMA_PREFIX, then build this copy anew.'
        ) }}
    {%- endif -%}
    {%- do set_up_local_spark() -%}
    {%- set erased = erased_positions() -%}
    {%- do run_query(create_erased_positions(erased)) -%}
    {%- for hub in hubs() -%}
        {%- do run_query(remember_positions(erased, hub, positions_of_customers(hub, ids))) -%}
    {%- endfor -%}

    {%- do empty_what_is_summed() -%}
    {%- for hub in hubs() -%}
        {%- set gone = '(select * from ' ~ erased ~ " where hub = '" ~ hub.name ~ "')" -%}
        {%- do erase_positions(ref('reviews'), gone) if hub.name == 'reviews' -%}
        {%- do erase_positions(hub.messages, gone) -%}
        {%- do erase_positions(hub.index, gone) -%}
        {%- do allow_deletes(hub.landed) -%}
        {%- do erase_positions(hub.landed, gone) -%}
        {#- Who came second under a key that is gone comes first now. -#}
        {%- do judge_again(hub, "verdict in ('update', 'duplicate') and " ~ is_among(gone ~ ' as gone', 'true', 'repeat_of')) -%}
        {%- set count = run_query('select count(*) from ' ~ gone ~ ' as gone').columns[0].values()[0] -%}
        {%- do log(hub.name ~ ': ' ~ count ~ ' messages erased, by this and earlier calls', info=true) -%}
    {%- endfor -%}
    {%- do log('Now run dbt build: sums are empty until then. Old files hold the rows until VACUUM.', info=true) -%}
{% endmacro %}


{#
    The positions of some customers' messages in a hub, as a query.

    An order is theirs by its customer_id. A review by its customer_id, or, where it has none, by their order. An event of
    engagement by its session, if they ordered in it, and by its visitor, if that is a customer's id or was seen in such a
    session. Of a body that can't be read, what stands behind "customer_id" or "visitor_id" counts.
#}
{% macro positions_of_customers(hub, ids) %}
    {%- set literals = [] -%}
    {%- for id in ids -%}
        {%- do literals.append(sql_text(id)) -%}
    {%- endfor -%}
    {%- set of_hub = {} -%}
    {%- for one in hubs() -%}
        {%- do of_hub.update({one.name: one}) -%}
    {%- endfor -%}
    with

    ids as (
        select explode(array({{ literals | join(', ') }})) as customer_id
    ),

    orders as (
        {{ messages_and_landed(of_hub['orders'], ['customer_id', 'session_id', 'order_id']) }}
    ),

    their_orders as (
        select * from orders
        where customer_id in (select customer_id from ids) or {{ is_named_in('body', 'customer_id', ids) }}
    ),

    {% if hub.name == 'orders' %}

    theirs as (
        select * from their_orders
    )

    {% elif hub.name == 'engagement' %}

    engagement as (
        {{ messages_and_landed(hub, ['session_id', 'visitor_id']) }}
    ),

    their_visits as (
        select * from engagement
        where session_id in (select session_id from their_orders)
    ),

    theirs as (
        select * from engagement
        where
            session_id in (select session_id from their_orders)
            or visitor_id in (select visitor_id from their_visits)
            or visitor_id in (select customer_id from ids)
            or {{ is_named_in('body', 'visitor_id', ids) }}
    )

    {% else %}

    reviews as (
        {{ messages_and_landed(hub, ['customer_id', 'order_id']) }}
    ),

    theirs as (
        select * from reviews
        where
            customer_id in (select customer_id from ids)
            or (customer_id is null and order_id in (select order_id from their_orders))
            or {{ is_named_in('body', 'customer_id', ids) }}
    )

    {% endif %}

    select distinct topic_generation, partition, offset from theirs
{% endmacro %}


{# Some columns of all landed messages of a hub, those too that wait for their verdict, if any do. #}
{% macro messages_and_landed(hub, columns) -%}
    {%- set columns = (['topic_generation', 'partition', 'offset', 'body'] + columns) | join(', ') -%}
    {%- set judged = highest(hub.messages, 'landed_batch') or 0 -%}
        select {{ columns }} from {{ hub.messages }}
        {% if (highest(hub.landed, 'landed_batch') or 0) > judged -%}
        union all
        select {{ columns }} from {{ hub.staged }} where landed_batch > {{ judged }}
        {%- endif %}
{%- endmacro %}


{# Whether a body says of a field that it is one of some ids, be the body broken or not. (\Q to \E: word for word.) #}
{% macro is_named_in(body, field, ids) -%}
    {%- set patterns = [] -%}
    {%- for id in ids -%}
        {%- do patterns.append('\\Q' ~ id | replace('\\E', '\\E\\\\E\\Q') ~ '\\E') -%}
    {%- endfor -%}
    {%- set pattern = '["\']' ~ field ~ '["\']\\s*:\\s*["\']?\\s*(' ~ patterns | join('|') ~ ')(?![\\w.-])' -%}
    coalesce(cast({{ body }} as string) rlike {{ sql_text(pattern) }}, false)
{%- endmacro %}


{# The table of erased positions, in bronze. #}
{% macro erased_positions() %}
    {%- set orders = source('event_hub', 'orders') -%}
    {{ return(api.Relation.create(
        database=orders.database, schema=orders.schema, identifier='erased_positions', type='table'
    )) }}
{% endmacro %}


{# The statement that makes it; on this machine beside the tables that the stream job lands in. #}
{% macro create_erased_positions(table) %}
    create table if not exists {{ table }} (
        hub string comment 'The hub whose message it was.',
        topic_generation string comment 'Which life of the topic the offset belongs to.',
        partition int comment 'The partition of the topic.',
        offset bigint comment 'The offset in the partition.'
    )
    using delta
    comment 'Positions whose messages were erased: they do not land again, and are not missed.'
    {% if target.type == 'spark' %}
    location '{{ bronze_folder() }}/erased_positions'
    {% endif %}
{% endmacro %}


{# The statement that adds a hub's positions to those erased. #}
{% macro remember_positions(erased, hub, positions) %}
    merge into {{ erased }} as known
    using (
        {{ positions }}
    ) as found
    on known.hub = '{{ hub.name }}' and {{ is_same_position('known', 'found') }}
    when not matched then insert (hub, topic_generation, partition, offset)
        values ('{{ hub.name }}', found.topic_generation, found.partition, found.offset)
{% endmacro %}


{# Delete positions from a table, and from its files where the deletion was only noted beside them. #}
{% macro erase_positions(table, positions) %}
    {%- do run_query(delete_positions(table, positions)) -%}
    {%- do run_query('reorg table ' ~ table ~ ' apply (purge)') -%}
{% endmacro %}


{# Bronze tables of earlier versions refuse deletes. #}
{% macro allow_deletes(table) %}
    {%- for row in run_query('show tblproperties ' ~ table).rows if row[0] == 'delta.appendOnly' and row[1] == 'true' -%}
        {%- do run_query("alter table " ~ table ~ " set tblproperties ('delta.appendOnly' = 'false')") -%}
    {%- endfor -%}
{% endmacro %}
