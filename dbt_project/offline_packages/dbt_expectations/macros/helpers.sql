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
