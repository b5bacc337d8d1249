{#
    How every incremental model picks its rows: by arrival, never by event time or by a clock.

    `pick` is one half of the pair; `merge_only_where` is the other. Together they make a run cost what arrived, not
    what there is, and make any sequence of runs end in the same rows as one full refresh.
#}


{#
    The rows of a relation that this model has not seen yet, as a predicate over the relation's own columns.

    relation: where the rows are picked from; a table, so that Delta answers max() from metadata.
    batch_column: the number that grows by one with each batch: landed_batch in bronze, processed_batch in silver.

    Both ends are literals. The lower one is the highest number in the model's own table, never in another's: a run
    that failed half-way is picked again. The upper one keeps what lands while the model runs for the next run, so that
    all statements of one run see the same rows. A relation whose numbers begin again below ours was built anew: then
    everything is picked.
#}
{% macro pick(relation, batch_column) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set newest = highest(relation, batch_column) -%}
    {%- set seen = highest(this, batch_column) if is_incremental() else 0 -%}
    {%- set seen = 0 if seen > newest else seen -%}
    {{ return(batch_column ~ ' > ' ~ seen ~ ' and ' ~ batch_column ~ ' <= ' ~ newest) }}
{% endmacro %}


{# The highest number of a column, 0 for none. Asked by itself, it costs no scan; inside a filter it would. #}
{% macro highest(relation, column) %}
    {{ return(run_query('select max(' ~ column ~ ') from ' ~ relation).columns[0].values()[0] or 0) }}
{% endmacro %}


{#
    The number under which this run's rows go into the model's own table: highest so far + 1, also in a full refresh,
    so that what is built on the table finds all of it new.
#}
{% macro next_batch(batch_column) %}
    {%- if not execute -%}
        {{ return(1) }}
    {%- endif -%}
    {%- set table = load_relation(this) -%}
    {{ return(1 + (highest(table, batch_column) if table else 0)) }}
{% endmacro %}
