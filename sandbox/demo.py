"""The demo: one history of the shop, from the simulator to gold, on the real parts."""

from concurrent.futures import ThreadPoolExecutor

from ingestion.contracts import HUBS
from ingestion.errors import UserError
from ingestion.kafka_options import broker_offsets
from ingestion.settings import Settings
from sandbox.broker import broker, start_broker
from sandbox.console import console, run_module, step
from sandbox.dbt import MASTER_DATA, Dbt
from sandbox.findings import findings
from sandbox.perspectives import Perspectives
from sandbox.processes import only_one
from sandbox.settings import SandboxSettings
from sandbox.setup import set_up
from sandbox.spark import require_tables
from sandbox.summary import differences, show, summarise
from simulator.ledger import sum_of, write_json


def run_demo(settings: SandboxSettings, events: int, days: int) -> None:
    """Send a history, land it, build and test silver and gold, and say what it came to and what stands out.

    Works on top of what is there: the sums are those of all runs. The summary goes to `<state>/summary.json` too.

    Raises:
        UserError: a step failed, or the figures are not the ledger's.
    """
    with only_one(settings.state, "make demo"):
        set_up(settings)
        require_tables(settings)
        env = ingestion_environment(settings)
        dbt = Dbt(settings)
        seconds: dict[str, float] = {}
        with step("broker", seconds):
            started_here = start_broker(settings)
        try:
            with step("simulator and seeds", seconds), ThreadPoolExecutor(1) as beside:
                # Seeds need no events, and dbt's Spark takes its time to start. Done before the stream job begins: both
                # it and dbt make bronze's tables where there are none, and must not do so at once.
                seeded = beside.submit(dbt.run, *MASTER_DATA, show_progress=False)
                ledgers = ("--ledger", str(settings.ledgers))
                history = ("--events", str(events), "--days", str(days))
                run_module("simulator", "backfill", *history, *ledgers, env=env, log=settings.logs / "simulator.log")
                seeded.result()
            with step("stream", seconds):
                run_module("ingestion", "stream", "--once", env=env, log=settings.logs / "stream.log")
            in_broker = {hub: count_in_broker(settings, hub) for hub in HUBS}
        finally:
            if started_here:
                broker(settings).stop()
        with step("dbt", seconds):
            counts = dbt.run("build", "--exclude-resource-types", "seed", "snapshot", "unit_test")
            console.print(
                f"Master data loaded, {counts.get('success', 0)} models built, "
                f"{counts.get('pass', 0)} tests passed, {counts.get('warn', 0)} warnings"
            )
        with step("summary", seconds):
            ledger = sum_of(settings.ledgers.glob("seed-*.json"))
            summary = summarise(dbt, ledger, in_broker)
            found = findings(Perspectives(dbt))
        write_json(
            settings.state / "summary.json",
            {**summary, "findings": [finding.as_dict() for finding in found], "seconds": seconds},
        )
        if wrong := differences(summary, ledger):
            raise UserError("The figures are not as they must be:\n  " + "\n  ".join(wrong))
        show(summary, ledger, found, seconds)


def ingestion_environment(settings: SandboxSettings) -> dict[str, str]:
    """The environment variables that point ingestion at this sandbox."""
    return {
        "INGESTION_TRANSPORT": "kafka",
        "INGESTION_KAFKA_BOOTSTRAP_SERVERS": settings.broker_address,
        "INGESTION_BRONZE": str(settings.bronze),
        "INGESTION_CHECKPOINTS": str(settings.checkpoints),
    }


def count_in_broker(settings: SandboxSettings, topic: str) -> int:
    """How many events the broker took into a topic since it was made."""
    offsets = broker_offsets(Settings(kafka_bootstrap_servers=settings.broker_address), topic)
    return sum(following for _, following in offsets.values())
