{#
    `dbt build` tests the rows that this run wrote, `dbt test` all rows. A test asks `rows_written` for the predicate of
    the tables that it looks at; where this run wrote none of them, it renders no SQL at all:

        {% if any_written(['order_messages', 'journeys']) %} select ... {% endif %}
#}


{# Whether this run wrote rows of at least one of these incremental models, or may have. #}
{% macro any_written(model_names) %}
    {%- for name in model_names if rows_written(name) != 'false' -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}


{#
    The business dates of the rows that this run wrote to these incremental models, as a predicate with literals: Delta
    then reads no other partition. One question for all of them, and none where all rows are tested.

    relations: as `ref` gives them.
#}
{% macro dates_written(relations) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set written = [] -%}
    {%- for relation in relations -%}
        {%- set rows = rows_written(relation.identifier) -%}
        {%- if rows == 'true' -%}
            {{ return('true') }}
        {%- elif rows != 'false' -%}
            {%- do written.append('select business_date from ' ~ relation ~ ' where ' ~ rows) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(dates_among('(' ~ written | join(' union all ') ~ ')') if written else 'false') }}
{% endmacro %}


{# The business dates of some rows, as a predicate with literals. #}
{% macro dates_among(rows) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set dates = run_query(
        'select cast(business_date as string) from ' ~ rows
        ~ ' where business_date is not null group by business_date order by business_date'
    ).columns[0].values() -%}
    {{ return(bound_sql({'column': 'business_date', 'type': 'date', 'values': dates})) }}
{% endmacro %}


{# The landings of the messages that this run wrote, from the first to the last, as a predicate over bronze. #}
{% macro landings_written(messages) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set written = rows_written(messages.identifier) -%}
    {%- if written == 'false' -%}
        {{ return('false') }}
    {%- endif -%}
    {%- set found = run_query(
        'select min(landed_batch), max(landed_batch) from ' ~ messages ~ ' where ' ~ written
    ).rows[0] -%}
    {%- if found[1] is none -%}
        {{ return('false') }}
    {%- endif -%}
    {#- Where all rows are tested, what landed before the first of them has to have a verdict too. -#}
    {{ return('landed_batch between ' ~ (0 if written == 'true' else found[0]) ~ ' and ' ~ found[1]) }}
{% endmacro %}


{# The positions of some landings, as a predicate with a range of offsets for each partition of the topic. #}
{% macro positions_among(bronze, landed) %}
    {%- if not execute or landed == 'false' -%}
        {{ return(landed) }}
    {%- endif -%}
    {{ return(bound_sql({'offsets': offset_ranges(bronze, landed)})) }}
{% endmacro %}
