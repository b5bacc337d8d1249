{#
    How every incremental model picks its rows: by arrival, never by event time or by a clock.

    `pick` is one half of the pair; `merge_only_where` is the other. Together they make a run cost what arrived, not
    what there is, and make any sequence of runs end in the same rows as one full refresh.
#}


{#
    The rows of a relation that this model has not seen yet, as a predicate over the relation's own columns.

    relation: where the rows are picked from; a table, so that Delta answers max() from metadata.
    batch_column: the number that grows by one with each batch: landed_batch in bronze, processed_batch in silver.
    mark: the model's own column that says how far it has picked there; by default it is called like batch_column.

    Both ends are literals. The lower one is the highest number in the model's own table, never in another's: a run
    that failed half-way is picked again. The upper one keeps what lands while the model runs for the next run, so that
    all statements of one run see the same rows. A relation whose numbers begin again below ours was built anew: then
    everything is picked. Where our own table stood goes along as a comment: see `unless_moved`. A run whose answers
    are older than our own table was overtaken: its sums would be written over newer ones.
#}
{% macro pick(relation, batch_column, mark=none) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set newest = reached(relation, batch_column) -%}
    {%- set mark = mark or batch_column -%}
    {%- set stands = (own_numbers()[mark] or 0) if is_incremental() else 0 -%}
    {%- set seen = stands -%}
    {%- if stands > newest -%}
        {#- Built anew, or what was asked once is older than our own table: then another run has been here. -#}
        {%- set newest = highest(relation, batch_column) or 0 -%}
        {%- if newest >= stands -%}
            {{ exceptions.raise_compiler_error(overtaken_error(this)) }}
        {%- endif -%}
        {%- set seen = 0 -%}
    {%- endif -%}
    {{ return(stood_at(mark, stands) ~ batch_column ~ ' > ' ~ seen ~ ' and ' ~ batch_column ~ ' <= ' ~ newest) }}
{% endmacro %}


{#
    The picked rows and all before them, as a predicate: what a touched group is computed again from. A row that lands
    while the model runs is left to the next run; in a sum of this one it would push the mark past its companions.
#}
{% macro arrived_by(picked) %}
    {{ return(picked.split(' and ') | last) }}
{% endmacro %}


{#
    The upper end of a pick as a number: the mark of a model that keeps one in a column of its own. Asked from the table
    again, a batch that landed since the pick would be marked as seen.
#}
{% macro picked_up_to(picked) %}
    {{ return(picked.split(' <= ') | last) }}
{% endmacro %}


{# How many numbers a pick spans. #}
{% macro batches_in(picked) %}
    {{ return((picked_up_to(picked) | int) - (picked.split(' > ')[1].split(' ')[0] | int)) }}
{% endmacro %}


{# Whether both ends of a pick are the same, as they are when nothing has arrived. #}
{% macro picks_nothing(picked) %}
    {{ return(' > ' ~ picked_up_to(picked) ~ ' and ' in picked) }}
{% endmacro %}


{#
    How far a table upstream has come: the highest number in a column, 0 without any. Asked once in a run of dbt, after
    the table's own model has run: whoever picks there later in the run need not see what came since.
#}
{% macro reached(relation, column) %}
    {%- if not execute -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set answers = answered_once('reached') -%}
    {%- set question = relation ~ '.' ~ column -%}
    {%- if question not in answers -%}
        {%- do answers.update({question: highest(relation, column) or 0}) -%}
    {%- endif -%}
    {{ return(answers[question]) }}
{% endmacro %}


{# The highest number in each `_batch` column of the model's own table, in one question for all of them. #}
{% macro own_numbers() %}
    {%- if not execute -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set answers = answered_once('own_numbers') -%}
    {%- if model.unique_id not in answers -%}
        {%- set columns = [] -%}
        {%- for column in model.columns if column.endswith('_batch') -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
        {%- set found = run_query('select max(' ~ columns | join('), max(') ~ ') from ' ~ this).rows[0] -%}
        {%- do answers.update({model.unique_id: dict(zip(columns, found))}) -%}
    {%- endif -%}
    {{ return(answers[model.unique_id]) }}
{% endmacro %}


{# What has been asked in this run of dbt and need not be asked again: a dictionary in dbt's graph, which a run has once. #}
{% macro answered_once(name) %}
    {%- do graph.setdefault('answered_once', {}) -%}
    {{ return(graph['answered_once'].setdefault(name, {})) }}
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


{#
    The number under which this run's rows go into the model's own table: highest so far + 1, also in a full refresh,
    so that what is built on the table finds all of it new.
#}
{% macro next_batch(batch_column) %}
    {%- if is_incremental() -%}
        {%- set newest = own_numbers()[batch_column] or 0 -%}
    {%- else -%}
        {%- set table = load_relation(this) if execute -%}
        {%- set newest = (highest(table, batch_column) or 0) if table else 0 -%}
    {%- endif -%}
    {{ return(stood_at(batch_column, newest) ~ 'cast(' ~ (newest + 1) ~ ' as bigint)') }}
{% endmacro %}


{# A number of the model's own table at the time of picking, as a comment for `unless_moved`. #}
{% macro stood_at(column, number) -%}
    {{ '/* stood: ' ~ column ~ ' = ' ~ number ~ ' */ ' if is_incremental() }}
{%- endmacro %}


{#
    A merge whose source gives no row but an error, if somebody else has written to the table since this run picked its
    rows. Two runs of dbt at once would otherwise give two lots of rows one number, of which whoever picks by it sees
    the first only, or write an older sum over a newer one. A question before the merge would leave a moment between
    the two; in the merge, Delta answers it from the version that it merges into, and a commit after that conflicts.
    By their statistics, the files that stood at the time of picking are not read.
#}
{% macro unless_moved(merge, table) %}
    {%- set moved = [] -%}
    {%- for column, number in modules.re.findall('/\\* stood: (\\w+) = (\\d+) \\*/', model['compiled_code']) -%}
        {%- do moved.append(column ~ ' > ' ~ number) -%}
    {%- endfor -%}
    {%- if not moved -%}
        {{ return(merge) }}
    {%- endif -%}
    {{ return(modules.re.sub(
        '(?i)\\busing\\s+(\\S+)\\s+as\\s+DBT_INTERNAL_SOURCE\\b',
        'using (select * from \\1 where if(exists(select 1 from ' ~ table ~ ' where ' ~ moved | unique | join(' or ')
        ~ "), raise_error('" ~ overtaken_error(table) ~ "'), true)) as DBT_INTERNAL_SOURCE",
        merge
    )) }}
{% endmacro %}


{% macro overtaken_error(table) -%}
    Another run of dbt has written to {{ table }} since this one picked its rows, so nothing was merged here. Nothing is lost: run it again, one run at a time.
{%- endmacro %}
