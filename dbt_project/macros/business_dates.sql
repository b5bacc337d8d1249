{#
    The latest business date that gold has facts of, as a literal; today where it has none. No later than the business date
    on which something landed last: one producer's clock that is wrong by hours must not make tomorrow "today".

    facts: tables with a business_date. messages: silver's tables of messages. Delta answers both from metadata.
#}
{% macro latest_business_date(facts, messages) %}
    {%- if not execute -%}
        {{ return('current_date()') }}
    {%- endif -%}
    {%- if target.name == 'local_server' -%}
        {# Delta's metadata answer for dates fails in the Thrift server, which gives dates another Java class. #}
        {%- do run_query('set spark.sql.datetime.java8API.enabled = false') -%}
    {%- endif -%}
    {%- set dates, landings = [], [] -%}
    {%- for fact in facts -%}
        {%- do dates.append('(select max(business_date) from ' ~ fact ~ ')') -%}
    {%- endfor -%}
    {%- for hub in messages -%}
        {%- do landings.append('(select max(ingested_at) from ' ~ hub ~ ')') -%}
    {%- endfor -%}
    {%- set landed = business_date('greatest(' ~ landings | join(', ') ~ ')') -%}
    {%- set found = run_query('select greatest(' ~ dates | join(', ') ~ ') as fact, ' ~ landed ~ ' as landed').rows[0] -%}
    {%- if found[0] and found[1] and found[0] | string > found[1] | string -%}
        {%- set bounded = [] -%}
        {%- for fact in facts -%}
            {%- do bounded.append(
                '(select max(business_date) from ' ~ fact ~ " where business_date <= date'" ~ found[1] ~ "')"
            ) -%}
        {%- endfor -%}
        {%- set found = run_query('select greatest(' ~ bounded | join(', ') ~ ')').rows[0] -%}
    {%- endif -%}
    {{ return("date'" ~ found[0] ~ "'" if found[0] else 'current_date()') }}
{% endmacro %}


{# The day that gold's `as_of` calls the latest; none where there is no fact. #}
{% macro last_business_date() %}
    {%- set as_of = ref('as_of') -%}
    {%- if execute -%}
        {{ return(run_query('select max(as_of_date) from ' ~ as_of).columns[0].values()[0]) }}
    {%- endif -%}
{% endmacro %}
