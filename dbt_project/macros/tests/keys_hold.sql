{#
    Whether a table's keys hold, in one statement. Fails once for each broken rule and key, with the number of rows:
    a primary key that is null or stands twice, a foreign key whose value the other table lacks (null is lacking too).

    primary_key: a column, or a list. Rows that this run wrote are compared with all rows of the table.
    within: a column that rows with the same primary key share whatever happens, such as a date; then only rows that
        share it are compared, and Spark reads no other partition.
    foreign_keys: for each column the relation that has its values, in a column of the same name.
#}
{% test keys_hold(model, primary_key, within=none, foreign_keys={}) %}
{%- set written = rows_written(model.identifier) if execute else 'true' -%}
{%- if written != 'false' -%}
{%- set key = as_list(primary_key) -%}
{%- set compared = key + ([within] if within and within not in key else []) -%}

with

written as (
    select * from {{ model }}
    where {{ written }}
),

{% if written == 'true' -%}
comparable as (
    select * from written
),
{%- else -%}
comparable as (
    select stored.*
    from {{ model }} as stored
    left semi join written
        on {% for column in compared %}{{ 'and ' if not loop.first }}stored.{{ column }} = written.{{ column }} {% endfor %}
),
{%- endif %}

{% for column, relation in foreign_keys.items() -%}
known_{{ loop.index }} as (
    select distinct {{ column }} as value from {{ relation }}
),
{% endfor %}

not_unique as (
    select
        '{{ key | join(', ') }} is not unique' as rule,
        concat_ws(', ', {{ key | join(', ') }}) as key,
        count(*) as row_count
    from comparable
    group by {{ key | join(', ') }}
    having count(*) > 1
),

findings as (
    select explode(array(
        named_struct(
            'rule', if({{ key | join(' is null or ') }} is null, '{{ key | join(', ') }} is null', null),
            'key', concat_ws(', ', {% for column in key %}coalesce(cast(written.{{ column }} as string), 'null'){{ ', ' if not loop.last }}{% endfor %})
        )
        {%- for column, relation in foreign_keys.items() %},
        named_struct(
            'rule', if(known_{{ loop.index }}.value is null, '{{ column }} is not in {{ relation.identifier }}', null),
            'key', coalesce(cast(written.{{ column }} as string), 'null')
        )
        {%- endfor %}
    )) as finding
    from written
    {%- for column in foreign_keys %}
    left join known_{{ loop.index }} on written.{{ column }} = known_{{ loop.index }}.value
    {%- endfor %}
)

select * from not_unique
union all
select
    finding.rule,
    finding.key,
    count(*) as row_count
from findings
where finding.rule is not null
group by finding.rule, finding.key
{%- endif -%}
{% endtest %}
