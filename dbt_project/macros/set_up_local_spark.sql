{#
    Before a run on this machine: ANSI mode on, and the bronze tables known by name. On Databricks both are so already.

    dbt-spark writes ansi.enabled=false into its connection parameters and applies them before each statement, so they
    are changed there, for every connection opened from now on.
#}
{% macro set_up_local_spark() %}
    {% if execute and target.type == 'spark' %}
        {% do adapter.config.credentials.server_side_parameters.update({'spark.sql.ansi.enabled': 'true'}) %}
        {% do run_query('set spark.sql.ansi.enabled = true') %}
        {% for source in graph.sources.values() %}
            {% do run_query('create schema if not exists ' ~ source.schema) %}
            {% do run_query(register_bronze_table(source)) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{# The statement that makes a bronze table known by name; empty, where the stream job has not landed anything yet. #}
{% macro register_bronze_table(source) %}
    create table if not exists {{ source.schema }}.{{ source.identifier }} (
        {% for column in source.columns.values() -%}
            `{{ column.name }}` {{ column.data_type }}{{ ', ' if not loop.last }}
        {% endfor %}
    )
    using delta
    partitioned by (ingest_date)
    location '{{ bronze_folder() }}/{{ source.identifier }}'
{% endmacro %}


{# The folder of the tables that the stream job lands in on this machine. #}
{% macro bronze_folder() -%}
    {{ var('bronze_path') or run_query('set spark.market.bronze').columns[1].values()[0] }}
{%- endmacro %}
