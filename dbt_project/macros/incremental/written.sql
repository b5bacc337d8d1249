{#
    What this run of dbt has written, so that its tests look at that and at nothing else. `dbt build` tests what it wrote;
    `dbt test` tests all rows.

    dbt gives no way from a model to its tests but its graph, so this is kept there; where it is missing, all is tested.
#}


{# The rows of an incremental model that this run has written, as a predicate: all where nothing is known. #}
{% macro rows_written(model_name) %}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set predicates = graph.get('rows_written', {}).get(model_name) -%}
    {{ return('true' if predicates is none else '(' ~ predicates | join(' or ') ~ ')' if predicates else 'false') }}
{% endmacro %}


{# Said by each call of `arrivals`: the rows that the model is about to write, if any. #}
{% macro remember_written(predicate, is_new) %}
    {%- set written = graph.setdefault('rows_written', {}) -%}
    {%- if not is_incremental() -%}
        {%- do written.update({model.name: none}) -%}
    {%- else -%}
        {%- set predicates = written.setdefault(model.name, []) -%}
        {%- do predicates.append(predicate) if is_new and predicate not in predicates -%}
    {%- endif -%}
{% endmacro %}
