"""Text that wants to be something else, in every field of every hub, is stored as it was sent and shown as text."""

import io
import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from ingestion.contracts import HUBS
from ingestion.printable import DIRECTION_MARKS
from ingestion.reconcile import MESSAGES
from sandbox import findings, perspectives, summary
from sandbox.settings import PERSPECTIVES
from simulator.ledger import Ledger
from tests.support.events import engagement, order, review
from tests.support.warehouse import Message, Warehouse

GENERATION = "hostile"
AT = datetime(2026, 6, 30, tzinfo=UTC)
MARK = "Zq7Hostile"
"""Stands in every text, so that it can be looked for in any case."""
TEXTS = {
    "sql": f"{MARK}1'; drop table silver.order_lines; -- \" or 1=1",
    "comments and quotes": f"{MARK}2`silver`.`orders` */ /* $$ ${{spark.master}} $(id) \\",
    "jinja": f"{MARK}3{{{{ env_var('HOME') }}}}{{% do run_query('drop table silver.order_lines') %}}{{#",
    "html": f"{MARK}4</script><script>alert(1)</script><img src=x onerror=alert(1)>&lt;",
    "terminal": f"{MARK}5\x1b[31mred\x1b]0;owned\x07\x1b]8;;http://evil.test\x1b\\\x9b2J\x08\x00",
    "line ends": f"{MARK}6 first\r\nError: second\u2028third",
    "markup": f"{MARK}7[red]x[/red] [link=http://evil.test]y[/link] [/] :bomb: [bold",
    "formula": f"={MARK}8+cmd|'/c calc'!A1",
    "direction": f"{MARK}9\u202egnp.exe\u2066",
    "long": f"{MARK}10{'long' * 2_000}",
}
PERSONAL = f"{MARK} <a href='mailto:eve@evil.test'>4111 1111 1111 1111</a> '; drop table silver.reviews; --"


def bodies() -> dict[str, list[bytes]]:
    """By hub: for each text one event that holds it wherever it may stand and one with it where few values may."""
    result: dict[str, list[bytes]] = {hub: [] for hub in HUBS}
    for n, text in enumerate(TEXTS.values()):
        found = {f"{text} field": text, MARK: {text: [text]}}
        product = {"product_id": text, "timestamp": "2026-06-15T11:20:30"}
        texts = {"category": text, "customer_id": text, "city": text, "session_id": text, "content_type": text}
        result["orders"] += [
            order(order_id=f"{text}{n}", **product, **found, **texts),
            order(order_id=f"bad {n}", **product, **found, state=text, country=text, delivery_status=text),
        ]
        result["engagement"] += [
            engagement(event_id=f"{text}{n}", **product, **found, session_id=text, visitor_id=text, device=text),
            engagement(event_id=f"bad {n}", **product, content_type=text, event_type=text, state=text),
        ]
        result["reviews"] += [
            review(review_id=f"{text}{n}", **product, **found, customer_id=text, order_id=text, review_text=text),
            review(review_id=f"bad {n}", **product, rating=text, state=text, review_text=text),
        ]
    result["reviews"].append(review(review_id="personal", review_text=PERSONAL))
    return result


BODIES = bodies()
Row = dict[str, Any]


@pytest.fixture(scope="module")
def built(warehouse: Warehouse) -> Warehouse:
    """The warehouse with all of it landed, and built by one run."""
    for hub, landed in BODIES.items():
        warehouse.land([Message(body, 0, n, AT) for n, body in enumerate(landed)], GENERATION, hub)
    warehouse.seed()
    warehouse.dbt("run")
    return warehouse


def rows(warehouse: Warehouse, table: str) -> list[Row]:
    return warehouse.query(f"select * from {table} where topic_generation = '{GENERATION}' order by offset")


def stripped(text: str) -> str:
    return text.strip(" \t\r\n")


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text, flags=re.ASCII).strip(" ")


def test_every_table_is_still_there_and_the_account_closes(built: Warehouse) -> None:
    for hub, table in {"orders": "order_lines", "engagement": "engagement_events", "reviews": "reviews"}.items():
        assert len(rows(built, f"silver.{table}")) == len(TEXTS) + (hub == "reviews")
        quarantined = rows(built, "silver.quarantined_events")
        assert [bytes(row["body"]) for row in quarantined if row["hub"] == hub] == BODIES[hub][1::2]
    reasons = built.query(
        f"select explode(reasons) as reason from silver.quarantined_events where topic_generation = '{GENERATION}'"
    )
    assert {row["reason"] for row in reasons} == {
        *("not_usa", "bad_delivery_status", "bad_event_type", "unknown_content_type", "bad_rating", "unknown_state"),
    }


