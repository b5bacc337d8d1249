{#
    The rows of the groups that got a picked row, whole: a sum is always computed again from all its rows, nothing is
    ever added to one. In a full refresh, all rows.

    rows: the name of a CTE of rows that had arrived (`arrived_by`), with the columns of group_by. picked: which of them
    are new: as `pick` gives it, or a column of theirs.
#}
{% macro rows_of_touched_groups(rows, group_by, picked) -%}
    select {{ if_few('broadcast(picked)') }} {{ rows }}.*
    from {{ rows }}
    {% if is_incremental() -%}
    left semi join (select * from {{ rows }} where {{ picked }}) as picked
        on
        {%- for column in group_by %}
            {{ 'and ' if not loop.first }}{{ rows }}.{{ column }} = picked.{{ column }}
        {%- endfor %}
    {% endif -%}
{%- endmacro %}
