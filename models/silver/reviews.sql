-- One row for each review as it was last edited, with how its text sounds and the words that made it sound so: VADER's
-- method, whose rules are the macros of dbt_project/macros/sentiment.sql.
{{ config(
    materialized='incremental',
    unique_key='review_id',
    partition_by='business_date',
) }}
{% set arrived = arrivals(ref('review_messages'), mark='message_batch') %}
{% set dates = touched_dates(
    arrived,
    expression="if(verdict in ('accepted', 'update'), business_date, null)",
    also=dates_of_edited_reviews(ref('review_messages'), arrived)
) %}

with

versions as (
    select * from {{ ref('review_messages') }}
    where verdict in ('accepted', 'update') and {{ dates }} and {{ arrived.so_far }}
),

touched as (
    select distinct review_id from versions
    where {{ arrived.new }}
),

-- All that was said under a review's id stands on the date of what was said first.
numbered as (
    select
        versions.* except (business_date, processed_batch),
        {{ business_date('versions.reviewed_at') }} as business_date,
        row_number() over (partition by versions.review_id order by versions.reviewed_at desc) as age,
        array_sort(
            collect_set({{ business_date('versions.reviewed_at') }}) over (partition by versions.review_id)
        ) as review_dates,
        max(versions.processed_batch) over (partition by versions.review_id) as message_batch
    from versions
    left semi join touched on versions.review_id = touched.review_id
),

messages as (
    select * from numbered
    where age = 1
),

lexicon as (
    select * from {{ ref('sentiment_lexicon') }}
),

named_emoji as (
    select map_from_entries(collect_list(struct(emoji, description))) as names
    from {{ ref('vader_emoji') }}
),

-- Emoji are read as what they show: "grinning face".
texts as (
    select
        review_id,
        (select named_emoji.names from named_emoji) as names,
        {{ with_emoji_named('review_text', 'names') }} as named_text,
        {{ single_spaced('named_text') }} as text
    from messages
    where review_text is not null
),

-- (`outer`: else Spark splits each text twice, the first time to see whether there is anything to explode.)
tokens as (
    select
        split_texts.*,
        position,
        {{ bare('token') }} as token
    from (
        select
            review_id,
            {{ emphasis_of_exclamation_marks('text') }} as of_exclamation_marks,
            {{ emphasis_of_question_marks('text') }} as of_question_marks,
            {{ is_partly_shouted('text') }} as text_is_partly_shouted,
            split(text, ' ') as words
        from texts
    ) as split_texts lateral view outer posexplode(words) as position, token
),

-- "but" is among them: it has no valence, and shifts the weight of all others.
known_words as (
    select /*+ broadcast(lexicon) */
        tokens.*,
        lexicon.word,
        lexicon.valence,
        {{ bare('get(tokens.words, tokens.position - 1)') }} as token_before_1,
        {{ bare('get(tokens.words, tokens.position - 2)') }} as token_before_2,
        {{ bare('get(tokens.words, tokens.position - 3)') }} as token_before_3,
        lower(token_before_1) as before_1,
        lower(token_before_2) as before_2,
        lower(token_before_3) as before_3,
        lower({{ bare('get(tokens.words, tokens.position + 1)') }}) as next_1,
        lower({{ bare('get(tokens.words, tokens.position + 2)') }}) as next_2
    from tokens
    inner join lexicon on lower(tokens.token) = lexicon.word
    where lexicon.valence is not null or lexicon.word = 'but'
),

