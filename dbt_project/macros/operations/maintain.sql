{#
    Compact every table of bronze, silver and gold, and remove files that no version of the last hours needs; say for each
    table what it is now. No row changes.

    retain_hours: how long old versions stay readable. Below 168, what still reads or writes may lose its files: only when
    nothing else runs. tables: names such as gold.fct_reviews; all if none.

    dbt run-operation maintain
#}
{% macro maintain(retain_hours=168, tables=none) %}
    {%- do set_up_local_spark() -%}
    {%- if retain_hours < 168 -%}
        {%- do run_query('set spark.databricks.delta.retentionDurationCheck.enabled = false') -%}
    {%- endif -%}
    {%- set failed = [] -%}
    {%- for table in stored_tables() if tables is none or (table.schema ~ '.' ~ table.identifier) in tables -%}
        {%- set statements = ['optimize ' ~ table, 'vacuum ' ~ table ~ ' retain ' ~ retain_hours ~ ' hours'] -%}
        {%- if run_query(all_or_failed(statements)).columns[0].values()[0] == 'failed' -%}
            {%- do failed.append(statements) -%}
            {%- do log(table.schema ~ '.' ~ table.identifier ~ ': failed', info=true) -%}
        {%- else -%}
            {%- set now = run_query('describe detail ' ~ table).rows[0] -%}
            {%- do log(
                table.schema ~ '.' ~ table.identifier ~ ': ' ~ now['numFiles'] ~ ' files, '
                ~ (now['sizeInBytes'] / 1e6) | round(1) ~ ' MB', info=true
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if retain_hours < 168 -%}
        {%- do run_query('set spark.databricks.delta.retentionDurationCheck.enabled = true') -%}
    {%- endif -%}
    {#- What failed is tried once more, outside of the script: if it fails again, then with its own words. -#}
    {%- for statement in failed | sum(start=[]) -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
{% endmacro %}


{#
    Every table that is there: what the stream job landed, the models that are no views, the seeds. Under a prefix without
    bronze, which is not this run's alone.
#}
{% macro stored_tables() %}
    {%- set nodes = [] if schema_prefix() else graph.sources.values() | list -%}
    {%- for node in graph.nodes.values() if node.config.materialized in ('table', 'incremental', 'seed', 'snapshot') -%}
        {%- do nodes.append(node) -%}
    {%- endfor -%}
    {%- set tables = [] -%}
    {%- for node in nodes -%}
        {%- do tables.append(load_relation(api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.identifier or node.alias
        ))) -%}
    {%- endfor -%}
    {%- if not schema_prefix() -%}
        {%- do tables.append(load_relation(erased_positions())) -%}
    {%- endif -%}
    {{ return(tables | reject('none') | list) }}
{% endmacro %}


{#
    Statements, one after the other, as one that never fails: it answers 'done', or 'failed' if one of them did. (dbt ends
    an operation with the first statement that fails, and the tables behind it would be left as they are.)
#}
{% macro all_or_failed(statements) -%}
    begin
        declare exit handler for sqlexception
        begin
            select 'failed' as outcome;
        end;
        {% for statement in statements -%}
        execute immediate {{ sql_text(statement) }};
        {% endfor -%}
        select 'done' as outcome;
    end
{%- endmacro %}
