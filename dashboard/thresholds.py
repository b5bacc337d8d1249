"""From where something counts: the variables of dbt_project.yml, so that dashboard and models have the same."""

from dataclasses import dataclass, fields
from functools import cache

import yaml

from sandbox.settings import ROOT


@dataclass(frozen=True)
class Thresholds:
    """The variables that the dashboard needs, by dbt's names; dbt_project.yml explains them."""

    conversion_window_days: int
    winner_minimum_journeys: int
    winner_lift: float
    vanity_index: float
    value_index: float
    risk_window_days: int
    risk_minimum_reviews: int
    low_average_rating: float


@cache
def thresholds() -> Thresholds:
    """What dbt_project.yml says. What is given to one dbt run by --vars is not in there."""
    variables = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    return Thresholds(**{field.name: variables[field.name] for field in fields(Thresholds)})
