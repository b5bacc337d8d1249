{# The kinds of content through which shoppers come. #}
{% macro content_types() %}
    {{ return(['Social Media', 'Blog', 'Video']) }}
{% endmacro %}


{# A kind of content; Unknown where it is none of them. #}
{% macro known_content_type(content_type) -%}
    if({{ content_type }} in ('{{ content_types() | join("', '") }}'), {{ content_type }}, 'Unknown')
{%- endmacro %}
