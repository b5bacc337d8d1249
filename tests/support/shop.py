"""One shop for all tests that need a long history: two histories, one after the other, and what stands out after each.

The second begins after the first has ended. Built in a process of its own, since a process has one Spark with one
metastore: python -m tests.support.shop <folder>
"""

import fcntl
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.contracts import HUBS
from sandbox.broker import broker, start_broker
from sandbox.console import run_module
from sandbox.dbt import MASTER_DATA, Dbt
from sandbox.demo import ingestion_environment
from sandbox.findings import findings
from sandbox.perspectives import Perspectives
from sandbox.settings import PERSPECTIVES, SandboxSettings
from sandbox.setup import install_dbt_packages
from tests.support.sandboxes import TestSandbox

EVENTS = 150_000
HISTORIES = {
    "without stories": ("--until", "2026-03-25T12:00:00", "--seed", "11", "--no-stories"),
    "with stories": ("--until", "2026-06-28T12:00:00", "--seed", "12", "--stories"),
}
"""Each of 90 days."""


@dataclass(frozen=True)
class Shop:
    """The shop's sandbox, and a folder with a file for each history."""

    sandbox: TestSandbox
    folder: Path

    @property
    def tables(self) -> Path:
        """The warehouse: gold.db and silver.db."""
        return self.sandbox.settings.warehouse

    def after(self, history: str) -> dict[str, Any]:
        """What there was to see once a history was built: findings, landed by hub, rows by perspective and query."""
        seen: dict[str, Any] = json.loads((self.folder / f"{history}.json").read_text())
        return seen


def built_shop(folder: Path) -> Shop:
    """The shop in a folder, built there by whichever process of this test run comes first."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sandbox = TestSandbox(folder / "state")
        built = folder / "built"
        if not built.exists():
            install_dbt_packages(sandbox.settings)
            done = sandbox.run("tests.support.shop", str(folder), timeout=1800)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
            built.touch()
    return Shop(sandbox, folder)


def main(folder: Path) -> None:
    """Send, land and build each history, and write `<folder>/<history>.json`."""
    settings = SandboxSettings()
    env = ingestion_environment(settings)
    dbt = Dbt(settings)
    start_broker(settings)
    try:
        dbt.run(*MASTER_DATA, show_progress=False)
        for name, arguments in HISTORIES.items():
            history = ("backfill", "--events", str(EVENTS), "--days", "90", *arguments)
            run_module(
                "simulator", *history, "--ledger", str(settings.ledgers), env=env, log=settings.logs / "simulator.log"
            )
            run_module("ingestion", "stream", "--once", env=env, log=settings.logs / "stream.log")
            dbt.run("run", show_progress=False)
            shown = Perspectives(dbt)
            seen = {
                "findings": [finding.as_dict() for finding in findings(shown)],
                "landed": {hub: dbt.query(f"select count(*) as n from bronze.{hub}")[0]["n"] for hub in HUBS},
                "perspectives": {
                    perspective: {
                        query.name: shown.rows(perspective, query.name) for query in shown.queries[perspective]
                    }
                    for perspective in PERSPECTIVES
                },
            }
            (folder / f"{name}.json").write_text(json.dumps(seen, default=str))
    finally:
        broker(settings).stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
