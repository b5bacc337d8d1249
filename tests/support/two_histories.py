"""Builds two histories one after the other in one sandbox, and writes what stands out after each: see test_findings.

A process of its own, since a process has one Spark with one metastore: python -m tests.support.two_histories <folder>
"""

import json
import sys
from pathlib import Path

from ingestion.contracts import HUBS
from sandbox.broker import broker, start_broker
from sandbox.console import run_module
from sandbox.dbt import Dbt
from sandbox.demo import ingestion_environment
from sandbox.findings import findings
from sandbox.perspectives import Perspectives
from sandbox.settings import SandboxSettings

EVENTS = 150_000
HISTORIES = {
    "without stories": ("--until", "2026-03-25T12:00:00", "--seed", "11", "--no-stories"),
    "with stories": ("--until", "2026-06-28T12:00:00", "--seed", "12", "--stories"),
}
"""Each of 90 days; the second begins after the first has ended."""


def main(folder: Path) -> None:
    """Send, land and build each history, and write `<folder>/<history>.json`: a list of findings."""
    settings = SandboxSettings()
    env = ingestion_environment(settings)
    dbt = Dbt(settings)
    start_broker(settings)
    try:
        for name, arguments in HISTORIES.items():
            history = ("backfill", "--events", str(EVENTS), "--days", "90", *arguments)
            run_module(
                "simulator", *history, "--ledger", str(settings.ledgers), env=env, log=settings.logs / "simulator.log"
            )
            run_module("ingestion", "stream", "--once", env=env, log=settings.logs / "stream.log")
            dbt.run("seed", show_progress=False)
            dbt.run("run", show_progress=False)
            found = [finding.as_dict() for finding in findings(Perspectives(dbt))]
            counts = {hub: dbt.query(f"select count(*) as n from bronze.{hub}")[0]["n"] for hub in HUBS}
            (folder / f"{name}.json").write_text(json.dumps({"findings": found, "landed": counts}))
    finally:
        broker(settings).stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
