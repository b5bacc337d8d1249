{#
    The rows of the groups that got a picked row, whole: a sum is always computed again from all its rows, nothing is
    ever added to one. In a full refresh, all rows that had arrived.

    rows: the name of a CTE with the columns of group_by and with processed_batch. picked: as `pick` gives it.
#}
{% macro rows_of_touched_groups(rows, group_by, picked) -%}
    select {{ rows }}.*
    from {{ rows }}
    {% if is_incremental() -%}
    left semi join (select * from {{ rows }} where {{ picked }}) as picked
        on
        {%- for column in group_by %}
            {{ 'and ' if not loop.first }}{{ rows }}.{{ column }} = picked.{{ column }}
        {%- endfor %}
    {% endif -%}
    where {{ arrived_by(picked) }}
{%- endmacro %}
