{#
    Before a run on this machine: ANSI mode on, and the bronze tables known by name. (On Databricks the profile sets the
    mode, `check_session` sees to it, and Unity Catalog knows the tables.)

    dbt-spark writes ansi.enabled=false into its connection parameters and applies them before each statement, so they
    are changed there, for every connection opened from now on.
#}
{% macro set_up_local_spark() %}
    {% if execute and target.type == 'spark' %}
        {% do adapter.config.credentials.server_side_parameters.update({'spark.sql.ansi.enabled': 'true'}) %}
        {% do run_query('set spark.sql.ansi.enabled = true') %}
        {% for schema in graph.sources.values() | map(attribute='schema') | unique %}
            {% do run_query('create schema if not exists ' ~ schema) %}
            {% set known = run_query('show tables in ' ~ schema).columns[1].values() %}
            {% for source in graph.sources.values() if source.schema == schema and source.identifier not in known %}
                {% do register_bronze_table(source) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{#
    Makes a bronze table known by name: the stream job's, or an empty one like it where nothing has landed yet.

    Two statements, because one that names a location and a property is refused where the table has others, or none.
#}
{% macro register_bronze_table(source) %}
    {% set folder = bronze_folder() ~ '/' ~ source.identifier %}
    {% set empty_table %}
        create table if not exists delta.`{{ folder }}` (
            {% for column in source.columns.values() -%}
                `{{ column.name }}` {{ column.data_type }}{{ ', ' if not loop.last }}
            {% endfor %}
        )
        using delta
        partitioned by (ingest_date)
        tblproperties ('delta.dataSkippingNumIndexedCols' = '6')
    {% endset %}
    {% do run_query(empty_table) %}
    {% do run_query(
        'create table if not exists ' ~ source.schema ~ '.' ~ source.identifier ~ " using delta location '" ~ folder ~ "'"
    ) %}
{% endmacro %}


{# The folder of the tables that the stream job lands in on this machine. #}
{% macro bronze_folder() -%}
    {{ var('bronze_path') or run_query('set spark.market.bronze').columns[1].values()[0] }}
{%- endmacro %}
