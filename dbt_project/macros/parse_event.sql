{#
    An event's text as a struct, by an explicit schema.

    text: a string expression. fields: the struct's fields as Spark DDL; the field `_unparsed` is added: it holds the text
    if it is broken JSON or some value is not of its field's type (that field is then null, the others are not).
    Numbers are read as double, which takes any JSON number in bounded time, and made decimal by the judging model.
#}
{% macro parse_event(text, fields) -%}
    from_json(
        {{ text }},
        '{{ fields | trim }}, _unparsed string',
        map(
            'mode', 'PERMISSIVE',
            'columnNameOfCorruptRecord', '_unparsed',
            'allowSingleQuotes', 'false',
            'allowNonNumericNumbers', 'false'
        )
    )
{%- endmacro %}


{#
    Whether a text is anything but one JSON object: broken, an array or a scalar, or an object with something behind it
    (from_json would drop that in silence). Only a text that looks odd is parsed a second time.
#}
{% macro is_broken_json(text, event) -%}
    {%- set trimmed = "btrim(" ~ text ~ ", ' \\t\\r\\n')" -%}
    case
        when {{ text }} is null or left({{ trimmed }}, 1) != '{' then true
        when {{ event }}._unparsed is not null then try_parse_json({{ text }}) is null
        when locate('}', {{ trimmed }}) = length({{ trimmed }}) then false
        else coalesce(json_array_length(concat('[', {{ text }}, ']')) != 1, true)
    end
{%- endmacro %}


{# Whether a number's field is there, but holds something else than a number. #}
{% macro is_not_a_number(field, text, event) -%}
    (
        {{ event }}.{{ field }} is null
        and {{ event }}._unparsed is not null
        and get_json_object({{ text }}, '$.{{ field }}') is not null
    )
{%- endmacro %}


{# Whether a text's field holds an object or an array. A number or a boolean is taken as its text. #}
{% macro is_not_a_text(field, text, event) -%}
    (
        left(ltrim({{ event }}.{{ field }}), 1) in ('{', '[')
        and schema_of_variant(variant_get(try_parse_json({{ text }}), '$.{{ field }}')) != 'STRING'
    )
{%- endmacro %}


{# A text trimmed, with single spaces; null if nothing is left. #}
{% macro squeeze(text) -%}
    nullif(trim(regexp_replace({{ text }}, '\\s+', ' ')), '')
{%- endmacro %}


{# The form in which states and countries are looked up: upper case, no dots, single spaces in place of commas. #}
{% macro lookup_form(text) -%}
    upper({{ squeeze("replace(replace(" ~ text ~ ", '.', ''), ',', ' ')") }})
{%- endmacro %}


{#
    An ISO-8601 date and time as a timestamp; UTC where it has no offset, whatever the session's zone. Null if it is none.
#}
{% macro parse_timestamp(text) -%}
    {%- set date_and_time = '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?' -%}
    try_cast(
        case
            when upper({{ text }}) rlike '^{{ date_and_time }}$' then concat(upper({{ text }}), 'Z')
            when upper({{ text }}) rlike '^{{ date_and_time }}(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' then upper({{ text }})
        end
        as timestamp
    )
{%- endmacro %}


{# The business date of a moment, whatever the session's zone. #}
{% macro business_date(moment) -%}
    cast(convert_timezone('{{ var("business_time_zone") }}', {{ moment }}) as date)
{%- endmacro %}


{# The minute of the business day that a moment falls in, 0 to 1439. #}
{% macro minute_of_day(moment) -%}
    {%- set local = "convert_timezone('" ~ var("business_time_zone") ~ "', " ~ moment ~ ")" -%}
    hour({{ local }}) * 60 + minute({{ local }})
{%- endmacro %}
