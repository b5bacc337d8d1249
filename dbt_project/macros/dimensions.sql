{#
    An attribute that a dimension gives to a fact's row. A row that the dimension lacks fails the model: left out, it would
    count as seen and never come back.
#}
{% macro known_or_fail(column, dimension) -%}
    coalesce(
        {{ column }},
        raise_error('{{ dimension }} is behind: it lacks a row that {{ this.name }} needs. Build it first: dbt run --select +{{ this.name }}')
    )
{%- endmacro %}


{#
    The dates on which products were sold that have another category since, as a query; none where there is no such
    product.

    recategorised: what has arrived in dim_product, as `arrivals` gives it.
#}
{% macro dates_of_recategorised(orders, products, recategorised) %}
    {%- if is_incremental() and recategorised.is_new -%}
        select business_date as touched from {{ orders }}
        where product_id in (select product_id from {{ products }} where {{ recategorised.new }})
    {%- endif -%}
{% endmacro %}


{# The model's own table as the run before left it; none on a first build, and where all is built anew. #}
{% macro as_it_was() %}
    {{ return(load_relation(this) if execute and not flags.FULL_REFRESH else none) }}
{% endmacro %}
