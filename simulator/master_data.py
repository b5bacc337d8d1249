"""The master data that the shop sells and ships by: the catalogue, states and cities."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "dbt_project" / "seeds"
CITIES = ROOT / "simulator" / "data" / "us_cities.csv"


@dataclass(frozen=True)
class Product:
    """One product of the catalogue; prices in cents."""

    product_id: str
    product_name: str
    category: str
    list_price_cents: int
    appeal: float
    """Relative demand: how often it is looked at."""
    quality: float
    """From 0 to 1: how satisfied people are with it."""


@dataclass(frozen=True)
class City:
    """One city; coordinates in degrees, `weight` is its share of the U.S. population."""

    name: str
    state_code: str
    latitude: float
    longitude: float
    weight: float


def read_products() -> list[Product]:
    """The catalogue, from the seed that dbt loads too."""
    return [
        Product(
            product_id=row["product_id"],
            product_name=row["product_name"],
            category=row["category"],
            list_price_cents=round(float(row["list_price"]) * 100),
            appeal=float(row["appeal"]),
            quality=float(row["quality"]),
        )
        for row in _rows(SEEDS / "product_catalogue.csv")
    ]


def read_cities() -> list[City]:
    """The cities; each state weighs as much as its population, shared among its cities by theirs."""
    rows = list(_rows(CITIES))
    in_cities: dict[str, int] = {}
    for row in rows:
        in_cities[row["state_code"]] = in_cities.get(row["state_code"], 0) + int(row["population"])
    in_state = {row["state_code"]: int(row["population"]) for row in _rows(SEEDS / "us_states.csv")}
    nation = sum(in_state.values())
    return [
        City(
            name=row["city"],
            state_code=row["state_code"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            weight=in_state[row["state_code"]] / nation * int(row["population"]) / in_cities[row["state_code"]],
        )
        for row in rows
    ]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
