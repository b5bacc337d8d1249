{#
    The filter contexts in which tests compare measures: all together, and each value of each column by itself.
#}
{% macro in_each_context(columns) -%}
    grouping sets (
        (),
        ({{ columns | join('), (') }})
    )
{%- endmacro %}


{# Whether two rows are of the same context. #}
{% macro is_same_context(left, right, columns) -%}
    {% for column in columns -%}
        {{ left }}.{{ column }} <=> {{ right }}.{{ column }}
        {{- ' and ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
