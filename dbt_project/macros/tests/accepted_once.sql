{#
    Whether each key of a hub was accepted once, by whatever run: fails once for each that was accepted again, and once if
    messages are missing in the index of keys.

    What this run accepted is looked up in the index, which is narrow; all rows are compared without it.

    model: the index of keys. messages: the hub's table of messages. key: the column that names its events.
#}
{% test accepted_once(model, messages, key) %}
{%- set written = rows_written(messages.identifier) if execute else 'true' -%}
{%- if written != 'false' -%}
with

accepted as (
    select
        *,
        {{ key_hashes(key, 'true') }}
    from {{ messages }}
    where verdict = 'accepted' and {{ written }}
),

{% if written == 'true' -%}
accepted_again as (
    select
        {{ key }} as key,
        count(*) as row_count
    from accepted
    group by {{ key }}
    having count(*) > 1
),
{%- else -%}
-- Other messages with the same key, whatever came of them: few, so that their verdicts are quickly looked up.
same_key as (
    select
        accepted.{{ key }} as key,
        indexed.topic_generation,
        indexed.partition,
        indexed.offset
    from {{ model }} as indexed
    inner join accepted
        on indexed.key_hash = accepted.key_hash and indexed.key_check = accepted.key_check
    where not ({{ is_same_position('indexed', 'accepted') }})
),

accepted_again as (
    select
        same_key.key,
        count(*) + 1 as row_count
    from same_key
    inner join {{ messages }} as messages on {{ is_same_position('same_key', 'messages') }}
    where messages.verdict = 'accepted'
    group by same_key.key
),
{%- endif %}

-- Messages that were judged since the index was built are no gap in it.
counted as (
    select
        (
            select count(*) from {{ messages }}
            where processed_batch <= (select max(processed_batch) from {{ model }})
        ) - (select count(*) from {{ model }}) as missing
)

select
    'accepted more than once' as rule,
    key,
    row_count
from accepted_again
union all
select
    'messages are missing in the index' as rule,
    null as key,
    missing as row_count
from counted
where missing > 0
{%- endif -%}
{% endtest %}
