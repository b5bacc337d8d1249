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
    everything is picked. Where our own table stood goes along as a comment: see `require_unmoved`.
#}
{% macro pick(relation, batch_column, mark=none) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set newest = highest(relation, batch_column) or 0 -%}
    {%- set mark = mark or batch_column -%}
    {%- set stands = (highest(this, mark) or 0) if is_incremental() else 0 -%}
    {%- set seen = 0 if stands > newest else stands -%}
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


{#
    The highest value of a column; none while parsing, or where there is no row. Asked by itself Delta answers from
    metadata, without a scan; inside another query's filter it would read the table.
#}
{% macro highest(relation, column, function='max') %}
    {%- if execute -%}
        {%- if target.name == 'local_server' -%}
            {# Delta's metadata answer for dates fails in the Thrift server, which gives dates another Java class. #}
            {%- do run_query('set spark.sql.datetime.java8API.enabled = false') -%}
        {%- endif -%}
        {{ return(run_query('select ' ~ function ~ '(' ~ column ~ ') from ' ~ relation).columns[0].values()[0]) }}
    {%- endif -%}
{% endmacro %}


{# The lowest value of a column, as `highest`. #}
{% macro lowest(relation, column) %}
    {{ return(highest(relation, column, 'min')) }}
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
    {%- set table = load_relation(this) if execute -%}
    {%- set newest = (highest(table, batch_column) or 0) if table else 0 -%}
    {{ return(stood_at(batch_column, newest) ~ 'cast(' ~ (newest + 1) ~ ' as bigint)') }}
{% endmacro %}


{# A number of the model's own table at the time of picking, as a comment for `require_unmoved`. #}
{% macro stood_at(column, number) -%}
    {{ '/* stood: ' ~ column ~ ' = ' ~ number ~ ' */ ' if is_incremental() }}
{%- endmacro %}


{#
    Nobody else has written to a model's table since it picked its rows; else this run fails, before it writes. Two runs
    of dbt at once would otherwise give two lots of rows one number, of which whoever picks by it sees the first only,
    or write an older sum over a newer one. What commits during the merge itself is seen by Delta.
#}
{% macro require_unmoved(table) %}
    {%- set stood = dict(modules.re.findall('/\\* stood: (\\w+) = (\\d+) \\*/', model['compiled_code'])) -%}
    {%- if execute and stood -%}
        {%- set stands = run_query('select max(' ~ stood | join('), max(') ~ ') from ' ~ table).rows[0] -%}
        {%- for number in stood.values() -%}
            {%- if number | int != (stands[loop.index0] or 0) -%}
            {{ exceptions.raise_compiler_error(
                'Another run of dbt has written to ' ~ table ~ ' since this one picked its rows, so nothing was merged '
                ~ 'here. Nothing is lost: run it again, one run at a time.'
            ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
