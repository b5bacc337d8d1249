"""Command line of the sandbox: set up, broker, Spark server, demo, live loop."""

from pathlib import Path

import click

from ingestion.__main__ import Commands
from sandbox.settings import PERSPECTIVES, SandboxSettings


@click.group(cls=Commands)
def main() -> None:
    """Run the whole product on this machine. Settings come from the environment (SANDBOX_...)."""


@main.command()
def setup() -> None:
    """Fetch the Java libraries, configure Spark, install dbt's packages.

    Example: python -m sandbox setup
    """
    from sandbox.setup import set_up

    set_up(SandboxSettings())


@main.command()
@click.option("--events", type=click.IntRange(1), default=500_000, show_default=True, help="Messages in all.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="Days of history.")
def demo(events: int, days: int) -> None:
    """Send a history of the shop, land it, build and test everything, and say what it came to.

    Example: python -m sandbox demo --events 500000 --days 90
    """
    from sandbox.demo import run_demo

    run_demo(SandboxSettings(), events, days)


@main.command()
@click.option("--rate", type=click.FloatRange(min=0.1), default=50, show_default=True, help="Events a second.")
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop by itself after so long; default: on Ctrl-C.")
def live(rate: float, seconds: float | None) -> None:
    """Run the simulator, the stream job and dbt in a loop, until Ctrl-C.

    Example: python -m sandbox live --rate 50
    """
    from sandbox.live import run_live

    run_live(SandboxSettings(), rate, seconds)


@main.command()
@click.argument("perspective", type=click.Choice(PERSPECTIVES), required=False)
def show(perspective: str | None) -> None:
    """Print the four perspectives as tables, or one of them, and what stands out.

    Example: python -m sandbox show conversion_analysis
    """
    from sandbox.dbt import Dbt
    from sandbox.findings import findings, show_findings
    from sandbox.perspectives import Perspectives
    from sandbox.spark import require_tables

    settings = SandboxSettings()
    require_tables(settings)
    analyses = Perspectives(Dbt(settings))
    for name in [perspective] if perspective else PERSPECTIVES:
        analyses.show(name)
    if not perspective:
        click.echo()
        show_findings(findings(analyses))


@main.command()
def quarantine() -> None:
    """Print the reasons for which messages are in quarantine, with counts and samples.

    Example: python -m sandbox quarantine
    """
    from sandbox.operations import show_quarantine

    show_quarantine(SandboxSettings())


@main.command()
@click.argument("customer_ids", nargs=-1, required=True)
def erase(customer_ids: tuple[str, ...]) -> None:
    """Erase all messages of customers from all tables, and sum again without them.

    Example: python -m sandbox erase 4711 4712
    """
    from sandbox.operations import erase as erase_customers

    erase_customers(SandboxSettings(), customer_ids)


@main.command()
@click.option(
    "--retain-hours", type=click.IntRange(0), default=168, show_default=True, help="How long old versions stay."
)
def maintain(retain_hours: int) -> None:
    """Compact all tables, and remove files that no version of the last hours needs.

    Example: python -m sandbox maintain
    """
    from sandbox.operations import maintain as maintain_tables

    maintain_tables(SandboxSettings(), retain_hours)


@main.command()
def stop() -> None:
    """Stop the broker and the Spark server.

    Example: python -m sandbox stop
    """
    from sandbox.broker import broker as broker_daemon
    from sandbox.spark import spark_server as spark_daemon

    settings = SandboxSettings()
    for daemon in (spark_daemon(settings), broker_daemon(settings)):
        if daemon.stop():
            click.echo(f"{daemon.name} stopped.")


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Where to serve it.")
def docs(port: int) -> None:
    """Build the dbt docs site and serve it on 127.0.0.1, until Ctrl-C.

    Example: python -m sandbox docs --port 8080
    """
    from sandbox.docs import serve_docs

    serve_docs(SandboxSettings(), port)


@main.command("powerbi-export")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Default: powerbi/ in the local state."
)
def powerbi_export(folder: Path | None) -> None:
    """Write gold as Parquet files, which the Power BI project opens without an account.

    Example: python -m sandbox powerbi-export
    """
    from sandbox.powerbi import export_gold

    settings = SandboxSettings()
    target = (folder or settings.state / "powerbi").absolute()
    tables = export_gold(settings, target)
    click.echo(f"{len(tables)} tables are in {target}. In Power BI, set the parameter GoldFolder to it.")


