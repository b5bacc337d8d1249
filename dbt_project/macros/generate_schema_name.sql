{#
    Schemas are called by their layer, silver and gold; with a prefix `<prefix>_silver` and `<prefix>_gold`.

    The plain names on Databricks are production's: only the target `production` has them.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set layer = (custom_schema_name or 'silver') | trim -%}
    {%- set prefix = schema_prefix() -%}
    {{ prefix ~ '_' ~ layer if prefix else layer }}
{%- endmacro %}


{# What this run's schemas begin with: DBT_SCHEMA_PREFIX, or a developer's DATABRICKS_SCHEMA; empty for none. #}
{% macro schema_prefix() -%}
    {%- set prefix = var('schema_prefix', '') -%}
    {%- if not prefix and target.type == 'databricks' and target.name != 'production' -%}
        {%- if not target.schema -%}
            {{ exceptions.raise_compiler_error(
                'Set DATABRICKS_SCHEMA to a name of your own, such as ada: this target then writes to ada_silver and ada_gold. '
                ~ 'Only --target production writes to silver and gold.'
            ) }}
        {%- endif -%}
        {%- set prefix = target.schema -%}
    {%- endif -%}
    {{ return(prefix) }}
{%- endmacro %}
