{#
    Spark: the CHECK constraints of a model's contract are properties of the table that is created, so that Delta asks them
    of its first rows too. dbt-spark adds them when the rows are committed, by a statement and a scan each: a table that
    breaks one would stand, without it, and the next run would merge into it.

    Databricks keeps to its adapter's way.
#}
{% macro spark__tblproperties_clause() %}
    {%- set properties = dict(config.get('tblproperties') or {}) -%}
    {%- for constraint in model.get('constraints') or [] if constraint.type == 'check' -%}
        {%- if not constraint.name -%}
            {{ exceptions.raise_compiler_error('A CHECK constraint of ' ~ model.name ~ ' has no name.') }}
        {%- endif -%}
        {%- do properties.update({'delta.constraints.' ~ constraint.name: constraint.expression}) -%}
    {%- endfor -%}
    {%- if properties %}
    tblproperties (
        {%- for name, value in properties.items() %}
        '{{ name }}' = {{ sql_text(value) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {%- endif -%}
{% endmacro %}


{# They stand in the table already. #}
{% macro spark__alter_table_add_constraints(relation, constraints) %}
{% endmacro %}