@main.command("register-tables")
def register_tables() -> None:
    """Make the tables known by their names again, after the metastore was lost. Nothing is computed.

    Example: python -m sandbox register-tables
    """
    from sandbox.dbt import Dbt
    from sandbox.metastore import register_tables as register
    from sandbox.spark import require_tables

    settings = SandboxSettings()
    require_tables(settings)
    click.echo(f"{register(Dbt(settings), settings)} tables are known by name. Views come with: dbt run")


@main.command("check-descriptions")
def check_descriptions() -> None:
    """Say which model, seed, source or column has no description; exit with 1 if any.

    Example: python -m sandbox check-descriptions
    """
    from sandbox.descriptions import require_descriptions

    require_descriptions()


@main.command("check-spark")
def check_spark() -> None:
    """Say whether a Spark with tables can start now; exit with 1 if not.

    Example: python -m sandbox check-spark
    """
    from sandbox.spark import require_metastore

    require_metastore(SandboxSettings())


@main.group()
def broker() -> None:
    """The local Kafka broker: start, stop, status."""


@broker.command("start")
def broker_start() -> None:
    """Start the broker and make the hubs' topics; does nothing if it runs.

    Example: python -m sandbox broker start
    """
    from sandbox.broker import start_broker

    settings = SandboxSettings()
    started = start_broker(settings)
    click.echo(f"The broker {'is up' if started else 'ran already'} at {settings.broker_address}.")


@broker.command("stop")
def broker_stop() -> None:
    """Stop the broker; its events stay.

    Example: python -m sandbox broker stop
    """
    from sandbox.broker import broker as daemon

    click.echo("The broker is stopped." if daemon(SandboxSettings()).stop() else "The broker did not run.")


@broker.command("status")
def broker_status() -> None:
    """Say whether the broker runs; exit with 3 if not.

    Example: python -m sandbox broker status
    """
    from sandbox.broker import broker as daemon

    settings = SandboxSettings()
    _status("The broker", daemon(settings).pid, settings.broker_address)


@main.group("spark")
def spark_server() -> None:
    """Spark's Thrift server over the local tables (dbt's target local_server): start, stop, status."""


@spark_server.command("start")
def spark_start() -> None:
    """Start the server; does nothing if it runs.

    Example: python -m sandbox spark start
    """
    from sandbox.spark import start_spark_server

    settings = SandboxSettings()
    started = start_spark_server(settings)
    where = f"127.0.0.1:{settings.spark_server_port}"
    click.echo(
        f"The Spark server {'is up' if started else 'ran already'} at {where}. Use: dbt build --target local_server"
    )


@spark_server.command("stop")
def spark_stop() -> None:
    """Stop the server; the tables stay.

    Example: python -m sandbox spark stop
    """
    from sandbox.spark import spark_server as daemon

    click.echo("The Spark server is stopped." if daemon(SandboxSettings()).stop() else "The Spark server did not run.")


@spark_server.command("status")
def spark_status() -> None:
    """Say whether the server runs; exit with 3 if not.

    Example: python -m sandbox spark status
    """
    from sandbox.spark import spark_server as daemon

    settings = SandboxSettings()
    _status("The Spark server", daemon(settings).pid, f"127.0.0.1:{settings.spark_server_port}")


def _status(what: str, pid: int | None, where: str) -> None:
    if pid is None:
        click.echo(f"{what} does not run.")
        raise SystemExit(3)
    click.echo(f"{what} runs at {where}, process {pid}.")


if __name__ == "__main__":
    main(prog_name="python -m sandbox")
