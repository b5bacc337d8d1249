{#
    How seeds are loaded, on both adapters: the whole table in one commit, so that whoever reads it meanwhile finds the old
    rows or the new ones. (The adapters make an empty table first and then insert; an event judged in between would find no
    state and be rejected for good.)

    The table keeps a checksum of what it was made of. Where it is the same, nothing is loaded; `dbt seed --full-refresh`
    loads whatever it says.
#}
{% materialization seed, adapter='spark' %}
    {{ return({'relations': [load_seed()]}) }}
{% endmaterialization %}


{% materialization seed, adapter='databricks' %}
    {{ return({'relations': [load_seed()]}) }}
{% endmaterialization %}


{% macro load_seed() %}
    {%- set property = 'real_time_market.seed_checksum' -%}
    {%- set seed_table = this.incorporate(type='table') -%}
    {%- set known = load_relation(this) -%}
    {%- if known and not known.is_table -%}
        {{ exceptions.raise_compiler_error(this ~ ' is no table: drop it, then run dbt seed again.') }}
    {%- endif -%}

    {%- set rows = load_agate_table() -%}
    {%- do store_result('agate_table', response='OK', agate_table=rows) -%}
    {%- set query = seed_query(rows) -%}
    {%- set comments = model.columns.values() | map(attribute='description') | list if config.persist_column_docs() -%}
    {%- set checksum = local_md5(query ~ comment_clause() ~ comments) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set loaded = [] -%}
    {%- if known and not should_full_refresh() -%}
        {%- set loaded = run_query('show tblproperties ' ~ this).rows | map('list') | list -%}
    {%- endif -%}
    {%- if [property, checksum] in loaded -%}
        {%- call noop_statement('main', 'unchanged', 'unchanged', 0) -%}
            -- Unchanged: {{ property }} is {{ checksum }}
        {%- endcall -%}
    {%- else -%}
        {%- set statement -%}
            create or replace table {{ this }}
            using delta
            {{ comment_clause() }}
            tblproperties ('{{ property }}' = '{{ checksum }}')
            as
            {{ query }}
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
        {%- call noop_statement('main', 'rows ' ~ rows.rows | length, 'loaded', rows.rows | length) -%}
            {{ statement }}
        {%- endcall -%}
        {%- do persist_docs(seed_table, model, for_relation=False) -%}
    {%- endif -%}
    {%- do apply_grants(seed_table, config.get('grants'), should_revoke=should_revoke(known, should_full_refresh())) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return(seed_table) }}
{% endmacro %}


{# The rows of a CSV file as a query: all values as texts, cast once a column, which Spark plans faster than once a value. #}
{% macro seed_query(csv) -%}
    {%- set types = config.get('column_types', {}) -%}
    {%- set columns = [] -%}
    select
        {% for name in csv.column_names -%}
            {%- set column = adapter.quote(name) -%}
            {%- set type = types.get(name, adapter.convert_type(csv, loop.index0)) -%}
            {%- do columns.append(column) -%}
            cast({{ column }} as {{ type }}) as {{ column }}{{ ', ' if not loop.last }}
        {% endfor -%}
    from values
        {% for row in csv.rows -%}
            ({% for value in row %}
                {{- 'null' if value is none
                    else "'" ~ value | string | replace('\\', '\\\\') | replace("'", "\\'") ~ "'" -}}
                {{- ', ' if not loop.last -}}
            {%- endfor %}){{ ', ' if not loop.last }}
        {% else -%}
            {#- `values` needs a row. -#}
            ({{ (['null'] * columns | length) | join(', ') }})
        {% endfor -%}
    as seed ({{ columns | join(', ') }})
    {{- ' where false' if not csv.rows }}
{%- endmacro %}
