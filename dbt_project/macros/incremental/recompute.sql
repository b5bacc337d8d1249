{#
    The rows of the groups that got a picked row, whole: a sum is always computed again from all its rows, nothing is
    ever added to one. In a full refresh, all rows that had arrived.

    rows: the name of a CTE with the columns of group_by and with processed_batch. picked: as `pick` gives it.
    arrived: where what arrived since is left out already, and picked is a column that says so of each row: 'true'.
#}
{% macro rows_of_touched_groups(rows, group_by, picked, arrived=none) -%}
    select {{ rows }}.*
    from {{ rows }}
    {% if is_incremental() -%}
    left semi join (select * from {{ rows }} where {{ picked }}) as picked
        on
        {%- for column in group_by %}
            {{ 'and ' if not loop.first }}{{ rows }}.{{ column }} = picked.{{ column }}
        {%- endfor %}
    {% endif -%}
    where {{ arrived or arrived_by(picked) }}
{%- endmacro %}
