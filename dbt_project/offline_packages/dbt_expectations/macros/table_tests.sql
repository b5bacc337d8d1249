{#
    Fails for each row, or each group where `group_by_columns` is given, for which the
    expression does not meet `test_condition`. An expression that is null passes.
#}
{% test expression_is_true(
    model, expression, test_condition="= true", group_by_columns=none, row_condition=none
) %}
    {{ dbt_expectations.rows_that_fail(model, expression, row_condition, group_by_columns, test_condition) }}
{% endtest %}


{# Fails if the number of rows is another; with `group_by`, for each group that has another number. #}
{% test expect_table_row_count_to_equal(model, value, group_by=none, row_condition=none) %}
    {{ dbt_expectations.rows_that_fail(model, "count(*) = " ~ value, row_condition, group_by) }}
{% endtest %}
