-- One row for each word that has a sentiment by itself: VADER's, and the shop's own, which come first.
select
    word,
    valence
from {{ ref('shop_lexicon') }}
union all
select
    vader.word,
    vader.valence
from {{ ref('vader_lexicon') }} as vader
left anti join {{ ref('shop_lexicon') }} as shop on vader.word = shop.word
