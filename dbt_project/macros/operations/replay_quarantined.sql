{#
    Judge what is in quarantine again, after a rule was mended or a master table widened, and say what became of it. What
    is sound now counts from the next `dbt build` on.

    hub: orders, engagement or reviews; all if none. reason: a code; whatever the reason if none.

    dbt run-operation replay_quarantined --args '{hub: orders, reason: unknown_state}'
#}
{% macro replay_quarantined(hub=none, reason=none) %}
    {%- do set_up_local_spark() -%}
    {%- set names = hubs() | map(attribute='name') | list -%}
    {%- if hub is not none and hub not in names -%}
        {{ exceptions.raise_compiler_error("There is no hub '" ~ hub ~ "', but " ~ names | join(', ') ~ '.') }}
    {%- endif -%}
    {%- set concerned -%}
        verdict = 'rejected'
        {%- if reason is not none %} and array_contains(reasons, {{ sql_text(reason) }}){% endif -%}
    {%- endset -%}
    {%- for one in hubs() if hub in (none, one.name) -%}
        {%- set count = 'select count(*) from ' ~ one.messages ~ ' where ' ~ concerned -%}
        {%- set before = run_query(count).columns[0].values()[0] -%}
        {%- set batch = judge_again(one, concerned) -%}
        {%- set moved = [] -%}
        {%- for row in run_query(
            'select verdict, count(*) from ' ~ one.messages ~ ' where processed_batch = ' ~ batch
            ~ ' group by verdict order by verdict'
        ).rows -%}
            {%- do moved.append(row[1] ~ ' now ' ~ row[0]) -%}
        {%- endfor -%}
        {%- do log(
            one.name ~ ': ' ~ before ~ ' in quarantine' ~ (' for ' ~ reason if reason is not none) ~ '; '
            ~ (moved | join(', ') or 'none changed: is the new rule in force (dbt seed, dbt run)?'), info=true
        ) if before -%}
        {%- do log(one.name ~ ': nothing is in quarantine' ~ (' for ' ~ reason if reason is not none) ~ '.', info=true)
            if not before -%}
    {%- endfor -%}
{% endmacro %}


{# A text of ours as a literal. #}
{% macro sql_text(text) -%}
    '{{ text | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}
