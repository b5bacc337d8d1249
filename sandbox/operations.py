"""What is done to tables now and then: the macros of dbt_project/macros/operations, as one command each."""

import json
from collections.abc import Sequence

from sandbox.console import console
from sandbox.dbt import Dbt
from sandbox.perspectives import Perspectives
from sandbox.settings import SandboxSettings
from sandbox.spark import require_tables


def show_quarantine(settings: SandboxSettings) -> None:
    """Print the reasons for which messages are in quarantine, with counts and samples."""
    require_tables(settings)
    Perspectives(Dbt(settings), ["quarantine"]).show("quarantine")


def erase(settings: SandboxSettings, customer_ids: Sequence[str]) -> None:
    """Erase all that customers did and wrote, then compute again what was summed from it.

    Raises:
        UserError: something stopped it on the way; the same call does the rest.
    """
    require_tables(settings)
    dbt = Dbt(settings)
    arguments = json.dumps({"customer_ids": list(customer_ids)})
    dbt.run("run-operation", "erase_customers", "--args", arguments, show_progress=False)
    dbt.run("run")
    console.print("Everything is summed again without them. Old files go with: make maintain, after 7 days.")


def maintain(settings: SandboxSettings, retain_hours: int) -> None:
    """Compact all tables, and remove files that no version of the last hours needs.

    Raises:
        UserError: some table could not be; all others were.
    """
    require_tables(settings)
    arguments = json.dumps({"retain_hours": retain_hours})
    Dbt(settings).run("run-operation", "maintain", "--args", arguments, show_progress=False)
