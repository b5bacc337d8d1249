{#
    The rows of `model` for which `expression`, followed by `test_condition`, is
    false; the groups of rows, where `group_by` is given. Null is not false, so a
    row whose expression is null passes.
#}
{% macro rows_that_fail(model, expression, row_condition=none, group_by=none, test_condition="= true") %}

with checked as (

    select
        {%- for column in group_by or [] %}
        {{ column }} as col_{{ loop.index }},
        {%- endfor %}
        {{ expression }} as expression

    from {{ model }}
    {%- if row_condition %}
    where {{ row_condition }}
    {%- endif %}
    {%- if group_by %}
    group by {{ group_by | join(", ") }}
    {%- endif %}

)

select * from checked
where not (expression {{ test_condition }})

{% endmacro %}


{# The SQL condition that `value` lies between the bounds; strictly leaves the bounds themselves out. #}
{% macro is_between(value, min_value, max_value, strictly) %}
    {%- if min_value is none and max_value is none -%}
        {{ exceptions.raise_compiler_error("Give a min_value, a max_value or both.") }}
    {%- endif -%}

    {%- set or_equal = "" if strictly else "=" -%}
    {%- set conditions = [] -%}
    {%- if min_value is not none -%}
        {%- do conditions.append(value ~ " >" ~ or_equal ~ " " ~ min_value) -%}
    {%- endif -%}
    {%- if max_value is not none -%}
        {%- do conditions.append(value ~ " <" ~ or_equal ~ " " ~ max_value) -%}
    {%- endif -%}
    {{ conditions | join(" and ") }}
{%- endmacro %}


{#
    One row for each name. Without names, no row; but `model` is asked all the same,
    so that a relation that does not exist is an error and not a test that passes.
#}
{% macro rows_of_names(names, model) %}
    {%- if names -%}
        select explode(array('{{ names | join("', '") }}')) as relation_column
    {%- else -%}
        select * from {{ model }} where false
    {%- endif -%}
{% endmacro %}
