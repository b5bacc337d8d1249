{#
    The landed events of a hub, read: adds to bronze's columns `text` (the body as UTF-8, or null), `event` (a struct of
    the contract's fields), `is_invalid_text`, `is_broken_json`, and `new_fields`, the names of fields that the contract
    lacks.

    landed: the hub's bronze table. fields: the contract's fields as Spark DDL.
#}
{% macro read_events(landed, fields) -%}
    {%- set names = [] -%}
    {%- for field in fields.split(',') -%}
        {%- do names.append("'" ~ field.split() | first ~ "'") -%}
    {%- endfor -%}
    select
        *,
        text is null and body is not null as is_invalid_text,
        {{ is_broken_json('text', 'event') }} as is_broken_json,
        coalesce(array_except(json_object_keys(text), array({{ names | join(', ') }})), array()) as new_fields
    from (
        select
            *,
            try_validate_utf8(cast(body as string)) as text
        from {{ landed }}
    ) as decoded
    -- Not a plain column: Spark's plan would have the parsing in the place of each use of it, seven times.
    lateral view outer explode(array({{ parse_event('text', fields) }})) as event
{%- endmacro %}


{#
    The reasons for which an event is rejected: that it can't be read, else what was found in it.

    findings: the codes of what was found in one text, apart by spaces. (An array with nulls taken out would be put together
    outside of Spark's generated code: 14 s instead of 11.4 s for a batch.)
#}
{% macro reasons_of(findings) -%}
    case
        when is_invalid_text then array('invalid_text')
        when is_broken_json then array('broken_json')
        when {{ findings }} = '' then array()
        else split({{ findings }}, ' ')
    end
{%- endmacro %}


{# Whether a moment is in the range of dates that events may have. #}
{% macro is_in_time(moment) -%}
    {{ moment }} >= timestamp'{{ var("earliest_event_date") }} 00:00:00Z' and {{ moment }} <= enqueued_at + interval 1 day
{%- endmacro %}


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
    case
        when {{ text }} is null or left(trim(leading ' \t\r\n' from {{ text }}), 1) != '{' then true
        when {{ event }}._unparsed is not null then try_parse_json({{ text }}) is null
        -- The last byte is the only brace that closes: one flat object with nothing behind it. Bytes, because counting
        -- characters takes eight times as long.
        when endswith({{ text }}, '}') and not contains(
            substring(cast({{ text }} as binary), 1, octet_length({{ text }}) - 1), cast('}' as binary)
        ) then false
        -- Put into an array it is one element of it, and stays so with another behind it: `{}]` and `{}, {}` do not.
        else coalesce(json_array_length(concat('[', {{ text }}, ']')) != 1, true)
            or coalesce(json_array_length(concat('[', {{ text }}, ', 0]')) != 2, true)
    end
{%- endmacro %}


{#
    Whether a number's field is there, but holds something else than a number.

    With `and` in place of if(), Spark would take what several fields have in common out of both sides and compute it
    for every row: here and below that is parsing the text again.
#}
{% macro is_not_a_number(field, text, event) -%}
    if(
        {{ event }}.{{ field }} is null and {{ event }}._unparsed is not null,
        get_json_object({{ text }}, '$.{{ field }}') is not null,
        false
    )
{%- endmacro %}


{# Whether a text's field holds an object or an array. A number or a boolean is taken as its text. #}
{% macro is_not_a_text(field, text, event) -%}
    if(
        left(ltrim({{ event }}.{{ field }}), 1) in ('{', '['),
        -- Null where a key occurs twice, which the variant's parser does not take.
        coalesce(schema_of_variant(variant_get(try_parse_json({{ text }}), '$.{{ field }}')) != 'STRING', true),
        false
    )
{%- endmacro %}


{# A text without spaces, tabs and line ends around it; null if nothing is left. #}
{% macro strip(text) -%}
    nullif(btrim({{ text }}, ' \t\r\n'), '')
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
    {%- set sent = 'upper(' ~ text ~ ')' -%}
    {#- The cast reads no offset behind minutes. -#}
    {%- set with_seconds = "if(substring(" ~ sent ~ ", 17, 1) = ':', " ~ sent ~ ", concat(left(" ~ sent ~ ", 16), ':00', substring(" ~ sent ~ ", 17)))" -%}
    try_cast(
        case
            -- What most events have comes first.
            when {{ sent }} rlike '^{{ date_and_time }}(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' then {{ with_seconds }}
            when {{ sent }} rlike '^{{ date_and_time }}$' then concat({{ with_seconds }}, 'Z')
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


{#
    A text with e-mail addresses, card numbers and phone numbers replaced by a word for them.

    Cards: 16 to 19 digits in groups of four, or 14 or 15 as 4-6-4 and 4-6-5, that begin as cards of banking and travel do
    (ISO/IEC 7812: 22 to 27, 3 to 6); groups apart by a space, a hyphen or nothing. Phones: ten digits in the North
    American ways of writing them, with or without +1. Every pattern is bounded, so that a text of any length is searched
    in one pass.
#}
{% macro mask_personal_data(text) -%}
    {%- set email = '[\\\\p{L}\\\\p{N}._%+-]{1,64}@[\\\\p{L}\\\\p{N}-]{1,63}([.][\\\\p{L}\\\\p{N}-]{1,63}){1,4}' -%}
    {%- set card = '(?<![0-9])((2[2-7]|[3-6][0-9])[0-9]{2}([ -]?[0-9]{4}){3}([ -]?[0-9]{1,3})?|3[0-9]{3}[ -]?[0-9]{6}[ -]?[0-9]{4,5})(?![0-9])' -%}
    {%- set phone = '(?<![0-9])([+]?1[ .-]?)?([(][2-9][0-9]{2}[)][ .-]?|[2-9][0-9]{2}[ .-]?)[2-9][0-9]{2}[ .-]?[0-9]{4}(?![0-9])' -%}
    regexp_replace(
        regexp_replace(
            regexp_replace({{ text }}, '{{ email }}', '[e-mail]'),
            '{{ card }}',
            '[card number]'
        ),
        '{{ phone }}',
        '[phone number]'
    )
{%- endmacro %}
