{#
    What the models of every hub share: the verdict on each message, and the index of keys behind the messages.
#}


{#
    What moves a key of a hub on, in messages that come again under it: none where nothing does.

    version: a number as SQL that grows with it. happened_at: the column of the message's own time.
#}
{% macro updates_of(hub) %}
    {{ return({
        'orders': {'version': status_rank('delivery_status'), 'happened_at': 'ordered_at'},
        'reviews': {'version': 'unix_micros(reviewed_at)', 'happened_at': 'reviewed_at'},
    }.get(hub)) }}
{% endmacro %}


{#
    The picked messages with their verdict: first landed wins, whatever the content and the date. Of those that come again,
    an update is further than all that landed before it. Rejected messages claim no key. Of a position that landed twice
    the first landing stands. Adds to the staging view's columns: verdict; repeat_of, the position of the first with its
    key. Keeps the body of rejected messages only. Where there are updates, business_date becomes the first message's:
    whatever is said of a key stands in one partition.

    staged: the hub's staging view. key: the column that names its events. picked: which of its rows, a predicate. judged:
    a query of the keys of messages that have a verdict already, as `index_of_keys` gives them; none if there are no others
    than the picked ones. updates: as `updates_of` gives them.
#}
{% macro messages_with_verdict(staged, key, picked, judged=none, updates=none) -%}
    with

    -- Bodies that nobody keeps go no further: they are most of what would be moved.
    messages as (
        select
            * except (body),
            if(size(reasons) > 0, body, null) as body,
            {% if updates -%}
            {{ version_of(updates, 'size(reasons) = 0') }},
            {% endif -%}
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
            {% if updates -%}
            min_by(judged.business_date, {{ place_in_line('judged') }}) as first_date,
            max(judged.version) as version,
            {% endif -%}
            min({{ place_in_line('judged') }}) as first
        from {{ judged }} as judged
        left semi join messages on judged.key_hash = messages.key_hash
        group by judged.key_hash, judged.key_check
    ),

    {%- endif %}

    -- Whoever has no key is alone with its landings. All landings of a position have its key: rows are moved and sorted
    -- once for all windows, if they are moved by what the second asks for.
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
            {% if updates -%}
            min_by(business_date, {{ place_in_line('landings') }}) over (
                partition by key_group, key_check
            ) as first_picked_date,
            max(version) over (
                partition by key_group, key_check
                order by landed_batch, partition, offset, topic_generation
                rows between unbounded preceding and 1 preceding
            ) as version_before,
            {% endif -%}
            min({{ place_in_line('landings') }}) over (partition by key_group, key_check) as first_picked
        from landings
        where landing = 1
    ),

    judged_messages as (
        select
            queued.*,
            {% if judged and updates -%}
            coalesce(first_owners.first_date, queued.first_picked_date) as first_date,
            greatest(first_owners.version, queued.version_before) as version_so_far,
            {% elif updates -%}
            queued.first_picked_date as first_date,
            queued.version_before as version_so_far,
            {% endif -%}
            {{ 'coalesce(first_owners.first, queued.first_picked)' if judged else 'queued.first_picked' }} as first
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
                {% if updates -%}
                when version > version_so_far then 'update'
                {% endif -%}
                else 'duplicate'
            end as verdict
        from judged_messages
    )

    select
        {% if updates -%}
        * except (
            key_hash, key_check, key_group, landing, first_picked, first, business_date, first_picked_date, first_date,
            version, version_before, version_so_far
        ),
        first_date as business_date,
        {% else -%}
        * except (key_hash, key_check, key_group, landing, first_picked, first),
        {% endif -%}
        if(
            verdict in ('update', 'duplicate'),
            named_struct(
                'topic_generation', first.topic_generation,
                'partition', first.partition,
                'offset', first.offset
            ),
            null
        ) as repeat_of
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


{# How far a message is, as `updates_of` says. Null where it claims no key. #}
{% macro version_of(updates, is_claimed) -%}
    if({{ is_claimed }}, cast({{ updates.version }} as bigint), null) as version
{%- endmacro %}


{#
    The narrow index of a hub's messages: for each position the two hashes of its key, if it claims one; where there are
    updates, the date of the message itself too, and how far it is.

    messages: the hub's table of messages. key: the column that names its events. picked: a predicate over it. updates: as
    `updates_of` gives them.
#}
{% macro index_of_keys(messages, key, picked, updates=none) -%}
    select
        topic_generation,
        partition,
        offset,
        landed_batch,
        {{ key_hashes(key, "verdict != 'rejected'") }},
        {% if updates -%}
        {{ business_date(updates.happened_at) }} as business_date,
        {{ version_of(updates, "verdict != 'rejected'") }},
        {% endif -%}
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
    updates: as `updates_of` gives them.
#}
{% macro judged_keys(index_name, key, arrived, updates=none) %}
    {%- if not execute or not is_incremental() or not arrived.is_new -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set index = load_relation(this.incorporate(path={'identifier': index_name})) -%}
    {%- set indexed = (highest(index, 'processed_batch') or 0) if index else 0 -%}
    {%- if not index or indexed > arrived.judged -%}
        {#- There is no index, or it is of messages that are no more. -#}
        {{ return('(' ~ index_of_keys(this, key, 'true', updates) ~ ')') }}
    {%- endif -%}
    {%- if indexed == arrived.judged -%}
        {{ return(index) }}
    {%- endif -%}
    {%- set behind = index_of_keys(this, key, 'processed_batch > ' ~ indexed, updates) -%}
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


{# How far a delivery status is, from 1 on: it only moves forward. Null for none that is known. #}
{% macro status_rank(status) -%}
    nullif(array_position({{ delivery_statuses() }}, {{ status }}), 0)
{%- endmacro %}


{# The statuses in the order in which a line can have them, as an array. #}
{% macro delivery_statuses() -%}
    array('Processing', 'Shipped', 'Delivered', 'Returned', 'Cancelled')
{%- endmacro %}


{#
    The dates on which an edited review stands or stood, as a query: those of all its versions.

    messages: the hub's table of messages. arrived: as `arrivals` gives it.
#}
{% macro dates_of_edited_reviews(messages, arrived) %}
    {%- if is_incremental() and arrived.is_new -%}
        {%- set edited = "from " ~ messages ~ " where verdict = 'update' and " ~ arrived.new -%}
        select {{ business_date('reviewed_at') }} as touched
        from {{ messages }}
        where
            verdict in ('accepted', 'update')
            and business_date in (select business_date {{ edited }})
            and review_id in (select review_id {{ edited }})
    {%- endif -%}
{% endmacro %}
