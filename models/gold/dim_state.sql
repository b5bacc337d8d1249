-- One row for each state and the District of Columbia.
select
    state_code,
    state_name,
    region,
    population
from {{ ref('us_states') }}
