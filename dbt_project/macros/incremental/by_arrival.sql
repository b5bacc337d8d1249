{#
    How an incremental model writes: one strategy, `by_arrival`, whose statement is made here as a whole, for Spark and for
    Databricks alike. What it must know of the model's body (is anything new, which rows can be touched, where did our own
    table stand) `arrivals` and `touched_...` have kept in `of_this_run`.

    without unique_key             the touched dates are replaced whole; a group that became empty is gone
    unique_key, skip_matched_step  rows are inserted whose key is not there yet; what stands is not read nor rewritten
    unique_key                     rows are merged by their key

    Nothing new: nothing is read, and nothing committed.
#}
{% macro get_incremental_by_arrival_sql(arguments) %}
    {%- set run = of_this_run() -%}
    {%- set target = arguments['target_relation'] -%}
    {%- set keys = as_list(config.get('unique_key')) -%}
    {%- if not run.moved -%}
        {{ by_arrival_error("does not say what it reads: {% set arrived = arrivals(ref('...')) %}") }}
    {%- elif run.bound is none -%}
        {{ by_arrival_error("does not say which rows a run touches: touched_dates(arrived), touched_offsets(arrived) or touches_all_rows()") }}
    {%- elif run.bound.offsets is defined and not keys -%}
        {{ by_arrival_error("has no unique_key, but is bounded by offsets: only dates can be replaced whole") }}
    {%- endif -%}
    {%- for key in keys -%}
        {%- do must_have_column(key, 'part of its unique_key') -%}
    {%- endfor -%}
    {%- if not run.is_new or bound_sql(run.bound) == 'false' -%}
        {{ return(nothing_new()) }}
    {%- endif -%}
    {%- set columns = columns_of_both(target) -%}
    {%- set arrived -%}
        (
            select {{ columns | join(', ') }}
            from {{ arguments['temp_relation'] }} as computed
            union all
            {{ nothing_unless_overtaken(columns, target, run.moved) }}
        )
    {%- endset -%}
    {%- set is_same_row -%}
        {{ bound_sql(run.bound, 'old') }}
        {%- for key in keys %} and old.{{ key }} = new.{{ key }}{% endfor %}
    {%- endset -%}
    {%- if not keys -%}
        insert into {{ target }} replace where {{ bound_sql(run.bound) }}
        select * from {{ arrived }} as new
    {%- elif config.get('skip_matched_step') -%}
        insert into {{ target }}
        select new.* from {{ arrived }} as new
        left anti join {{ target }} as old on {{ is_same_row }}
    {%- else -%}
        merge into {{ target }} as old
        using {{ arrived }} as new
        on {{ is_same_row }}
        when matched then update set *
        when not matched then insert *
    {%- endif -%}
{% endmacro %}


{# What is sent where nothing is new: dbt-databricks wants a statement. #}
{% macro nothing_new() %}
    {{ return('select 1 as nothing_new') }}
{% endmacro %}


{#
    No row, but an error if somebody else has written to the table since this run asked how far it stood. Two runs at once
    would otherwise give two lots of rows one number, of which whoever reads by it sees the first only, or write an older
    sum over a newer one. Delta answers it from the version that the statement writes to, and a commit after that conflicts.
    By their statistics, the files that stood when we asked are not read.

    A part of the source by itself: as a filter it would not be asked where no row is computed, and Spark 4.1 refuses a
    merge with a subquery over its own target in a filter.
#}
{% macro nothing_unless_overtaken(columns, target, moved) -%}
    select {% for column in columns %}null{{ ', ' if not loop.last }}{% endfor %}
    from (select count(*) as others from {{ target }} where {{ moved | unique | join(' or ') }}) as written
    where if(
        others > 0,
        raise_error({{ sql_text(
            'Another run of dbt has written to ' ~ target ~ ' since this one asked what is new, so nothing was written '
            ~ 'here. Nothing is lost: run it again, one run at a time.'
        ) }}),
        false
    )
{%- endmacro %}


{# The columns of the table and of the model, in the table's order: values are inserted by position. #}
{% macro columns_of_both(target) %}
    {%- set stands = adapter.get_columns_in_relation(target) | map(attribute='name') | list -%}
    {%- if stands | sort != model.columns | sort -%}
        {%- set lacks = model.columns | reject('in', stands) | join(', ') -%}
        {%- set has = stands | reject('in', model.columns) | join(', ') -%}
        {{ by_arrival_error(
            'has other columns than its table (only the model: ' ~ (lacks or 'none') ~ '; only the table: ' ~ (has or 'none')
            ~ '). Build it anew: dbt build --full-refresh --select ' ~ model.name ~ '+'
        ) }}
    {%- endif -%}
    {{ return(stands) }}
{% endmacro %}


{% macro must_have_column(column, what) %}
    {%- if column not in model.columns -%}
        {{ by_arrival_error('has no column ' ~ column ~ ' in its YAML, ' ~ what) }}
    {%- endif -%}
{% endmacro %}


{% macro by_arrival_error(what) %}
    {{ exceptions.raise_compiler_error(model.name ~ ' ' ~ what ~ '. See docs/incremental.md.') }}
{% endmacro %}


{% macro as_list(value) %}
    {{ return([] if value is none else [value] if value is string else value) }}
{% endmacro %}


{#
    What the model's body leaves to the strategy, as dbt's own microbatch does: in the config of the model's node, the one
    place that both see. Begun anew in each run of dbt.

    moved: predicates that hold once somebody else has written. is_new: whether anything has arrived. bound: the rows that
    can be touched. rows: how many have arrived.
#}
{% macro of_this_run() %}
    {%- set meta = config.get('meta') -%}
    {%- if meta.get('by_arrival', {}).get('invocation_id') != invocation_id -%}
        {%- do meta.update({'by_arrival': {
            'invocation_id': invocation_id, 'moved': [], 'is_new': false, 'bound': none, 'rows': 0
        }}) -%}
    {%- endif -%}
    {{ return(meta['by_arrival']) }}
{% endmacro %}
