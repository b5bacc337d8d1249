"""`make demo` and `make live` on the real parts, small: what they say is what the ledger says."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.setup import install_dbt_packages
from simulator.ledger import sum_of
from tests.support.sandboxes import TestSandbox


def summary_of(sandbox: TestSandbox) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((sandbox.state / "summary.json").read_text())
    return summary


def demo(sandbox: TestSandbox) -> "subprocess.CompletedProcess[str]":
    done = sandbox.run("sandbox", "demo", "--events", "3000", "--days", "5", timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done


def agree(sandbox: TestSandbox, sent: int) -> None:
    summary = summary_of(sandbox)
    truth = sum_of(sandbox.settings.ledgers.glob("seed-*.json")).as_dict()
    assert sum(hub["sent"] for hub in summary["hubs"].values()) == sent
    for name, hub in summary["hubs"].items():
        assert hub["sent"] == hub["landed"] == hub["accepted"] + hub["duplicates"] + hub["quarantined"]
        assert {figure: hub[figure] for figure in truth["hubs"][name]} == truth["hubs"][name]
    for figure in ("revenue_by_state", "items_by_state"):
        assert summary[figure] == truth[figure]
    assert all(seconds >= 0 for seconds in summary["seconds"].values())


@pytest.fixture(scope="module")
def first(sandbox: TestSandbox) -> str:
    """What the first demo printed."""
    install_dbt_packages(sandbox.settings)
    return demo(sandbox).stdout


def test_the_demo_ends_with_the_ledgers_figures(sandbox: TestSandbox, first: str) -> None:
    ledger = sum_of(sandbox.settings.ledgers.glob("seed-*.json"))
    assert 2_980 <= ledger.sent <= 3_000
    agree(sandbox, ledger.sent)
    assert "Top states by revenue" in first
    assert "Gold equals the simulator's ledger" in first
    assert "WARN" not in first


def test_it_stops_the_broker_that_it_started(sandbox: TestSandbox, first: str) -> None:
    assert sandbox.run("sandbox", "broker", "status").returncode == 3


def test_live_runs_all_parts_and_stops_them_cleanly(sandbox: TestSandbox, first: str) -> None:
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
                [str(Path(live.args[0]).with_name("dbt")), "run", "--select", "dim_state"],  # type: ignore[index]
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
    rest, _ = live.communicate(timeout=480)
    output = "".join(lines) + rest
    assert live.returncode == 0, output
    assert "The simulator is stopped." in output
    assert "The stream job is stopped." in output
    for daemon in ("broker", "spark"):
        assert sandbox.run("sandbox", daemon, "status").returncode == 3


def test_a_second_demo_works_on_top_and_lands_what_live_left(sandbox: TestSandbox, first: str) -> None:
    before = sum_of(sandbox.settings.ledgers.glob("seed-*.json")).sent
    assert before > 3_000
    demo(sandbox)
    after = sum_of(sandbox.settings.ledgers.glob("seed-*.json")).sent
    assert after > before + 2_900
    agree(sandbox, after)
