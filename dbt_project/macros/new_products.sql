{#
    Whether dim_product has something to write: a product that is not in it among the picked events, the first order of
    one whose category is open, or a catalogue that reads otherwise than its rows. Most runs have nothing, and this
    question costs a third of the merge that it saves.

    The marks stand in the rows, so that they move with a merge alone: after so many batches there is one in any case, or
    the question would grow with history.

    catalogue: the relation. hubs: name, accepted events, and what is picked of them.
#}
{% macro has_new_products(catalogue, hubs, batches_at_most=10) %}
    {%- if not execute or not is_incremental() -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set events = [] -%}
    {%- for hub, relation, picked in hubs if not picks_nothing(picked) -%}
        {%- if batches_in(picked) > batches_at_most -%}
            {{ return(true) }}
        {%- endif -%}
        {%- do events.append(
            'select product_id, ' ~ (hub == 'order') ~ ' as is_order from ' ~ relation ~ ' where ' ~ picked
        ) -%}
    {%- endfor -%}
    {%- set question -%}
        select 1
        from {{ catalogue }} as catalogue
        full outer join (select * from {{ this }} where not is_inferred) as listed
            on
                catalogue.product_id = listed.product_id
                and catalogue.product_name = listed.product_name
                and catalogue.list_price <=> listed.list_price
        where catalogue.product_id is null or listed.product_id is null
        {% if events -%}
            union all
            select 1
            from ({{ events | join(' union all ') }}) as events
            left anti join {{ this }} as known
                on
                    events.product_id = known.product_id
                    and (known.is_category_settled or not events.is_order)
        {%- endif %}
        limit 1
    {%- endset -%}
    {{ return(run_query(question).rows | length > 0) }}
{% endmacro %}
