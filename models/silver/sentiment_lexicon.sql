-- One row for each word that sounds good or bad by itself, or that changes how others sound: the shop's own words, then
-- VADER's.
with

shop as (
    select * from {{ ref('shop_lexicon') }}
),

vader as (
    select * from {{ ref('vader_lexicon') }}
),

sentiment_lexicon as (
    select
        word,
        valence,
        0D as boost,
        false as is_negation
    from shop
    union all
    select
        vader.word,
        vader.valence,
        vader.boost,
        vader.is_negation
    from vader
    left anti join shop on vader.word = shop.word
)

select * from sentiment_lexicon
