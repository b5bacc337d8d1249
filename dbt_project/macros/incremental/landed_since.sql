{#
    What landed since the hour in which the oldest picked message landed, as a predicate over ingested_at: a bound by
    arrival, which files of messages keep to by themselves. For models whose groups are hours of landing.

    messages: a table of messages. picked: as `pick` gives it.
#}
{% macro landed_since(messages, picked) %}
    {%- if not execute or not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- if picks_nothing(picked) -%}
        {{ return('false') }}
    {%- endif -%}
    {%- set hour = run_query(
        "select date_format(date_trunc('hour', min(ingested_at)), 'yyyy-MM-dd HH:mm:ss') from " ~ messages
        ~ ' where ' ~ picked
    ).columns[0].values()[0] -%}
    {{ return("ingested_at >= timestamp'" ~ hour ~ "'" if hour else 'false') }}
{% endmacro %}
