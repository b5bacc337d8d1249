{#
    The first and the last business date of gold's facts; none where there is no fact.
#}
{% macro first_business_date() %}
    {{ return(dates_of_facts(lowest) | min) }}
{% endmacro %}


{% macro last_business_date() %}
    {{ return(dates_of_facts(highest) | max) }}
{% endmacro %}


{# What a function (`lowest`, `highest`) finds for the business date of each fact that has rows. #}
{% macro dates_of_facts(function) %}
    {%- set facts = [
        ref('fct_sales_by_state_minute'),
        ref('fct_engagement_by_product_day'),
        ref('fct_funnel_by_product_day'),
        ref('fct_reviews'),
    ] -%}
    {%- set dates = [] -%}
    {%- for fact in facts -%}
        {%- set date = function(fact, 'business_date') -%}
        {%- do dates.append(date) if date -%}
    {%- endfor -%}
    {{ return(dates) }}
{% endmacro %}
