{#
    Before a run on Databricks: an error unless sessions have ANSI mode on and the time zone UTC. Without either a run would
    succeed with other results: bad casts become null, hours and dates are cut elsewhere.

    The type of coalesce(1, '2') is bigint in ANSI mode only.
#}
{% macro check_session() %}
    {% if execute and target.type == 'databricks' %}
        {% set session = run_query("select current_timezone(), typeof(coalesce(1, '2'))").rows[0] %}
        {% if session[0] not in ('UTC', 'Etc/UTC') or session[1] != 'bigint' %}
            {{ exceptions.raise_compiler_error(
                "Sessions have the time zone " ~ session[0] ~ " and ANSI mode " ~ ('on' if session[1] == 'bigint' else 'off')
                ~ ", but this project needs UTC and on. Set both under session_properties in profiles.yml, by the names that "
                ~ "your warehouse or cluster knows."
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}
