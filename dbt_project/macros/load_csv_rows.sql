{#
    How seeds are loaded on this machine: as the adapter does, but with quotes and backslashes escaped, which dbt-spark
    1.10.3 leaves as they are in its sessions; and cast once a column, which Spark plans faster than once a value.
#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set statement -%}
        insert into {{ this.render() }}
        select
            {% for name in agate_table.column_names -%}
                cast(`{{ name }}` as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }})
                {{- ', ' if not loop.last }}
            {% endfor -%}
        from values
            {% for row in agate_table.rows -%}
                ({% for value in row -%}
                    {{- 'null' if value is none
                        else "'" ~ value | string | replace('\\', '\\\\') | replace("'", "\\'") ~ "'" -}}
                    {{- ', ' if not loop.last -}}
                {%- endfor %}){{ ', ' if not loop.last }}
            {% endfor -%}
        as seed ({{ agate_table.column_names | join(', ') }})
    {%- endset -%}
    {%- if agate_table.rows -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {%- endif -%}
    {{ return(statement) }}
{% endmacro %}
