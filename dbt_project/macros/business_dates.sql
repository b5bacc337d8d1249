{#
    The first and the last business date of gold's facts; none where there is no fact.
#}
{% macro first_business_date() %}
    {{ return(dates_of_facts()[0]) }}
{% endmacro %}


{% macro last_business_date() %}
    {{ return(dates_of_facts()[1]) }}
{% endmacro %}


{# Both, asked once in a run of dbt; Delta answers from metadata. #}
{% macro dates_of_facts() %}
    {%- set facts = [
        ref('fct_sales_by_state_minute'),
        ref('fct_engagement_by_product_day'),
        ref('fct_funnel_by_product_day'),
        ref('fct_reviews'),
    ] -%}
    {%- if not execute -%}
        {{ return([none, none]) }}
    {%- endif -%}
    {%- set answers = answered_once('dates_of_facts') -%}
    {%- if not answers -%}
        {%- if target.name == 'local_server' -%}
            {# Delta's metadata answer for dates fails in the Thrift server, which gives dates another Java class. #}
            {%- do run_query('set spark.sql.datetime.java8API.enabled = false') -%}
        {%- endif -%}
        {%- set bounds = [] -%}
        {%- for fact in facts -%}
            {%- do bounds.append('select min(business_date) as first, max(business_date) as last from ' ~ fact) -%}
        {%- endfor -%}
        {%- set found = run_query(
            'select min(first), max(last) from (' ~ bounds | join(' union all ') ~ ') as bounds'
        ).rows[0] -%}
        {%- do answers.update({'first': found[0], 'last': found[1]}) -%}
    {%- endif -%}
    {{ return([answers['first'], answers['last']]) }}
{% endmacro %}
