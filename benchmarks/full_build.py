"""Full builds by dbt, as commands, beside the same work by hand."""

import json
import shutil

from benchmarks.one_job import plan
from benchmarks.results import Case, ratios
from benchmarks.workshop import Workshop
from sandbox.dbt import MASTER_DATA

MODELS = ("run", "--full-refresh", "--target", "local")


def whole_shop(workshop: Workshop, events: int, days: int, runs: int) -> list[Case]:
    """Bronze to all of silver and gold, and one Spark job that makes the same tables; each a process, in turns."""
    with workshop.broker():
        workshop.send_history(events, days)
        workshop.run("ingestion", "stream", "--once")
    workshop.dbt(*MASTER_DATA, "--target", "local")
    workshop.dbt(*MODELS)
    # The figures of a pick stand in the compiled SQL: they are those of the tables that are there now.
    workshop.dbt("compile", "--full-refresh", "--target", "local")
    manifest = json.loads((workshop.settings.state / "target" / "manifest.json").read_text())
    file = workshop.settings.state / "plan.json"
    file.write_text(json.dumps(plan(manifest, workshop.settings.warehouse / "silver.db")))

    by_hand_tables = workshop.settings.state / "by_hand"
    by_dbt: list[float] = []
    by_hand: list[float] = []
    for _ in range(runs):
        by_dbt.append(workshop.dbt(*MODELS))
        shutil.rmtree(by_hand_tables, ignore_errors=True)
        by_hand.append(
            workshop.run("benchmarks.one_job", str(file), str(workshop.settings.bronze), str(by_hand_tables))
        )
    return [
        Case("full build: dbt run --full-refresh", "s", by_dbt),
        Case("full build: one hand-written Spark job", "s", by_hand),
        ratios("full build: dbt beside the hand-written job", by_dbt, by_hand, at_most=1.3),
    ]


def orders_only(workshop: Workshop, orders: int, runs: int) -> list[Case]:
    """Bronze to state-minute sales, and the usual notebooks; each a process, in turns."""
    with workshop.broker():
        workshop.send_orders(orders)
        workshop.run("ingestion", "stream", "--once")
    workshop.dbt(*MASTER_DATA, "--target", "local")
    # `dim_product` looks at all hubs: once, the tables of the others are made, empty.
    workshop.dbt(*MODELS)
    notebooks = workshop.settings.state / "notebooks"
    by_dbt: list[float] = []
    usual: list[float] = []
    for _ in range(runs):
        by_dbt.append(workshop.dbt(*MODELS, "--selector", "hot_path"))
        shutil.rmtree(notebooks, ignore_errors=True)
        usual.append(workshop.run("benchmarks.notebooks", str(workshop.settings.bronze / "orders"), str(notebooks)))
    return [
        Case("orders only: dbt run --full-refresh", "s", by_dbt),
        Case("orders only: the usual notebooks", "s", usual),
        ratios("orders only: dbt beside the notebooks", by_dbt, usual, at_most=1.0),
    ]
