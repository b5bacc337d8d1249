{# Fails for each row whose value is out of bounds. Nulls pass. #}
{% test expect_column_values_to_be_between(
    model, column_name, min_value=none, max_value=none, row_condition=none, strictly=false
) %}
    {{ dbt_expectations.rows_that_fail(
        model, dbt_expectations.is_between(column_name, min_value, max_value, strictly), row_condition
    ) }}
{% endtest %}


{# Fails for each row whose text is too short or too long. Nulls pass. #}
{% test expect_column_value_lengths_to_be_between(
    model, column_name, min_value=none, max_value=none, row_condition=none, strictly=false
) %}
    {% set length = dbt.length(column_name) | trim %}
    {{ dbt_expectations.rows_that_fail(
        model, dbt_expectations.is_between(length, min_value, max_value, strictly), row_condition
    ) }}
{% endtest %}


{#
    Fails for each row whose value is not in the set, nulls among them. The values
    are text unless `quote_values` is false; then each is an SQL expression.
#}
{% test expect_column_values_to_be_in_set(
    model, column_name, value_set, quote_values=true, row_condition=none
) %}
    {% set quote = "'" if quote_values else "" %}
    {% set or_next = quote ~ " or value_field = " ~ quote %}

with checked as (

    select {{ column_name }} as value_field

    from {{ model }}
    {%- if row_condition %}
    where {{ row_condition }}
    {%- endif %}

)

select * from checked
where not coalesce(value_field = {{ quote ~ value_set | join(or_next) ~ quote }}, false)
{% endtest %}


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


{# Fails for each row whose value is null. #}
{% test expect_column_values_to_not_be_null(model, column_name, row_condition=none) %}
    {{ dbt_expectations.rows_that_fail(model, column_name ~ " is not null", row_condition) }}
{% endtest %}


{# Fails once for each value found more than once. Nulls pass. #}
{% test expect_column_values_to_be_unique(model, column_name, row_condition=none) %}
    {{ dbt_expectations.test_expect_compound_columns_to_be_unique(
        model, [column_name], row_condition=row_condition
    ) }}
{% endtest %}


{# Fails if the column has another type. A column that is not there passes. #}
{% test expect_column_values_to_be_of_type(model, column_name, column_type) %}
    {% if execute %}
        {% set mistyped = [] %}
        {% for column in adapter.get_columns_in_relation(model) %}
            {% if column.name | upper == column_name | upper and column.dtype | upper != column_type | upper %}
                {% do mistyped.append(column.name) %}
            {% endif %}
        {% endfor %}
        {{ dbt_expectations.rows_of_names(mistyped, model) }}
    {% endif %}
{% endtest %}


{# Fails for each row in which A is not greater than B. A null on either side passes. #}
{% test expect_column_pair_values_A_to_be_greater_than_B(
    model, column_A, column_B, or_equal=false, row_condition=none
) %}
    {% set operator = ">=" if or_equal else ">" %}
    {{ dbt_expectations.rows_that_fail(
        model, column_A ~ " " ~ operator ~ " " ~ column_B, row_condition
    ) }}
{% endtest %}


{#
    Fails once for each combination found more than once. `ignore_row_if` says which
    rows don't count: `all_values_are_missing` or `any_value_is_missing`.
#}
{% test expect_compound_columns_to_be_unique(
    model, column_list, quote_columns=false, ignore_row_if="all_values_are_missing", row_condition=none
) %}
    {% set joins = {"all_values_are_missing": " and ", "any_value_is_missing": " or "} %}
    {% if not column_list %}
        {{ exceptions.raise_compiler_error("column_list must name at least one column.") }}
    {% elif ignore_row_if not in joins %}
        {{ exceptions.raise_compiler_error("ignore_row_if must be one of: " ~ joins | join(", ") ~ ".") }}
    {% endif %}

    {% set columns = [] %}
    {% set missing = [] %}
    {% for name in column_list %}
        {% set column = adapter.quote(name) if quote_columns else name %}
        {% do columns.append(column) %}
        {% do missing.append(column ~ " is null") %}
    {% endfor %}

select
    {{ columns | join(", ") }},
    count(*) as n_records

from {{ model }}
where {% if row_condition %}{{ row_condition }} and {% endif %}not ({{ missing | join(joins[ignore_row_if]) }})
group by {{ columns | join(", ") }}
having count(*) > 1
{% endtest %}
