"""Who orders: returning customers with a home, and people elsewhere, made by faker."""

from faker import Faker
from faker.providers import BaseProvider

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
