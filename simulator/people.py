"""Who shops: returning shoppers with a home, and people elsewhere, made by faker."""

from dataclasses import dataclass

import numpy as np
from faker import Faker
from faker.providers import BaseProvider
from numpy.typing import NDArray

from simulator.master_data import City, read_cities
from simulator.rhythm import shares

ELSEWHERE = {"en_CA": "Canada", "en_GB": "United Kingdom", "de_DE": "Germany", "en_AU": "Australia"}
"""Faker's locales for addresses outside the U.S., and what an order from there says as its country."""


class ShopProvider(BaseProvider):
    """Faker's words for this shop."""

    def customer_id(self) -> str:
        """Such as C-48213077."""
        return self.numerify("C-########")

    def no_state(self) -> str:
        """What gets typed where a state belongs."""
        return str(self.random_element(("ZZ", "XX", "N/A", "Puerto Rico", "Ontario", "Unknown", "12345", "")))


@dataclass(frozen=True)
class Shoppers:
    """People who come again and again, as columns of equal length."""

    ids: list[str]
    homes: list[City]
    shares: NDArray[np.float64]
    """Of all sessions: some come much more often than others."""
    strictness: NDArray[np.float64]
    """What each adds to the stars of any product; below 0: hard to please."""
    utc_offset_hours: NDArray[np.int64]
    """Of the solar clock at home: near enough to the local one for a rhythm."""


def make_shoppers(seed: int, count: int) -> Shoppers:
    """`count` shoppers, the same for the same seed, living where people live."""
    random = np.random.default_rng([seed, 1])
    fake = shop_faker(seed)
    cities = read_cities()
    homes = [cities[home] for home in random.choice(len(cities), size=count, p=shares([c.weight for c in cities]))]
    return Shoppers(
        ids=[fake.unique.customer_id() for _ in range(count)],
        homes=homes,
        shares=shares(random.pareto(2.5, count) + 0.3),
        strictness=random.normal(0, 0.4, count),
        utc_offset_hours=np.array([round(home.longitude / 15) for home in homes]),
    )


def shop_faker(seed: int) -> Faker:
    """A faker of U.S. customers that repeats itself for a seed."""
    fake = Faker("en_US")
    fake.add_provider(ShopProvider)
    fake.seed_instance(seed)
    return fake


def addresses_elsewhere(seed: int, count: int) -> list[tuple[str, str, str]]:
    """City, state and country of `count` addresses outside the U.S."""
    fakers = []
    for locale, country in ELSEWHERE.items():
        fake = Faker(locale)
        fake.seed_instance(seed)
        fakers.append((fake, country))
    return [
        (fake.city(), fake.administrative_unit() if hasattr(fake, "administrative_unit") else fake.county(), country)
        for fake, country in (fakers[n % len(fakers)] for n in range(count))
    ]
