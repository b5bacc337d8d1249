-- One row for each kind of content through which shoppers come, and Unknown for orders that do not say.
{% set known = content_types() | join("', '") %}

with

names as (
    select explode(array('{{ known }}', 'Unknown')) as content_type
),

dim_content_type as (
    select
        content_type,
        content_type != 'Unknown' as is_known
    from names
)

select * from dim_content_type
