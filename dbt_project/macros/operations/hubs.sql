{#
    What the operations share: the tables of each hub, positions in them, and how messages that stand in silver are judged
    again.
#}


{# Each hub with its tables, and the column that names its events. #}
{% macro hubs() %}
    {{ return([
        {
            'name': 'orders',
            'landed': source('event_hub', 'orders'),
            'staged': ref('stg_event_hub__orders'),
            'index': ref('order_keys'),
            'messages': ref('order_messages'),
            'key': 'order_line_id',
            'updates': updates_of('orders'),
        },
        {
            'name': 'engagement',
            'landed': source('event_hub', 'engagement'),
            'staged': ref('stg_event_hub__engagement'),
            'index': ref('engagement_keys'),
            'messages': ref('engagement_messages'),
            'key': 'event_id',
            'updates': updates_of('engagement'),
        },
        {
            'name': 'reviews',
            'landed': source('event_hub', 'reviews'),
            'staged': ref('stg_event_hub__reviews'),
            'index': ref('review_keys'),
            'messages': ref('review_messages'),
            'key': 'review_id',
            'updates': updates_of('reviews'),
        },
    ]) }}
{% endmacro %}


{# Whether two rows are of the same landed position. #}
{% macro is_same_position(left, right) -%}
    {{ left }}.topic_generation = {{ right }}.topic_generation
    and {{ left }}.partition = {{ right }}.partition
    and {{ left }}.offset = {{ right }}.offset
{%- endmacro %}


{# Whether a row's position is among those of some rows. column: of a position as a struct; by default three columns. #}
{% macro is_among(relation, predicate, column=none) -%}
    {%- set prefix = column ~ '.' if column else '' -%}
    ({{ prefix }}topic_generation, {{ prefix }}partition, {{ prefix }}offset) in (
        select topic_generation, partition, offset from {{ relation }} where {{ predicate }}
    )
{%- endmacro %}


{#
    Judge messages again that have a verdict, by the rules and master data of now: each is updated where it stands, with a
    number of its own in processed_batch, so that whatever is built on it picks it as it picks what is new. Whoever shares
    a key with them is judged again too: first landed wins, as in a full refresh. What comes out as it was stays untouched.

    hub: as `hubs` gives it. concerned: the messages, as a predicate over the hub's table of messages that its index of
    keys does not change. Returns the number under which they were judged.

    The index is written first: cut off between the two, the same call does the rest.
#}
{% macro judge_again(hub, concerned) %}
    {%- set batch = (highest(hub.messages, 'processed_batch') or 0) + 1 -%}
    {%- set bound = {'offsets': offset_ranges(hub.messages, concerned)} -%}
    {%- if not bound.offsets -%}
        {{ return(batch) }}
    {%- endif -%}
    {%- set these = bound_sql(bound) ~ ' and ' ~ is_among(hub.messages, concerned) -%}
    {%- do run_query(index_up_to_now(hub)) -%}
    {%- do run_query(index_again(hub, these, bound)) -%}

    {%- set same_key -%}
        ({{ these }} or key_hash in (select key_hash from {{ hub.index }} where {{ these }}))
    {%- endset -%}
    {%- if run_query(overtaken_messages(hub, same_key)).rows -%}
        {#- Sums hold what no longer counts, and no new row says so. -#}
        {%- do empty_what_is_summed() -%}
        {%- if hub.name == 'reviews' -%}
            {#- Whatever version stands there: it may be none of those that count now, of another date. -#}
            {%- do run_query(delete_positions(ref('reviews'), versions_of(hub, overtaken_messages(hub, same_key)))) -%}
        {%- endif -%}
    {%- endif -%}
    {%- do run_query(verdicts_again(hub, same_key, batch)) -%}
    {{ return(batch) }}
{% endmacro %}


{# The statement that brings the index to where its messages are, as its model would. #}
{% macro index_up_to_now(hub) %}
    {%- set behind = 'processed_batch > ' ~ (highest(hub.index, 'processed_batch') or 0) -%}
    merge into {{ hub.index }} as known
    using (
        {{ index_of_keys(hub.messages, hub.key, behind, hub.updates) }}
    ) as judged
    on {{ is_same_position('known', 'judged') }} and {{ bound_sql({'offsets': offset_ranges(hub.messages, behind)}, 'known') }}
    when matched then update set *
    when not matched then insert *
{% endmacro %}


{# The statement that writes the keys of some positions again, where they are no longer what they were. #}
{% macro index_again(hub, these, bound) %}
    {%- set columns = ['key_hash', 'key_check'] + (['business_date', 'version'] if hub.updates else []) -%}
    merge into {{ hub.index }} as known
    using (
        select
            topic_generation,
            partition,
            offset,
            {% if hub.updates -%}
            business_date,
            {{ version_of(hub.updates, 'size(reasons) = 0') }},
            {% endif -%}
            {{ key_hashes(hub.key, 'size(reasons) = 0') }}
        from {{ hub.staged }}
        where {{ these }}
        -- What landed twice reads the same twice.
        group by all
    ) as judged
    on {{ is_same_position('known', 'judged') }} and {{ bound_sql(bound, 'known') }}
    when matched and not (
        struct(known.{{ columns | join(', known.') }}) <=> struct(judged.{{ columns | join(', judged.') }})
    ) then update set {% for column in columns %}{{ column }} = judged.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
{% endmacro %}


{# The statement that writes the verdicts on some positions again, where something is no longer as it was. #}
{% macro verdicts_again(hub, these, batch) %}
    {%- set bound = {'offsets': offset_ranges(hub.index, these)} -%}
    {%- set picked = bound_sql(bound) ~ ' and ' ~ is_among(hub.index, these) -%}
    {%- set columns = [] -%}
    {%- for column in adapter.get_columns_in_relation(hub.messages) if column.name not in ('processed_batch', 'processed_at') -%}
        {%- do columns.append(column.name) -%}
    {%- endfor -%}
    merge into {{ hub.messages }} as stands
    using (
        select
            {{ columns | join(', ') }},
            cast({{ batch }} as bigint) as processed_batch,
            current_timestamp() as processed_at
        from (
            {{ messages_with_verdict(hub.staged, hub.key, picked, updates=hub.updates) }}
        ) as messages
    ) as judged
    on {{ is_same_position('stands', 'judged') }} and {{ bound_sql(bound, 'stands') }}
    when matched and not (
        struct(stands.{{ columns | join(', stands.') }}) <=> struct(judged.{{ columns | join(', judged.') }})
    ) then update set *
{% endmacro %}


{# The accepted messages of which the index knows an earlier one with the same key. #}
{% macro overtaken_messages(hub, these) %}
    select messages.topic_generation, messages.partition, messages.offset, keys.key_hash
    from {{ hub.messages }} as messages
    inner join (
        select
            *,
            struct(landed_batch, partition, offset, topic_generation)
            = min(struct(landed_batch, partition, offset, topic_generation)) over (
                partition by key_hash, key_check
            ) as is_first
        from {{ hub.index }}
        where key_hash is not null and {{ these }}
    ) as keys on {{ is_same_position('messages', 'keys') }}
    where messages.verdict = 'accepted' and not keys.is_first
{% endmacro %}


{# The positions of all messages with the keys of some. #}
{% macro versions_of(hub, messages) %}
    (
        select topic_generation, partition, offset from {{ hub.index }}
        where key_hash in (select key_hash from ({{ messages }}) as some_messages)
    )
{% endmacro %}


{# The statement that deletes the rows of some positions from a table that has a row for each. #}
{% macro delete_positions(table, positions) %}
    merge into {{ table }} as stands
    using (select distinct topic_generation, partition, offset from {{ positions }} as gone) as gone
    on {{ is_same_position('stands', 'gone') }}
    when matched then delete
{% endmacro %}


{#
    Empty every table that is summed from silver's messages; the next run of dbt finds all their rows new, and computes
    them again. A sum that lost a row can't be told from what is new, and a table without rows can't be mistaken for a
    right one. Tables with a row for each message are left alone. dim_product goes with the others: it is built from what it
    was.
#}
{% macro empty_what_is_summed() %}
    {#- Gold first: a table that was emptied numbers its rows from 1 again. -#}
    {%- for layer in ['gold', 'silver'] -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.fqn[1] == layer
            and (node.config.materialized == 'incremental' or node.name == 'dim_product')
            and 'topic_generation' not in node.columns -%}
            {%- set table = load_relation(
                api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)
            ) -%}
            {%- do run_query('delete from ' ~ table) if table -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
