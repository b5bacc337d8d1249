{#
    Tests over growing tables look at what arrived lately, so that they cost as little as the models do. A test says
    `where: "processed_batch >= last_batch_of('order_messages')"`; this puts in the number of that model's last run, or
    0 with the variable test_whole_tables, so that all rows are looked at.
#}
{% macro default__get_where_subquery(relation) %}
    {%- set where = config.get('where', '') -%}
    {%- if not where -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set named = modules.re.search("last_batch_of\\('(\\w+)'\\)", where) -%}
    {%- if named -%}
        {%- set where = where | replace(named.group(0), last_batch_of(named.group(1))) -%}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as dbt_subquery') }}
{% endmacro %}


{# The processed_batch of a model's last run; 0 where all rows are to be tested. #}
{% macro last_batch_of(model_name) %}
    {%- if not execute or var('test_whole_tables') -%}
        {{ return(0) }}
    {%- endif -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model_name -%}
        {%- set table = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {{ return(reached(table, 'processed_batch')) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error("last_batch_of('" ~ model_name ~ "'): there is no such model") }}
{% endmacro %}
