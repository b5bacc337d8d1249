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


{# Fails if the number of rows is out of bounds; with `group_by`, for each group whose number is. #}
{% test expect_table_row_count_to_be_between(
    model, min_value=none, max_value=none, group_by=none, row_condition=none, strictly=false
) %}
    {{ dbt_expectations.rows_that_fail(
        model, dbt_expectations.is_between("count(*)", min_value, max_value, strictly), row_condition, group_by
    ) }}
{% endtest %}


{#
    Fails if the newest row is older than `interval` `datepart`s. Rows of the future
    are left out, and a table without rows fails. The clock is that of the variable
    `dbt_date:time_zone`, which the project must set.
#}
{% test expect_row_values_to_have_recent_data(model, column_name, datepart, interval, row_condition=none) %}
    {% set happened_at = "cast(" ~ column_name ~ " as timestamp)" %}
    {% set now = "from_utc_timestamp(" ~ dbt.current_timestamp() ~ ", '" ~ var("dbt_date:time_zone") ~ "')" %}

with newest as (

    select max({{ happened_at }}) as max_timestamp

    from {{ model }}
    where {{ happened_at }} <= {{ now }}{% if row_condition %} and {{ row_condition }}{% endif %}

)

select * from newest
where
    max_timestamp is null
    or max_timestamp < cast({{ dbt.dateadd(datepart, interval * -1, now) }} as timestamp)
{% endtest %}


{#
    Fails for each column of the table that is not in the list, and for each of the
    list that is not in the table. `transform` is the Jinja filter that both names go
    through before they are compared; `upper` makes case irrelevant.
#}
{% test expect_table_columns_to_match_set(model, column_list, transform="upper") %}
    {% if execute %}
        {% set listed = column_list | map(transform) | list %}
        {% set found = adapter.get_columns_in_relation(model) | map(attribute="name") | map(transform) | list %}
        {% set unmatched = found | reject("in", listed) | list + listed | reject("in", found) | list %}
        {{ dbt_expectations.rows_of_names(unmatched if found else [], model) }}
    {% endif %}
{% endtest %}
