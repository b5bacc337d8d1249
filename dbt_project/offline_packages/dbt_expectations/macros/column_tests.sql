{#
    Fails for each row in which the pattern matches nothing, or only an empty string.
    Nulls pass. The pattern becomes a Spark string literal as it is, so a backslash
    is written twice. Spark has neither raw patterns nor flags here: both arguments
    are accepted and ignored, with a warning.
#}
{% test expect_column_values_to_match_regex(
    model, column_name, regex, row_condition=none, is_raw=false, flags=""
) %}
    {% if is_raw or flags %}
        {% do exceptions.warn("expect_column_values_to_match_regex ignores is_raw and flags on Spark.") %}
    {% endif %}
    {{ dbt_expectations.rows_that_fail(
        model, "regexp_extract(" ~ column_name ~ ", '" ~ regex ~ "', 0) != ''", row_condition
    ) }}
{% endtest %}
