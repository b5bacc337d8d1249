{# The facts that say between them which business dates gold has. #}
{% macro facts_by_date() %}
    {{ return([
        ref('fct_sales_by_state_minute'),
        ref('fct_engagement_by_product_day'),
        ref('fct_funnel_by_product_day'),
        ref('fct_reviews'),
    ]) }}
{% endmacro %}


{#
    The latest business date that gold has facts of, as a literal; today where it has none. No later than the business date
    on which something landed last: one producer's clock that is wrong by hours must not make tomorrow "today".

    facts: tables with a business_date. messages: silver's tables of messages.
#}
{% macro latest_business_date(facts, messages) %}
    {%- if not execute -%}
        {{ return('current_date()') }}
    {%- endif -%}
    {%- do allow_dates_from_metadata() -%}
    {%- set dates, batches = [], [] -%}
    {%- for fact in facts -%}
        {%- do dates.append('(select max(business_date) from ' ~ fact ~ ')') -%}
    {%- endfor -%}
    {%- for hub in messages -%}
        {%- do batches.append('(select max(landed_batch) from ' ~ hub ~ ')') -%}
    {%- endfor -%}
    {%- set found = run_query('select greatest(' ~ dates | join(', ') ~ '), ' ~ batches | join(', ')).rows[0] -%}
    {%- if not found[0] -%}
        {{ return('current_date()') }}
    {%- endif -%}
    {#- The batch that landed last is found by statistics; a moment is no metadata. -#}
    {%- set landings, bounded = [], [] -%}
    {%- for hub in messages -%}
        {%- set batch = found[loop.index] -%}
        {%- do landings.append('select max(ingested_at) as at from ' ~ hub ~ ' where landed_batch = ' ~ batch) if batch -%}
    {%- endfor -%}
    {%- set landed = run_query(
        'select cast(' ~ business_date('max(at)') ~ ' as string) from (' ~ landings | join(' union all ') ~ ') as landings'
    ).columns[0].values()[0] -%}
    {%- if found[0] | string <= landed -%}
        {{ return("date'" ~ found[0] ~ "'") }}
    {%- endif -%}
    {%- for fact in facts -%}
        {%- do bounded.append('select business_date from ' ~ fact ~ " where business_date <= date'" ~ landed ~ "'") -%}
    {%- endfor -%}
    {%- set found = run_query(
        'select cast(max(business_date) as string) from (' ~ bounded | join(' union all ') ~ ') as facts'
    ).columns[0].values()[0] -%}
    {{ return("date'" ~ (found or landed) ~ "'") }}
{% endmacro %}


{# Delta's metadata answer for dates fails in the Thrift server, which gives dates another Java class. #}
{% macro allow_dates_from_metadata() %}
    {%- if execute and target.name == 'local_server' -%}
        {%- do run_query('set spark.sql.datetime.java8API.enabled = false') -%}
    {%- endif -%}
{% endmacro %}


{# The day that gold's `as_of` calls the latest; none where there is no fact. #}
{% macro last_business_date() %}
    {%- set as_of = ref('as_of') -%}
    {%- if execute -%}
        {{ return(run_query('select as_of_date from ' ~ as_of).columns[0].values()[0]) }}
    {%- endif -%}
{% endmacro %}
