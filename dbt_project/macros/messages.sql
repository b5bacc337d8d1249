{#
    What the models of every hub share: the verdict on each message, and the index of keys behind the messages.
#}


{#
    The picked messages with their verdict: first landed wins, whatever the content and the date. Rejected messages claim
    no key. Of a position that landed twice the first landing stands. Adds to the staging view's columns: verdict;
    duplicate_of, the position that counts. Keeps the body of rejected messages only.

    staged: the hub's staging view. key: the column that names its events. picked: which of its rows, a predicate. judged: a query of the keys of messages that have a verdict already, as `index_of_keys` gives them;
    none if there are no others than the picked ones.
#}
{% macro messages_with_verdict(staged, key, picked, judged=none) -%}
    with

    -- Bodies that nobody keeps go no further: they are most of what would be moved.
    messages as (
        select
            * except (body),
            if(size(reasons) > 0, body, null) as body,
            {{ key_hashes(key, 'size(reasons) = 0') }}
        from {{ staged }}
        where {{ picked }}
    ),

    {% if judged -%}

    -- Who had the picked keys before. A join without a condition on all keys: these are read row by row.
    first_owners as (
        select
            judged.key_hash,
            judged.key_check,
            min({{ place_in_line('judged') }}) as first
        from {{ judged }} as judged
        left semi join messages on judged.key_hash = messages.key_hash
        group by judged.key_hash, judged.key_check
    ),

    {%- endif %}

    -- Whoever has no key is alone with its landings. All landings of a position have its key: rows are moved and sorted
    -- once for both windows, if they are moved by what the second asks for.
    grouped as (
        select
            *,
            coalesce(key_hash, xxhash64(topic_generation, partition, offset)) as key_group
        from messages
        distribute by key_group, key_check
    ),

    landings as (
        select
            *,
            row_number() over (
                partition by key_group, key_check, topic_generation, partition, offset
                order by landed_batch
            ) as landing
        from grouped
    ),

    queued as (
        select
            *,
            min({{ place_in_line('landings') }}) over (partition by key_group, key_check) as first_picked
        from landings
        where landing = 1
    ),

    judged_messages as (
        select
            queued.*,
            {% if judged -%}
            least(queued.first_picked, first_owners.first) as first
            {%- else -%}
            queued.first_picked as first
            {%- endif %}
        from queued
        {% if judged -%}
        left join first_owners
            on queued.key_hash = first_owners.key_hash and queued.key_check = first_owners.key_check
        {%- endif %}
    ),

    verdicts as (
        select
            *,
            case
                when size(reasons) > 0 then 'rejected'
                when {{ place_in_line('judged_messages') }} = first then 'accepted'
                else 'duplicate'
            end as verdict
        from judged_messages
    )

    select
        * except (key_hash, key_check, key_group, landing, first_picked, first),
        if(
            verdict = 'duplicate',
            named_struct(
                'topic_generation', first.topic_generation,
                'partition', first.partition,
                'offset', first.offset
            ),
            null
        ) as duplicate_of
    from verdicts
{%- endmacro %}


{# A message's place in the line of those with the same key: who landed first is first. #}
{% macro place_in_line(messages) -%}
    struct({{ messages }}.landed_batch, {{ messages }}.partition, {{ messages }}.offset, {{ messages }}.topic_generation)
{%- endmacro %}


{# Two independent hashes of 64 bits: together they stand for the key itself. Null where none is claimed. #}
{% macro key_hashes(key, is_claimed) -%}
    if({{ is_claimed }}, xxhash64({{ key }}), null) as key_hash,
            if({{ is_claimed }}, xxhash64('check', {{ key }}), null) as key_check
{%- endmacro %}


{#
    The narrow index of a hub's messages: for each position the two hashes of its key, if it claims one.

    messages: the hub's table of messages. key: the column that names its events. picked: a predicate over it.
#}
{% macro index_of_keys(messages, key, picked) -%}
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        {{ key_hashes(key, "verdict != 'rejected'") }},
        processed_batch
    from {{ messages }}
    where {{ picked }}
{%- endmacro %}


{#
    The keys of all messages that the calling model has judged so far, as a query; none in a full refresh, or where nothing
    is new. From the index, and from the messages themselves where it has not reached them yet: it is built behind them,
    and by a run that leaves it out not at all. (So it can't be a `ref` here: dbt would see a circle. Whoever renames one,
    renames both.)

    index_name: the model that is the index. key: the column that names the events. arrived: as `arrivals` gives it.
#}
{% macro judged_keys(index_name, key, arrived) %}
    {%- if not execute or not is_incremental() or not arrived.is_new -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set index = load_relation(this.incorporate(path={'identifier': index_name})) -%}
    {%- set indexed = (highest(index, 'processed_batch') or 0) if index else 0 -%}
    {%- if not index or indexed > arrived.judged -%}
        {#- There is no index, or it is of messages that are no more. -#}
        {{ return('(' ~ index_of_keys(this, key, 'true') ~ ')') }}
    {%- endif -%}
    {%- if indexed == arrived.judged -%}
        {{ return(index) }}
    {%- endif -%}
    {%- set behind = index_of_keys(this, key, 'processed_batch > ' ~ indexed) -%}
    {%- set query -%}
        (
            {{ behind }}
            union all
            -- Who was judged again since is no longer what the index says.
            select indexed.*
            from {{ index }} as indexed
            left anti join ({{ behind }}) as again on {{ is_same_position('indexed', 'again') }}
        )
    {%- endset -%}
    {{ return(query) }}
{% endmacro %}


{# How far a delivery status is, from 1 on: it only moves forward. #}
{% macro status_rank(status) -%}
    array_position(array('Processing', 'Shipped', 'Delivered', 'Cancelled'), {{ status }})
{%- endmacro %}
