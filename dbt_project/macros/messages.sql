{#
    What the models of every hub share: the index of keys, and the verdict on each message.
#}


{#
    The narrow index of a hub: for each landed position of the picked messages the two hashes of its key. Rejected
    messages claim no key; of a position that was landed twice the first landing stands.

    staged: the hub's staging view. key: the column that names its events. picked: as `pick` gives it.
#}
{% macro index_of_keys(staged, key, picked) -%}
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        -- Two independent hashes of 64 bits: together they stand for the key itself.
        if({{ key }} is null, null, xxhash64({{ key }})) as key_hash,
        if({{ key }} is null, null, xxhash64('check', {{ key }})) as key_check
    from (
        select
            topic_generation,
            partition,
            offset,
            landed_batch,
            if(size(reasons) > 0, null, {{ key }}) as {{ key }},
            row_number() over (
                partition by topic_generation, partition, offset
                order by landed_batch
            ) as landing
        from {{ staged }}
        where {{ picked }}
    ) as landings
    where landing = 1
{%- endmacro %}


{#
    The picked messages with their verdict: first landed wins, whatever the content and the date. A position that was
    read again is left out. Adds to the staging view's columns: verdict; duplicate_of, the position that counts. Keeps the
    body of rejected messages only.

    staged: the hub's staging view. keys: its index. picked: as `pick` gives it for the index, or any predicate over
    positions. is_part: whether there are other messages than these; by default as the model runs.
#}
{% macro messages_with_verdict(staged, keys, picked, is_part=none) -%}
    with

    messages as (
        select * from {{ staged }}
        where {{ picked }}
    ),

    keys as (
        select * from {{ keys }}
    ),

    {% if is_part or (is_part is none and is_incremental()) -%}

    picked_keys as (
        select * from keys
        where {{ picked }}
    ),

    -- All that ever had one of the picked keys. A join without a condition on the whole index: that is read row by row.
    known_keys as (
        select keys.*
        from keys
        left semi join picked_keys on keys.key_hash = picked_keys.key_hash
        union all
        select * from picked_keys
        where key_hash is null
    ),

    {%- else -%}

    known_keys as (
        select * from keys
    ),

    {%- endif %}

    owners as (
        select
            *,
            min(struct(landed_batch, partition, offset, topic_generation)) over (
                partition by key_hash, key_check
            ) as first
        from known_keys
    ),

    landings as (
        select
            *,
            struct(landed_batch, partition, offset, topic_generation) = first as is_first
        from owners
    ),

    judged as (
        select
            messages.*,
            landings.first,
            case
                when size(messages.reasons) > 0 then 'rejected'
                when landings.is_first then 'accepted'
                else 'duplicate'
            end as verdict
        from messages
        -- The index has the first landing of each position: a position read again finds none with its batch.
        inner join landings
            on
                messages.topic_generation = landings.topic_generation
                and messages.partition = landings.partition
                and messages.offset = landings.offset
                and messages.landed_batch = landings.landed_batch
    )

    select
        * except (first, body),
        if(verdict = 'rejected', body, null) as body,
        if(
            verdict = 'duplicate',
            named_struct(
                'topic_generation', first.topic_generation,
                'partition', first.partition,
                'offset', first.offset
            ),
            null
        ) as duplicate_of
    from judged
{%- endmacro %}


{# What an order comes to, never what it says it comes to; a rejected one may hold any price. #}
{% macro order_total() -%}
    try_cast(price * quantity as decimal(18, 2))
{%- endmacro %}