def test_texts_are_stored_as_they_were_sent(built: Warehouse) -> None:
    orders = rows(built, "silver.order_lines")
    events = rows(built, "silver.engagement_events")
    reviews = rows(built, "silver.reviews")
    for n, text in enumerate(TEXTS.values()):
        strip, squeeze = stripped(text), squeezed(text)
        assert (orders[n]["order_id"], orders[n]["customer_id"], orders[n]["session_id"]) == (
            f"{text}{n}",
            strip,
            strip,
        )
        assert (orders[n]["city"], orders[n]["product_id"]) == (squeeze, squeeze.upper())
        assert orders[n]["category"].lower() == squeeze.lower()
        assert (events[n]["session_id"], events[n]["visitor_id"]) == (strip, strip)
        assert (events[n]["device"], events[n]["product_id"]) == (squeeze.lower(), squeeze.upper())
        assert (reviews[n]["review_text"], reviews[n]["customer_id"], reviews[n]["order_id"]) == (strip, strip, strip)
        for hub in HUBS:
            (message,) = built.query(
                f"select new_fields from silver.{MESSAGES[hub]}"
                f" where topic_generation = '{GENERATION}' and offset = {2 * n}"
            )
            assert message["new_fields"] == [f"{text} field", MARK]


def test_personal_data_is_masked_whatever_stands_around_it(built: Warehouse) -> None:
    (text,) = (row["review_text"] for row in rows(built, "silver.reviews") if row["review_id"] == "personal")
    assert text == f"{MARK} <a href='mailto:[e-mail]'>[card number]</a> '; drop table silver.reviews; --"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What people would see on a terminal, with its escape sequences."""
    seen = io.StringIO()
    console = Console(file=seen, force_terminal=True, width=10_000, highlight=False, color_system="truecolor")
    for module in (findings, perspectives, summary):
        monkeypatch.setattr(module, "console", console)
    return seen


def assert_harmless(seen: str) -> None:
    """Nothing acts on the terminal but rich's own bold and italic, no colour, no link."""
    plain = re.sub(r"\x1b\[(?:[013]|1;3)m", "", seen)
    acting = {character for character in plain if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")}
    assert acting <= {"\n"}, sorted(map(ascii, acting))
    assert not DIRECTION_MARKS & set(plain)
    assert max(map(len, plain.splitlines())) < 5_000


def test_perspectives_show_it_as_text(built: Warehouse, terminal: io.StringIO) -> None:
    shown = built.perspectives()
    # Which products the perspectives show depends on all that was landed; one query more shows those of these events.
    products = f"select product_id, category from gold.dim_product where product_id like '%{MARK.upper()}%'"
    shown.queries["hostile"] = [perspectives.Query("products", "all of them", products)]
    for name in (*PERSPECTIVES, "hostile"):
        shown.show(name)
    seen = terminal.getvalue()
    assert_harmless(seen)
    # It was there to be seen, written out.
    assert squeezed(TEXTS["markup"]).upper() in seen
    assert f"{MARK}5\\x1b[31mred".upper() in seen.upper()
    assert f"{MARK}9\\u202egnp.exe\\u2066".upper() in seen.upper()


def test_findings_say_it_as_text(built: Warehouse, terminal: io.StringIO) -> None:
    found = findings.findings(built.perspectives())
    found += [
        findings.Finding("winning_product", "conversion_analysis", f"{text} wins.", {}) for text in TEXTS.values()
    ]
    findings.show_findings(found)
    seen = terminal.getvalue()
    assert_harmless(seen)
    assert f"  {TEXTS['markup']} wins." in seen
    assert "\\x1b]0;owned\\x07" in seen
    assert "first\\r\\nError: second\\u2028third" in seen


def test_the_summary_says_nothing_of_it(built: Warehouse, terminal: io.StringIO) -> None:
    ledger = Ledger()
    counted = summary.summarise(built._dbt, ledger, dict.fromkeys(HUBS, 0))
    summary.show(counted, ledger, [], {"dbt": 1.0})
    assert_harmless(terminal.getvalue())
    assert MARK.lower() not in terminal.getvalue().lower()


def test_the_docs_hold_no_text_of_events(built: Warehouse) -> None:
    built.dbt("docs", "generate", "--static")
    for name in ("static_index.html", "manifest.json", "catalog.json", "run_results.json"):
        text = (built.target / name).read_text()
        assert len(text) > 100
        assert MARK.lower() not in text.lower(), name
        assert json.dumps(MARK).lower() not in text.lower(), name
