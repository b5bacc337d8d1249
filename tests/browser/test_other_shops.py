"""Shops that are not as the demo's: names that bite, next to no data, none at all, and one that grows."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from playwright.sync_api import expect

from dashboard.gold import TABLES
from ingestion.printable import printable
from tests.browser.test_pages import VISUALS
from tests.support.dashboard_server import Visitor, served
from tests.support.shop_copies import read_gold, renamed, with_column, write_gold

Visit = Callable[[str], Visitor]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</p></h2><script>alert(2)</script><style>*{display:none}</style>",
    "**bold** _thin_ :red[red] $x^2$ `code` :smile: :material/home: -> <b>b</b>",
    "![i](https://elsewhere.invalid/i.png) [go](https://elsewhere.invalid) https://elsewhere.invalid/",
    "<a href='javascript:alert(3)'>a</a> &amp; &lt;b&gt; %{x} <extra>e</extra>",
    "\u202egnp.exe\u202c \x1b[31mred\x00",
    "LONG " * 200,
)
CATEGORY = "<img src=y onerror=alert(4)> **Books** :smile: $y$"


@pytest.fixture(scope="session")
def tables(shop_tables: Path) -> dict[str, pa.Table]:
    return read_gold(shop_tables)


@pytest.fixture(scope="module")
def hostile_names(tables: dict[str, pa.Table]) -> dict[str, str]:
    """A hostile name for each product, by id."""
    ids = tables["dim_product"]["product_id"].to_pylist()
    return {product: f"{HOSTILE[i % len(HOSTILE)]} {product}" for i, product in enumerate(ids)}


@pytest.fixture(scope="module")
def hostile_shop(
    tables: dict[str, pa.Table], hostile_names: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    changed = dict(tables)
    ids = tables["dim_product"]["product_id"].to_pylist()
    changed["dim_product"] = with_column(changed["dim_product"], "product_name", [hostile_names[it] for it in ids])
    for table in ("dim_product", "dim_category", "fct_sales_by_state_minute"):
        changed[table] = renamed(changed[table], "category", {"Books": CATEGORY})
    write_gold(folder, changed)
    with served(folder, folder / "log") as address:
        yield address


def as_shown(name: str) -> str:
    """A name as the page writes it: cut, and with nothing in it that acts."""
    return " ".join(printable(name if len(name) <= 120 else f"{name[:119]}\N{HORIZONTAL ELLIPSIS}").split())


def test_hostile_names_are_shown_as_text(
    visit: Visit, hostile_shop: str, hostile_names: dict[str, str], tables: dict[str, pa.Table]
) -> None:
    visitor = visit(hostile_shop).open()
    names = {as_shown(name) for name in hostile_names.values()}
    seen: set[str] = set()
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
        # Nothing that a name asked for is there: no picture, link, script, formula or bold text in it.
        assert visitor.page.locator("[data-testid=stMain] :is(img, script, .katex, a[href], extra)").count() == 0
        expect(visitor.page.locator("[data-testid=stException]")).to_have_count(0)
    # Each kind of hostile name was looked at.
    assert len({hostile[:5] for hostile in HOSTILE for text in seen if text.startswith(as_shown(hostile)[:5])}) >= 6
    assert tables["products_at_risk"].num_rows == 0 or seen


def test_a_hostile_category_is_a_choice_like_others(visit: Visit, hostile_shop: str) -> None:
    visitor = visit(hostile_shop).open("Conversion Analysis")
    visitor.choose("Categories", CATEGORY)
    expect(visitor.page.locator("header.page p")).to_contain_text(CATEGORY)
    visitor.wait()
    assert visitor.page.locator("img[src=y]").count() == 0
    assert CATEGORY in visitor.page.locator(".st-key-visual_drop_off_by_category h2").inner_text()
    expect(visitor.page.locator("[data-testid=stSidebar]")).to_contain_text(CATEGORY)


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
    visit: Visit, tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    """From no tables to empty ones to one day in one state to new orders, all while somebody looks."""
    small = one_day_in_one_state(tables)
    empty = {name: table.slice(0, 0) for name, table in tables.items()}
    with served(tmp_path, tmp_path / "log") as address:
        visitor = visit(address)
        visitor.page.goto(address)
        header = visitor.page.locator("header.page h1")
        expect(header).to_have_text("No shop to look at yet")
        expect(visitor.page.locator("[data-testid=stMain]")).to_contain_text("make demo")
        expect(visitor.page.locator(".note")).to_contain_text("gold.as_of")

        write_gold(tmp_path, empty)
        expect(visitor.page.locator(".note")).to_contain_text("no event has reached gold yet")

        write_gold(tmp_path, small)
        expect(header).to_have_text("Executive Overview")
        visitor.wait()
        revenue = sum(small["fct_sales_by_product_day"]["total_sales"].to_pylist())
        assert visitor.cards()["Revenue"] == f"${round(revenue):,}"
        assert visitor.changes() == {}
        for page in VISUALS:
            visitor.turn_to(page)
            expect(visitor.page.locator("[data-testid=stException]")).to_have_count(0)
        # Not one order in Wyoming, nor anything else: a word and dashes instead of charts.
        visitor.open(states="Wyoming")
        assert visitor.cards() == {"Revenue": "$0", "Orders": "0", "Conversion %": "–", "Average Rating": "–"}  # noqa: RUF001
        for page in VISUALS:
            visitor.turn_to(page)
            expect(visitor.page.locator("[data-testid=stException]")).to_have_count(0)

        visitor.open()
        orders = small["fct_sales_by_product_day"]
        doubled = [2 * value for value in orders["total_sales"].to_pylist()]
        write_gold(tmp_path, {"fct_sales_by_product_day": with_column(orders, "total_sales", doubled)})
        card = visitor.page.locator("[data-measure=Revenue] .value")
        expect(card).to_have_text(f"${round(2 * revenue):,}")
