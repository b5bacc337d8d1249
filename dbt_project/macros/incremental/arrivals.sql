{#
    What an incremental model reads: the rows that arrived since its own last run, by arrival and never by event time or
    by a clock. docs/incremental.md teaches this, with an example.
#}


{#
    What has arrived in a table that the model has not seen yet.

    relation: a table, so that Delta answers max() from metadata. by: its column that grows by one with each batch
    (landed_batch in bronze, processed_batch in silver). mark: the model's own column that says how far it has read; by
    default it is called like `by`.

    Returns a dictionary of predicates over the relation's own columns, both ends literals:
      new      the rows not seen yet
      so_far   those and all before them: what a touched group is computed again from
    and upto, the upper end as a number; is_new, whether there is anything; number, the next processed_batch of the model
    as SQL, where it numbers its rows itself.

    The lower end is the highest mark in the model's own table, never in another's: a run that failed half-way is picked
    again. The upper end leaves what lands while the model runs to the next run. A relation whose numbers begin again
    below ours was built anew: then everything is new.
#}
{% macro arrivals(relation, by='processed_batch', mark=none) %}
    {%- if not execute -%}
        {{ return({
            'relation': relation, 'new': 'true', 'so_far': 'true', 'upto': 0, 'is_new': true, 'number': '1', 'judged': 0
        }) }}
    {%- endif -%}
    {%- set mark = mark or by -%}
    {%- set numbers_rows = mark != 'processed_batch' and 'processed_batch' in model.columns -%}
    {%- do must_have_column(mark, "its mark: how far it has read " ~ relation.identifier) -%}
    {%- set stands = is_incremental() or (numbers_rows and load_relation(this) is not none) -%}
    {%- set question -%}
        select
            (select max({{ by }}) from {{ relation }}) as newest,
            {{ '(select max(' ~ mark ~ ') from ' ~ this ~ ')' if is_incremental() else '0' }} as seen,
            {{ '(select max(processed_batch) from ' ~ this ~ ')' if numbers_rows and stands else '0' }} as number
    {%- endset -%}
    {%- set found = run_query(question).rows[0] -%}
    {%- set newest, own, number = found[0] or 0, found[1] or 0, found[2] or 0 -%}
    {%- set seen = own if own <= newest else 0 -%}
    {%- if is_incremental() -%}
        {%- do of_this_run().moved.append(mark ~ ' > ' ~ own) -%}
        {%- do of_this_run().moved.append('processed_batch > ' ~ number) if numbers_rows -%}
        {%- do of_this_run().update({'is_new': of_this_run().is_new or newest > seen}) -%}
    {%- endif -%}
    {%- do remember_written(('processed_batch > ' ~ number) if numbers_rows else (mark ~ ' > ' ~ seen), newest > seen) -%}
    {{ return({
        'relation': relation,
        'new': by ~ ' > ' ~ seen ~ ' and ' ~ by ~ ' <= ' ~ newest,
        'so_far': by ~ ' <= ' ~ newest,
        'upto': newest,
        'is_new': newest > seen,
        'number': 'cast(' ~ (number + 1) ~ ' as bigint)',
        'judged': number,
    }) }}
{% endmacro %}


{#
    The dates that a run touches, as a predicate with literals, by which Delta skips every other file. A list, not a range:
    one event from March must not open every day since. What the run writes is bounded by it too: a model without a
    unique_key replaces these dates whole, one with a unique_key is merged within them.

    arrived: as `arrivals` gives it, or a list of such. column: the model's column, which its inputs have too.
    expression: what gives the dates of an arrived row, if not that column. also: a query of further dates.
#}
{% macro touched_dates(arrived, column='business_date', expression=none, also=none, type='date') %}
    {%- if not execute or not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set queries = [also] if also else [] -%}
    {%- for one in ([arrived] if arrived is mapping else arrived) if one.is_new -%}
        {%- do queries.append('select ' ~ (expression or column) ~ ' as touched from ' ~ one.relation ~ ' where ' ~ one.new) -%}
    {%- endfor -%}
    {%- set values = [] -%}
    {%- if queries and of_this_run().is_new -%}
        {%- set found = run_query(
            'select cast(touched as string), count(*) from (' ~ queries | join(' union all ')
            ~ ') as rows where touched is not null group by touched order by touched'
        ) -%}
        {%- do values.extend(found.columns[0].values()) -%}
        {%- do of_this_run().update({'rows': found.columns[1].values() | sum | int}) -%}
    {%- endif -%}
    {%- do of_this_run().update({'bound': {'column': column, 'type': type, 'values': values}}) -%}
    {{ return(bound_sql(of_this_run().bound)) }}
{% endmacro %}


{# The same for hours, in a column of timestamps. #}
{% macro touched_hours(arrived, column, expression=none) %}
    {{ return(touched_dates(arrived, column, expression, type='timestamp')) }}
{% endmacro %}


{# What does not lie before all that the run touches, as a predicate by which Delta skips files; column: see there. #}
{% macro since_first_touched(column) %}
    {%- if not execute or not is_incremental() or not of_this_run().bound['values'] -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return(column ~ ' >= ' ~ of_this_run().bound.type ~ "'" ~ of_this_run().bound['values'][0] ~ "'") }}
{% endmacro %}


{#
    The offsets that a run touches, one range for each partition: they grow with arrival, so a range is tight. For models
    with a row for each landed position.
#}
{% macro touched_offsets(arrived) %}
    {%- if not execute or not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- do of_this_run().update({
        'bound': {'offsets': offset_ranges(arrived.relation, arrived.new) if arrived.is_new else []}
    }) -%}
    {{ return(bound_sql(of_this_run().bound)) }}
{% endmacro %}


{# For a table that stays small: a run may touch any row, and without a unique_key it replaces them all. #}
{% macro touches_all_rows() %}
    {%- do of_this_run().update({'bound': {'all_rows': true}}) if execute and is_incremental() -%}
{% endmacro %}


{# The range of offsets of some rows, in each partition that they stand in. #}
{% macro offset_ranges(relation, predicate) %}
    {%- set ranges = [] -%}
    {%- if execute -%}
        {%- for row in run_query(
            'select topic_generation, partition, min(offset), max(offset) from ' ~ relation
            ~ ' where ' ~ predicate ~ ' group by topic_generation, partition order by 1, 2'
        ).rows -%}
            {%- do ranges.append([row[0] | string, row[1] | int, row[2] | int, row[3] | int]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(ranges) }}
{% endmacro %}


{# A bound as a predicate with literals; of: the alias of the table whose columns it names. #}
{% macro bound_sql(bound, of=none) %}
    {%- set prefix = of ~ '.' if of else '' -%}
    {%- if bound.all_rows -%}
        {{ return('true') }}
    {%- elif bound.column -%}
        {{ return(
            prefix ~ bound.column ~ ' in (' ~ bound.type ~ "'" ~ bound['values'] | join("', " ~ bound.type ~ "'") ~ "')"
            if bound['values'] else 'false'
        ) }}
    {%- endif -%}
    {%- set ranges = [] -%}
    {%- for generation, partition, first, last in bound.offsets -%}
        {%- do ranges.append(
            prefix ~ 'topic_generation = ' ~ sql_text(generation) ~ ' and ' ~ prefix ~ 'partition = ' ~ partition
            ~ ' and ' ~ prefix ~ 'offset between ' ~ first ~ ' and ' ~ last
        ) -%}
    {%- endfor -%}
    {{ return('(' ~ ranges | join(' or ') ~ ')' if ranges else 'false') }}
{% endmacro %}


{#
    A hint to the optimizer, where the run touches few rows: a batch, not a backlog.

    Delta tells Spark the size of a whole table, whatever files a scan skips. Once a table is larger than what Spark
    broadcasts by itself (10 MB), it would sort all rows of the touched dates to join them with a few; and a broadcast
    backlog might not fit into memory.
#}
{% macro if_few(hint) %}
    {%- if execute and is_incremental() and of_this_run().rows <= 200000 -%}
        {{ return('/*+ ' ~ hint ~ ' */') }}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}


{#
    The highest value of a column; none while parsing, or where there is no row. Asked by itself Delta answers from
    metadata, without a scan; inside another query's filter it would read the table.
#}
{% macro highest(relation, column, function='max') %}
    {%- if execute -%}
        {{ return(run_query('select ' ~ function ~ '(' ~ column ~ ') from ' ~ relation).columns[0].values()[0]) }}
    {%- endif -%}
{% endmacro %}


{# A day as SQL; `otherwise` where there is none. #}
{% macro date_literal(day, otherwise) -%}
    {{ "date'" ~ day ~ "'" if day else otherwise }}
{%- endmacro %}
