"""Shops that are not as the demo's: names that bite, next to no data, none at all, and one that grows."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from playwright.sync_api import Browser, expect

from dashboard.charts.look import LONGEST_LABEL
from dashboard.gold import TABLES
from ingestion.printable import printable
from tests.browser.test_pages import VISUALS
from tests.support.dashboard_server import Visitor, served
from tests.support.shop_copies import read_gold, renamed, with_column, write_gold

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</p></h2><script>alert(2)</script><style>*{display:none}</style>",
    "**bold** _thin_ :red[red] $x^2$ `code` :smile: :material/home: -> <b>b</b>",
    "![i](https://elsewhere.invalid/i.png) [go](https://elsewhere.invalid) https://elsewhere.invalid/",
    "<a href='javascript:alert(3)'>a</a> &amp; &lt;b&gt; %{x} <extra>e</extra>",
    "\u202egnp.exe\u202c \x1b[31mred\x00",
    "LONG " * 200,
)
PRODUCT_LABELS = ":is(.st-key-visual_winning_products, .st-key-visual_product_months) .yaxislayer-above text"
CATEGORY = "<img src=y onerror=alert(4)> **Books** :smile: $y$"


@pytest.fixture(scope="module")
def tables(shop_tables: Path) -> dict[str, pa.Table]:
    """The shop's last ten days."""
    tables = read_gold(shop_tables)
    (day,) = tables["as_of"]["as_of_date"].to_pylist()
    return {
        name: table.filter(pc.greater(table["business_date"], day - timedelta(days=10)))
        if name.startswith("fct_")
        else table
        for name, table in tables.items()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse folder, in which each test puts a shop of its own."""
    return tmp_path_factory.mktemp("warehouse")


@pytest.fixture(scope="module")
def other_tab(chromium: Browser, folder: Path) -> Iterator[Visitor]:
    with served(folder, folder / "log") as address:
        visitor = Visitor(chromium, address)
        yield visitor
        visitor.close()


@pytest.fixture
def visitor(other_tab: Visitor, folder: Path) -> Iterator[Visitor]:
    """A tab at the dashboard of that folder, which is empty at first; nothing in it may complain."""
    shutil.rmtree(folder / "gold.db", ignore_errors=True)
    yield other_tab
    assert other_tab.complaints == []


@pytest.fixture(scope="module")
def hostile_names(tables: dict[str, pa.Table]) -> dict[str, str]:
    """A hostile name for each product, by id."""
    ids = tables["dim_product"]["product_id"].to_pylist()
    return {product: f"{HOSTILE[i % len(HOSTILE)]} {product}" for i, product in enumerate(ids)}


@pytest.fixture(scope="module")
def hostile_tables(tables: dict[str, pa.Table], hostile_names: dict[str, str]) -> dict[str, pa.Table]:
    changed = dict(tables)
    ids = tables["dim_product"]["product_id"].to_pylist()
    changed["dim_product"] = with_column(changed["dim_product"], "product_name", [hostile_names[it] for it in ids])
    for table in ("dim_product", "dim_category", "fct_sales_by_state_minute"):
        changed[table] = renamed(changed[table], "category", {"Books": CATEGORY})
    return changed


def as_shown(name: str, longest: int = 120) -> str:
    """A name as the page writes it: cut, and with nothing in it that acts."""
    cut = name if len(name) <= longest else f"{name[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
    return " ".join(printable(cut).split())


def test_hostile_names_are_shown_as_text(
    visitor: Visitor, folder: Path, hostile_tables: dict[str, pa.Table], hostile_names: dict[str, str]
) -> None:
    write_gold(folder, hostile_tables)
    visitor.open()
    names = {as_shown(name) for name in hostile_names.values()}
    labels = {as_shown(name, LONGEST_LABEL) for name in hostile_names.values()}
    seen: set[str] = set()
    labelled = 0
    for page in VISUALS:
        visitor.turn_to(page)
        for cell in visitor.page.locator("td:first-child").all():
            text = " ".join((cell.text_content() or "").split())
            if any(text.endswith(product) for product in hostile_names) or "LONG" in text:
                assert text in names
                seen.add(text)
        charts = visitor.page.locator("[data-testid=stPlotlyChart]")
        if charts.count():
            charts.last.hover()
        for label in visitor.page.locator(PRODUCT_LABELS).all():
            assert " ".join((label.text_content() or "").split()) in labels
            labelled += 1
        # Nothing that a name asked for is there: no picture, link, script, formula or bold text in it.
        assert visitor.page.locator("[data-testid=stMain] :is(img, script, .katex, a[href], extra)").count() == 0
        expect(visitor.page.locator("[data-testid=stException]")).to_have_count(0)
    assert labelled > 10
    # Each kind of hostile name was looked at.
    assert len({hostile[:5] for hostile in HOSTILE for text in seen if text.startswith(as_shown(hostile)[:5])}) >= 6

    visitor.turn_to("Conversion Analysis").choose("Categories", CATEGORY)
    expect(visitor.page.locator("header.page p")).to_contain_text(CATEGORY)
    visitor.wait()
    assert CATEGORY in visitor.page.locator(".st-key-visual_drop_off_by_category h2").inner_text()
    expect(visitor.page.locator("[data-testid=stSidebar]")).to_contain_text(CATEGORY)
    assert visitor.page.locator("img[src=y]").count() == 0


def one_day_in_one_state(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """What is left of the shop on its latest day, in California."""
    (day,) = tables["as_of"]["as_of_date"].to_pylist()
    small = dict(tables)
    for name in TABLES:
        if name.startswith("fct_"):
            here = pc.and_(pc.equal(tables[name]["business_date"], day), pc.equal(tables[name]["state_code"], "CA"))
            small[name] = tables[name].filter(here)
    small["products_at_risk"] = tables["products_at_risk"].slice(0, 0)
    return small


def test_a_shop_that_is_not_there_yet_appears_by_itself(
    visitor: Visitor, folder: Path, tables: dict[str, pa.Table]
) -> None:
    """From no tables to empty ones to one day in one state to new orders, all while somebody looks."""
    small = one_day_in_one_state(tables)
    visitor.page.goto(visitor.address)
    header = visitor.page.locator("header.page h1")
    expect(header).to_have_text("No shop to look at yet")
    expect(visitor.page.locator("[data-testid=stMain]")).to_contain_text("make demo")
    expect(visitor.page.locator(".note")).to_contain_text("gold.as_of")

    write_gold(folder, {name: table.slice(0, 0) for name, table in tables.items()})
    expect(visitor.page.locator(".note")).to_contain_text("no event has reached gold yet")

    write_gold(folder, small)
    expect(header).to_have_text("Executive Overview")
    visitor.wait()
    lines = small["fct_order_lines"]
    revenue = sum(lines["total_amount"].to_pylist())
    assert visitor.cards()["Revenue"] == f"${round(revenue):,}"
    assert visitor.changes() == {}
    draw_all(visitor)

    doubled = [2 * value for value in lines["total_amount"].to_pylist()]
    write_gold(folder, {"fct_order_lines": with_column(lines, "total_amount", doubled)})
    visitor.turn_to("Executive Overview")
    expect(visitor.page.locator("[data-measure=Revenue] .value")).to_have_text(f"${round(2 * revenue):,}")


def test_where_nothing_was_sold_there_are_words_and_dashes(
    visitor: Visitor, folder: Path, tables: dict[str, pa.Table]
) -> None:
    write_gold(folder, one_day_in_one_state(tables))
    visitor.open(states="Wyoming")
    blank = "\N{EN DASH}"
    assert visitor.cards() == {"Revenue": "$0", "Orders": "0", "Conversion %": blank, "Average Rating": blank}
    expect(visitor.page.locator(".st-key-visual_revenue_by_state")).to_contain_text("No orders in this selection")
    draw_all(visitor)


def draw_all(visitor: Visitor) -> None:
    for page in VISUALS:
        visitor.turn_to(page)
        expect(visitor.page.locator("[data-testid=stException]")).to_have_count(0)
