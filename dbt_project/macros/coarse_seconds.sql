{#
    A duration rounded as people tell one: tenths of a second up to a minute, seconds up to an hour, minutes up to a
    day, then hours; at most 2 % off.

    An exact percentile keeps a count of each distinct value in memory. Of a history that lands within an hour every
    event has a delay of its own: 10,000,000 of them are more than 2 GB. Rounded there are some thousands, and the
    percentile stays the same whatever the order in which it is summed, which an approximate one does not promise.

    seconds: an expression of type double.
#}
{% macro coarse_seconds(seconds) -%}
    case
        when abs({{ seconds }}) < 60 then round({{ seconds }}, 1)
        when abs({{ seconds }}) < 3600 then round({{ seconds }})
        when abs({{ seconds }}) < 86400 then round({{ seconds }} / 60) * 60
        else round({{ seconds }} / 3600) * 3600
    end
{%- endmacro %}