words_with_surroundings as (
    select /*+ broadcast(lexicon_1, lexicon_2, lexicon_3, lexicon_next) */
        known_words.* except (words),
        known_words.before_1 is not null and lexicon_1.valence is null as before_1_is_heard,
        known_words.before_2 is not null and lexicon_2.valence is null as before_2_is_heard,
        known_words.before_3 is not null and lexicon_3.valence is null as before_3_is_heard,
        {{ boost_of(1) }} as boost_1,
        {{ boost_of(2) }} as boost_2,
        {{ boost_of(3) }} as boost_3,
        coalesce(lexicon_1.is_negation, false) as before_1_is_negation,
        coalesce(lexicon_2.is_negation, false) as before_2_is_negation,
        coalesce(lexicon_3.is_negation, false) as before_3_is_negation,
        lexicon_next.valence is not null as next_1_is_known
    from known_words
    left join lexicon as lexicon_1 on known_words.before_1 = lexicon_1.word
    left join lexicon as lexicon_2 on known_words.before_2 = lexicon_2.word
    left join lexicon as lexicon_3 on known_words.before_3 = lexicon_3.word
    left join lexicon as lexicon_next on known_words.next_1 = lexicon_next.word
    -- The "kind" of "kind of" is no kindness.
    where known_words.word != 'kind' or known_words.next_1 is distinct from 'of'
),

weighed_words as (
    select
        review_id,
        of_exclamation_marks,
        of_question_marks,
        position,
        word,
        {{ valence_beside_no() }} as valence_here,
        {{ emphasised_by_capitals('valence_here') }} as weight_alone,
        {{ heard_after(1, 'weight_alone') }} as weight_after_1,
        {{ heard_after(2, 'weight_after_1') }} as weight_after_2,
        {{ heard_after(3, 'weight_after_2') }} as weight_after_3,
        if(
            before_3_is_heard,
            coalesce({{ idiom_around() }}, weight_after_3) - 0.293D * {{ count_of_kind_of() }},
            weight_after_3
        ) as weight_in_phrase,
        weight_in_phrase * {{ turn_of_least() }} as weight
    from words_with_surroundings
),

weighed_texts as (
    select
        review_id,
        of_exclamation_marks,
        of_question_marks,
        min(if(word = 'but', position, null)) as but_at,
        sort_array(collect_list(struct(position, word, weight)) filter (where word != 'but')) as words
    from weighed_words
    group by review_id, of_exclamation_marks, of_question_marks
),

shifted_texts as (
    select
        review_id,
        of_exclamation_marks,
        of_question_marks,
        words,
        transform(filter(words, word -> word.position < but_at), word -> word.weight * 0.5D) as halved,
        transform(filter(words, word -> word.position > but_at), word -> word.weight) as after_but,
        if(
            but_at is null, transform(words, word -> word.weight), {{ shifted_by_but('halved', 'after_but') }}
        ) as weights,
        aggregate(weights, 0D, (sum, weight) -> sum + weight) as total
    from weighed_texts
),

scored_texts as (
    select
        review_id,
        sign(total) as direction,
        {{ normalised('(total + direction * (of_exclamation_marks + of_question_marks))') }} as score,
        filter(
            concat(
                transform(words, (word, i) -> struct(word.word, round(weights[i], 4) as weight)),
                array(
                    struct('!' as word, round(direction * of_exclamation_marks, 4) as weight),
                    struct('?' as word, round(direction * of_question_marks, 4) as weight)
                )
            ),
            word -> word.weight != 0
        ) as words
    from shifted_texts
),

reviews as (
    select
        messages.review_id,
        messages.reviewed_at,
        messages.business_date,
        -- Where it may have stood before it was edited: gold touches them all.
        messages.review_dates,
        messages.order_id,
        messages.customer_id,
        messages.product_id,
        messages.rating,
        messages.review_text,
        messages.state_code,
        coalesce(scored_texts.score, cast(0 as decimal(5, 4))) as sentiment_score,
        {{ sentiment_bucket('sentiment_score') }} as sentiment_bucket,
        coalesce(scored_texts.words, array()) as sentiment_words,
        messages.topic_generation,
        messages.partition,
        messages.offset,
        messages.landed_batch,
        messages.enqueued_at,
        messages.ingested_at,
        messages.message_batch,
        {{ arrived.number }} as processed_batch
    from messages
    left join scored_texts on messages.review_id = scored_texts.review_id
)

select * from reviews
