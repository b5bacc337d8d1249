{#
    How every incremental model writes: a merge that looks only where its rows can already stand.

    A model says so with {{ merge_only_where(<bound>) }}, which becomes a comment in its compiled SQL; the merge macros
    below take the bound from there. (dbt's incremental_predicates are fixed when the project is parsed, before anyone
    knows which dates the batch holds.) Bounds are literals, so that Delta skips every other file.
#}
{% macro merge_only_where(bound) -%}
    /* merge only where: {{ bound }} */
{%- endmacro %}


{#
    A bound by date: the distinct dates of the picked rows. A list, not a range: one event from March must not open
    every day since.

    relation, picked: the rows, as `pick` gives them. date_column: of the relation and of the model alike.
#}
{% macro dates_of(relation, picked, date_column) %}
    {%- if not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return('false' if picks_nothing(picked) else date_list(relation, picked, date_column)) }}
{% endmacro %}


{#
    A bound by position: for each partition of the topic, the range of offsets of the picked rows. Offsets grow with
    arrival, so here a range is tight.
#}
{% macro offsets_of(relation, picked) %}
    {%- if not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return('false' if picks_nothing(picked) else offset_ranges(relation, picked)) }}
{% endmacro %}


{# For a table that stays small: its rows may stand anywhere, if one of the picks picks something. #}
{% macro anywhere(picks) %}
    {%- for picked in picks if not picks_nothing(picked) -%}
        {{ return('true') }}
    {%- endfor -%}
    {{ return('false' if is_incremental() else 'true') }}
{% endmacro %}


{# The distinct dates of some rows, as a predicate with literals. How many rows they are is kept for `if_few`. #}
{% macro date_list(relation, predicate, date_column) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set found = run_query(
        'select ' ~ date_column ~ ', count(*) from ' ~ relation
        ~ ' where ' ~ predicate ~ ' and ' ~ date_column ~ ' is not null group by 1 order by 1'
    ) -%}
    {%- do answered_once('rows_of_dates').update({model.unique_id: found.columns[1].values() | sum | int}) -%}
    {%- set dates = found.columns[0].values() -%}
    {{ return(date_column ~ " in (date'" ~ dates | join("', date'") ~ "')" if dates else 'false') }}
{% endmacro %}


{#
    A hint to the optimizer, where `date_list` has found few rows for the calling model: a batch, not a backlog.

    Of a table's scan Delta tells Spark the size of the whole table, whatever files it leaves out. Once a table is larger
    than what Spark sends to every task by itself (10 MB), it would sort all rows of the touched dates to join them with
    a few; and sent to every task by our word, a backlog might not fit into memory.
#}
{% macro if_few(hint) %}
    {%- if execute and answered_once('rows_of_dates').get(model.unique_id, 200001) <= 200000 -%}
        {{ return('/*+ ' ~ hint ~ ' */') }}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}


{# The offsets of some rows, as a predicate with one range for each partition. #}
{% macro offset_ranges(relation, predicate) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set ranges = [] -%}
    {%- for row in run_query(
        'select topic_generation, partition, min(offset), max(offset) from ' ~ relation
        ~ ' where ' ~ predicate ~ ' group by topic_generation, partition order by 1, 2'
    ).rows -%}
        {%- do ranges.append(
            "topic_generation = '" ~ row[0] ~ "' and partition = " ~ row[1]
            ~ " and offset between " ~ row[2] ~ " and " ~ row[3]
        ) -%}
    {%- endfor -%}
    {{ return('(' ~ ranges | join(' or ') ~ ')' if ranges else 'false') }}
{% endmacro %}


{# The bound that a model's compiled SQL carries, over the merge's target; a model without one looks everywhere. #}
{% macro bound_of_merge() %}
    {%- set found = modules.re.search('merge only where: (.*?) \\*/', model['compiled_code']) -%}
    {{ return(found.group(1) if found else 'true') }}
{% endmacro %}


{#
    The adapter's merge, bounded. Where no row can stand nothing was picked: then nothing is read, and nothing committed.

    merge: the adapter's own macro.
#}
{% macro bounded_merge(merge, target, source, unique_key, dest_columns, incremental_predicates) %}
    {%- set bound = bound_of_merge() -%}
    {%- if bound == 'false' -%}
        {{ return('select 1 as nothing_to_merge') }}
    {%- endif -%}
    {%- set predicates = (incremental_predicates or []) + [qualified(bound, 'DBT_INTERNAL_DEST')] -%}
    {%- set statement = merge(target, source, unique_key, dest_columns, predicates) -%}
    {{ return(without_empty_groups(unless_moved(statement, target))) }}
{% endmacro %}


{# A bound with its columns named as one table's. #}
{% macro qualified(bound, table) %}
    {#- Every other piece between quotes is a literal: no column there. -#}
    {%- set pieces = [] -%}
    {%- for piece in bound.split("'") -%}
        {%- do pieces.append(
            piece if loop.index0 % 2
            else modules.re.sub('\\b(business_date|topic_generation|partition|offset)\\b', table ~ '.\\1', piece)
        ) -%}
    {%- endfor -%}
    {{ return(pieces | join("'")) }}
{% endmacro %}


{#
    What a merge does with a group that became empty: `counted_by` in the model's meta names the column that counts
    what is in a group; a group with 0 there is deleted where it stands and inserted nowhere.
#}
{% macro without_empty_groups(merge) %}
    {%- set count = (config.get('meta') or {}).get('counted_by') -%}
    {%- if count -%}
        {%- set is_empty = 'DBT_INTERNAL_SOURCE.' ~ count ~ ' = 0' -%}
        {%- set merge = modules.re.sub(
            'when matched\\s+then', 'when matched and ' ~ is_empty ~ ' then delete when matched then', merge
        ) -%}
        {%- set merge = modules.re.sub(
            'when not matched\\s+then', 'when not matched and not ' ~ is_empty ~ ' then', merge
        ) -%}
    {%- endif -%}
    {{ return(merge) }}
{% endmacro %}


{# Spark: skip_matched_step makes a merge insert-only, as on Databricks. #}
{% macro spark__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
    {%- set merge = bounded_merge(
        dbt.spark__get_merge_sql, target, source, unique_key, dest_columns, incremental_predicates
    ) -%}
    {%- if config.get('skip_matched_step') -%}
        {%- set merge = modules.re.sub('(?s)when matched then update set.*(?=when not matched)', '', merge) -%}
    {%- endif -%}
    {{ return(merge) }}
{% endmacro %}


{% macro databricks__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
    {{ return(bounded_merge(
        dbt.databricks__get_merge_sql, target, source, unique_key, dest_columns, incremental_predicates
    )) }}
{% endmacro %}
