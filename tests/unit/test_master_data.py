"""What must hold of the master data that the simulator and dbt both read."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"
FILES = [
    SEEDS / "product_catalogue.csv",
    SEEDS / "us_states.csv",
    SEEDS / "us_state_aliases.csv",
    SEEDS / "country_aliases.csv",
    ROOT / "simulator" / "data" / "us_cities.csv",
]

# south, north, west, east, in degrees
LOWER_48 = (24.4, 49.4, -124.8, -66.9)
BOXES = {"AK": (51.0, 71.5, -180.0, -129.9), "HI": (18.9, 22.3, -160.3, -154.8)}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


PRODUCTS, STATES, STATE_ALIASES, COUNTRY_ALIASES, CITIES = map(read, FILES)
STATE_CODES = {row["state_code"] for row in STATES}


def squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def normal_form(text: str) -> str:
    return " ".join(text.upper().replace(".", "").split())


def test_there_are_forty_products_in_each_of_five_categories() -> None:
    assert Counter(row["category"] for row in PRODUCTS) == {
        "Electronics": 40,
        "Books": 40,
        "Clothing": 40,
        "Home Decor": 40,
        "Toys": 40,
    }


@pytest.mark.parametrize("column", ["product_id", "product_name"])
def test_products_are_unique_without_regard_to_case_and_spaces(column: str) -> None:
    values = [squeezed(row[column]) for row in PRODUCTS]
    assert len(set(values)) == len(values) == 200


def test_product_ids_carry_their_category() -> None:
    prefixes = {(row["product_id"][:5], row["category"]) for row in PRODUCTS}
    assert prefixes == {
        ("ELEC-", "Electronics"),
        ("BOOK-", "Books"),
        ("CLTH-", "Clothing"),
        ("HOME-", "Home Decor"),
        ("TOYS-", "Toys"),
    }
    assert all(re.fullmatch(r"[A-Z]{4}-\d{4}", row["product_id"]) for row in PRODUCTS)


def test_categories_are_in_title_case() -> None:
    assert [row for row in PRODUCTS if row["category"] != row["category"].title()] == []


def test_prices_are_positive_and_have_two_decimals() -> None:
    for row in PRODUCTS:
        assert re.fullmatch(r"\d+\.\d{2}", row["list_price"]), row
        assert float(row["list_price"]) > 0, row


def test_appeal_is_positive_and_quality_is_between_0_and_1() -> None:
    for row in PRODUCTS:
        assert float(row["appeal"]) > 0, row
        assert 0 <= float(row["quality"]) <= 1, row


def test_the_51_states_have_the_population_of_the_2020_census() -> None:
    assert len(STATES) == len(STATE_CODES) == 51
    assert sum(int(row["population"]) for row in STATES) == 331_449_281
    assert {row["population_year"] for row in STATES} == {"2020"}


def test_states_are_sorted_and_spread_over_the_four_census_regions() -> None:
    assert [row["state_code"] for row in STATES] == sorted(STATE_CODES)
    assert Counter(row["region"] for row in STATES) == {
        "Northeast": 9,
        "Midwest": 12,
        "South": 17,
        "West": 13,
    }


def test_every_state_alias_leads_to_a_known_state() -> None:
    assert [row for row in STATE_ALIASES if row["state_code"] not in STATE_CODES] == []


def test_every_state_is_found_by_its_code_and_by_its_name() -> None:
    found = {row["alias"]: row["state_code"] for row in STATE_ALIASES}
    for row in STATES:
        assert found[row["state_code"]] == row["state_code"]
        assert found[normal_form(row["state_name"])] == row["state_code"]


def test_every_country_alias_leads_to_the_usa() -> None:
    assert {row["country_code"] for row in COUNTRY_ALIASES} == {"USA"}


@pytest.mark.parametrize("rows", [STATE_ALIASES, COUNTRY_ALIASES])
def test_aliases_are_unique_and_in_normal_form(rows: list[dict[str, str]]) -> None:
    aliases = [row["alias"] for row in rows]
    assert [alias for alias in aliases if alias != normal_form(alias)] == []
    assert len(set(aliases)) == len(aliases)


def test_every_city_is_in_a_known_state_and_every_state_has_a_city() -> None:
    assert {row["state_code"] for row in CITIES} == STATE_CODES


def test_a_city_appears_once_in_its_state_and_has_people() -> None:
    pairs = [(squeezed(row["city"]), row["state_code"]) for row in CITIES]
    assert len(set(pairs)) == len(pairs)
    assert all(int(row["population"]) > 0 for row in CITIES)


def test_every_city_is_inside_the_united_states() -> None:
    for row in CITIES:
        south, north, west, east = BOXES.get(row["state_code"], LOWER_48)
        assert south <= float(row["latitude"]) <= north, row
        assert west <= float(row["longitude"]) <= east, row


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_files_are_plain_utf8_with_unix_line_ends(path: Path) -> None:
    text = path.read_bytes().decode("utf-8")
    assert "\r" not in text
    assert '"' not in text
    assert text.endswith("\n")
