"""The tables of a built shop, as the dashboard reads them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboard.gold import TABLES, Gold, gold_of, read_table
from tests.support.dashboard_server import CHROMIUM, Visitor, headless_chromium, served
from tests.support.silver_twin import SilverTwin


@pytest.fixture(scope="session")
def gold(shop_tables: Path) -> Gold:
    """Gold of that shop."""
    return gold_of({table: read_table(shop_tables, table) for table in TABLES})


@pytest.fixture(scope="session")
def silver(shop_tables: Path, gold: Gold) -> SilverTwin:
    """The same shop's measures from silver."""
    return SilverTwin(shop_tables, gold.as_of_date)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium")
    with headless_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def address(shop_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the dashboard of that shop is served."""
    with served(shop_tables, tmp_path_factory.mktemp("dashboard") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def tab(chromium: Browser, address: str) -> Iterator[Visitor]:
    """A tab at the dashboard of that shop; one for all tests, since a new one loads everything again."""
    visitor = Visitor(chromium, address)
    yield visitor.open()
    visitor.close()


@pytest.fixture
def desk(tab: Visitor) -> Iterator[Visitor]:
    """The tab as wide as a desk's screen; nothing in it may complain."""
    yield tab
    assert tab.complaints == []


@pytest.fixture
def phone(tab: Visitor) -> Iterator[Visitor]:
    """The tab as wide as a phone."""
    tab.page.set_viewport_size({"width": 400, "height": 900})
    yield tab
    tab.page.set_viewport_size({"width": 1280, "height": 900})
    assert tab.complaints == []
