"""`make demo` and `make live` on the real parts, small: what they say is what the ledger says."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from ingestion.contracts import HUBS
from sandbox.setup import DBT, install_dbt_packages
from sandbox.spark import metastore_owner
from sandbox.summary import VERDICTS
from simulator.ledger import sum_of
from tests.support.events import order
from tests.support.sandboxes import TestSandbox, free_port
from tests.support.waiting import wait_until


@pytest.fixture(scope="module", autouse=True)
def ready(sandbox: TestSandbox) -> None:
    install_dbt_packages(sandbox.settings)
    sandbox.without_code_generation()


def summary_of(sandbox: TestSandbox) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((sandbox.state / "summary.json").read_text())
    return summary


def demo(sandbox: TestSandbox) -> "subprocess.CompletedProcess[str]":
    done = sandbox.run("sandbox", "demo", "--events", "3000", "--days", "5", timeout=1200)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done


def agree(sandbox: TestSandbox, sent: int) -> None:
    summary = summary_of(sandbox)
    truth = sum_of(sandbox.settings.ledgers.glob("seed-*.json")).as_dict()
    assert sum(hub["sent"] for hub in summary["hubs"].values()) == sent
    for name, hub in summary["hubs"].items():
        assert hub["sent"] == hub["landed"] == sum(hub[verdict] for verdict in VERDICTS)
        assert {figure: hub[figure] for figure in truth["hubs"][name]} == truth["hubs"][name]
    for figure in ("revenue", "items", "orders", "lines"):
        assert summary[f"{figure}_by_state"] == truth[f"{figure}_by_state"]
    assert all(seconds >= 0 for seconds in summary["seconds"].values())


def test_live_runs_all_parts_and_stops_them_cleanly(sandbox: TestSandbox) -> None:
    live = sandbox.start("sandbox", "live", "--rate", "50")
    assert live.stdout
    lines = []
    for line in live.stdout:
        lines.append(line)
        if line.startswith("gold: "):
            # While it runs, a second one is refused, and dbt on the local target says what to do instead.
            second = sandbox.run("sandbox", "demo")
            assert second.returncode == 1
            assert "Another run is at work here: make live" in second.stderr
            plain = subprocess.run(
                [str(DBT), "run", "--select", "dim_state"],
                env={**os.environ, **sandbox.environment},
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            assert plain.returncode != 0
            assert "dbt build --target local_server" in plain.stderr
            live.send_signal(signal.SIGINT)
            break
    # A dbt run that is at work ends first.
    rest, _ = live.communicate(timeout=900)
    output = "".join(lines) + rest
    assert live.returncode == 0, output
    assert "The simulator is stopped." in output
    assert "The stream job is stopped." in output
    for daemon in ("broker", "spark"):
        assert sandbox.run("sandbox", daemon, "status").returncode == 3


def test_a_demo_works_on_top_lands_what_live_left_and_ends_with_the_ledgers_figures(sandbox: TestSandbox) -> None:
    before = sum_of(sandbox.settings.ledgers.glob("seed-*.json")).sent
    output = demo(sandbox).stdout
    after = sum_of(sandbox.settings.ledgers.glob("seed-*.json")).sent
    assert before + 2_980 <= after <= before + 3_000
    agree(sandbox, after)
    assert "Top states by revenue" in output
    assert "Gold equals the simulator's ledger" in output
    assert "WARN" not in output
    # It stops the broker that it started.
    assert sandbox.run("sandbox", "broker", "status").returncode == 3


def test_reconciliation_agrees_and_sees_what_has_not_landed(sandbox: TestSandbox, tmp_path: Path) -> None:
    assert sandbox.run("sandbox", "broker", "start").returncode == 0
    agreed = sandbox.run("ingestion", "reconcile", "--json")
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    partitions = json.loads(agreed.stdout)["partitions"]
    assert {each["hub"] for each in partitions} == set(HUBS)
    assert sum(each["landed"] for each in partitions) == sum_of(sandbox.settings.ledgers.glob("seed-*.json")).sent

    file = tmp_path / "one.jsonl"
    file.write_bytes(order() + b"\n")
    assert sandbox.run("ingestion", "send", "--hub", "orders", str(file)).returncode == 0
    differs = sandbox.run("ingestion", "reconcile", "--hub", "orders")
    assert differs.returncode == 1
    assert "1 have not landed yet" in differs.stdout


def test_docs_are_served_without_keeping_anybody_from_the_tables(sandbox: TestSandbox) -> None:
    port = free_port()
    docs = sandbox.start("sandbox", "docs", "--port", str(port))
    assert docs.stdout
    try:
        said = next((line for line in docs.stdout if line.startswith("The docs are at")), "")
        assert str(port) in said
        with urlopen(f"http://127.0.0.1:{port}/static_index.html") as page:
            assert b"fct_sales_by_state_minute" in page.read()
        # The Spark that built them needs a moment to see that nobody needs it.
        wait_until(lambda: metastore_owner(sandbox.settings) is None, "the tables to be free")
    finally:
        docs.terminate()
        docs.wait(60)
