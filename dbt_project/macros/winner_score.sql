{#
    Winner Score: the lower bound of the 95 % Wilson score interval of a share (Wilson 1927), z = 1.96; null below
    `winner_minimum_journeys`. A product with few journeys can't win by luck.

    successes, trials: expressions of whole numbers.
#}
{% macro winner_score(successes, trials) -%}
    {%- set z = 1.96 -%}
    {%- set share = '(' ~ successes ~ ' / ' ~ trials ~ ')' -%}
    if(
        {{ trials }} >= {{ var('winner_minimum_journeys') }},
        (
            {{ share }} + {{ z * z / 2 }} / {{ trials }}
            - {{ z }} * sqrt({{ share }} * (1 - {{ share }}) / {{ trials }} + {{ z * z / 4 }} / ({{ trials }} * {{ trials }}))
        ) / (1 + {{ z * z }} / {{ trials }}),
        null
    )
{%- endmacro %}
