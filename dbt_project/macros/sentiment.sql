{#
    VADER, a rule-based judgement of sentiment, as SQL: C.J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based
    Model for Sentiment Analysis of Social Media Text", ICWSM 2014. The constants are those of the authors'
    Python package, vaderSentiment 3.3.2 (MIT), as are the lists of words, which the seed vader_lexicon holds, and the
    oddities: a test holds the two together.

    The model `reviews` reads like the method: a text becomes words; each word of the lexicon has a valence; what
    stands up to three words before it makes that weigh more, less or the opposite; the sum becomes the score. Here
    are the rules that it names. In all of them `before_1` is the word just before, `before_2` the one before that.
#}


{# What Python's str.split() takes as white space beside the space, as the inside of a character class. #}
{% macro other_white_space() -%}
    \\t-\\r\\x1C-\\x1F\\x85\\xA0\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}
{%- endmacro %}


{# The characters among which all emoji of the seed vader_emoji are, as a pattern. #}
{% macro emoji_pattern() -%}
    '[\\x{A9}\\x{AE}\\x{203C}-\\x{3299}\\x{1F004}-\\x{1F9FF}]'
{%- endmacro %}


{# Whether a text has nothing but ASCII characters; cheap, and true of most. #}
{% macro is_ascii(text) -%}
    length({{ text }}) = octet_length({{ text }})
{%- endmacro %}


{# A text in which each emoji that is known by name stands as its name, a space before it. #}
{% macro with_emoji_named(text, names) -%}
    if(
        {{ is_ascii(text) }} or not {{ text }} rlike {{ emoji_pattern() }},
        {{ text }},
        aggregate(
            array_distinct(regexp_extract_all({{ text }}, {{ emoji_pattern() }}, 0)),
            {{ text }},
            (text, emoji) -> replace(text, emoji, coalesce(concat(' ', try_element_at({{ names }}, emoji)), emoji))
        )
    )
{%- endmacro %}


{# A text with one space between its words and none around them. Most texts are so, and are looked at only. #}
{% macro single_spaced(text) -%}
    if(
        {{ is_ascii(text) }}
        and not contains({{ text }}, '  ')
        and not startswith({{ text }}, ' ')
        and not endswith({{ text }}, ' ')
        and not {{ text }} rlike '[\\t-\\x1F]',
        {{ text }},
        btrim(regexp_replace({{ text }}, '[ {{ other_white_space() }}]+', ' '))
    )
{%- endmacro %}


{#
    A word without the punctuation around it. What has two characters or fewer without it stays as it is: an emoticon,
    most likely.
#}
{% macro bare(word) -%}
    {%- set punctuation = "'!\"#$%&\\'()*+,-./:;<=>?@[\\\\]^_`{|}~'" -%}
    {%- set stripped = "trim(both " ~ punctuation ~ " from " ~ word ~ ")" -%}
    if(length({{ stripped }}) <= 2, {{ word }}, {{ stripped }})
{%- endmacro %}


{# Whether a word is written in capitals: it has some, and no small letter, in whatever script. #}
{% macro is_shouted(word) -%}
    ({{ word }} rlike '\\p{IsUppercase}' and not {{ word }} rlike '[\\p{IsLowercase}\\p{Lt}]')
{%- endmacro %}


{#
    Whether some words of a single-spaced text are in capitals, and some are not. In linear time for any text: each part
    of the pattern takes what it can and gives nothing back.
#}
{% macro is_partly_shouted(text) -%}
    {%- set small = '\\\\p{IsLowercase}\\\\p{Lt}' -%}
    (
        {{ text }} rlike '(?<![^ ])[^ {{ small }}\\p{IsUppercase}]*+\\p{IsUppercase}[^ {{ small }}]*+(?![^ ])'
        and {{ text }} rlike '[{{ small }}]|(?<![^ ])[^ \\p{IsUppercase}]++(?![^ ])'
    )
{%- endmacro %}


{#
    The lexicon's valence of a word, before anything around it is heard. "no" before a word of the lexicon has none of
    its own, and turns that word; it does so from two words away, and from three across "or" and "nor".
#}
{% macro valence_beside_no() -%}
    case
        when before_1 = 'no' or before_2 = 'no' or (before_3 = 'no' and before_1 in ('or', 'nor'))
            then valence * -0.74D
        when word = 'no' and next_1_is_known then 0D
        else valence
    end
{%- endmacro %}


{# A word in capitals weighs more, if not the whole text is in capitals. #}
{% macro emphasised_by_capitals(weight) -%}
    {{ weight }} + if({{ is_shouted('token') }} and text_is_partly_shouted, if({{ weight }} > 0, 0.733D, -0.733D), 0D)
{%- endmacro %}


{#
    How much the word so many places before strengthens what follows, below 0 how much it weakens it; 0 for most words.
    Words that have a valence of their own have 0 there. From further away it is heard less: see heard_after.
#}
{% macro boost_of(distance) -%}
    coalesce(lexicon_{{ distance }}.boost, 0D)
{%- endmacro %}


{# What the word so many places before multiplies with: a negation turns, "never so" strengthens, most do nothing. #}
{% macro turn_of(distance) -%}
    if(
        before_{{ distance }}_is_heard,
        case
            {% if distance == 2 -%}
            when before_2 = 'never' and before_1 in ('so', 'this') then 1.25D
            when before_2 = 'without' and before_1 = 'doubt' then 1D
            {% elif distance == 3 -%}
            when (before_3 = 'never' and before_2 in ('so', 'this')) or before_1 in ('so', 'this') then 1.25D
            when before_3 = 'without' and (before_2 = 'doubt' or before_1 = 'doubt') then 1D
            {% endif -%}
            when before_{{ distance }}_is_negation or contains(before_{{ distance }}, 'n\'t') then -0.74D
            else 1D
        end,
        1D
    )
{%- endmacro %}


{# A weight with the word so many places before it: first boosted, then turned. A booster in capitals does more. #}
{% macro heard_after(distance, weight) -%}
    (
        {{ weight }}
        + (
            if({{ weight }} < 0, -1D, 1D) * boost_{{ distance }}
            + if({{ weight }} > 0, 1D, -1D)
            * if(boost_{{ distance }} <> 0 and {{ is_shouted('token_before_' ~ distance) }} and text_is_partly_shouted, 0.733D, 0D)
        ) * {{ ('1D', '0.95D', '0.9D')[distance - 1] }}
    ) * {{ turn_of(distance) }}
{%- endmacro %}


{#
    What an idiom of which the word is a part weighs instead of the word; null without one. If there are several, the
    first of these stands. Phrases are put together only beside a word that some idiom has.
#}
{% macro idiom_around() -%}
    if(
        word in {{ words_of_idioms() }} or before_1 in {{ words_of_idioms() }} or before_2 in {{ words_of_idioms() }},
        get(
            filter(
                transform(
                    array(
                        concat(word, ' ', next_1, ' ', next_2),
                        concat(word, ' ', next_1),
                        concat(before_1, ' ', word),
                        concat(before_2, ' ', before_1, ' ', word),
                        concat(before_2, ' ', before_1),
                        concat(before_3, ' ', before_2, ' ', before_1),
                        concat(before_3, ' ', before_2)
                    ),
                    phrase -> try_element_at(
                        map(
                            'the shit', 3D, 'the bomb', 3D, 'bad ass', 1.5D, 'bus stop', 0D, 'yeah right', -2D,
                            'kiss of death', -1.5D, 'to die for', 3D, 'beating heart', 3.5D
                        ),
                        phrase
                    )
                ),
                idiom -> idiom is not null
            ),
            0
        ),
        null
    )
{%- endmacro %}


{# The first and the last words of the idioms, but for "the" and "to". #}
{% macro words_of_idioms() -%}
    (
        'shit', 'bomb', 'bad', 'ass', 'bus', 'stop', 'yeah', 'right', 'kiss', 'death', 'die', 'for', 'beating', 'heart'
    )
{%- endmacro %}


{# "kind of" and its like, one or two places before: how often. #}
{% macro count_of_kind_of() -%}
    (
        if(concat(before_3, ' ', before_2) in ('just enough', 'kind of', 'sort of'), 1, 0)
        + if(concat(before_2, ' ', before_1) in ('just enough', 'kind of', 'sort of'), 1, 0)
    )
{%- endmacro %}


{# "least" before a word turns it, but "at least" and "very least" do not. #}
{% macro turn_of_least() -%}
    if(before_1_is_heard and before_1 = 'least' and coalesce(before_2 not in ('at', 'very'), true), -0.74D, 1D)
{%- endmacro %}


{#
    The weights of a text's words, in order: what comes after the first "but" counts half as much again, what comes
    before it half. The reference has an oddity that is kept: where a weight after "but" equals a halved one before it,
    that is halved once more, and this stays as it is.

    halved: the weights before "but", halved already. after: those after it.
#}
{% macro shifted_by_but(halved, after) -%}
    if(
        arrays_overlap({{ halved }}, {{ after }}),
        aggregate(
            {{ after }},
            struct({{ halved }} as halved, cast(array() as array<double>) as shifted),
            (so_far, weight) -> if(
                array_contains(so_far.halved, weight),
                struct(
                    transform(
                        so_far.halved,
                        (w, i) -> if(i = array_position(so_far.halved, weight) - 1, w * 0.5D, w)
                    ) as halved,
                    array_append(so_far.shifted, weight) as shifted
                ),
                struct(so_far.halved as halved, array_append(so_far.shifted, weight * 1.5D) as shifted)
            ),
            so_far -> concat(so_far.halved, so_far.shifted)
        ),
        concat({{ halved }}, transform({{ after }}, weight -> weight * 1.5D))
    )
{%- endmacro %}


{# What a text's exclamation marks add to its sum, away from zero: up to four are heard. #}
{% macro emphasis_of_exclamation_marks(text) -%}
    least(length({{ text }}) - length(replace({{ text }}, '!', '')), 4) * 0.292D
{%- endmacro %}


{# What a text's question marks add to its sum, away from zero: one alone just asks. #}
{% macro emphasis_of_question_marks(text) -%}
    {%- set count = "(length(" ~ text ~ ") - length(replace(" ~ text ~ ", '?', '')))" -%}
    case when {{ count }} > 3 then 0.96D when {{ count }} > 1 then {{ count }} * 0.18D else 0D end
{%- endmacro %}


{# A sum of weights as a score between -1 and 1. #}
{% macro normalised(total) -%}
    cast(round({{ total }} / sqrt({{ total }} * {{ total }} + 15D), 4) as decimal(5, 4))
{%- endmacro %}


{# The three buckets of scores. #}
{% macro sentiment_bucket(score) -%}
    case when {{ score }} >= 0.05 then 'Positive' when {{ score }} <= -0.05 then 'Negative' else 'Neutral' end
{%- endmacro %}
