"""Command line of the dashboard: serve it on this machine."""

import contextlib
from pathlib import Path

import click

from ingestion.__main__ import Commands
from sandbox.processes import require_free_port
from sandbox.settings import SandboxSettings

APP = Path(__file__).with_name("app.py")
HOST = "127.0.0.1"


@click.group(cls=Commands)
def main() -> None:
    """Show the four perspectives and the pipeline's health in the browser."""


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Where to serve it.")
@click.option(
    "--warehouse",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of dbt's tables; default: the sandbox's.",
)
def serve(port: int, warehouse: Path | None) -> None:
    """Serve the dashboard on 127.0.0.1, until Ctrl-C.

    Example: python -m dashboard serve --port 8501
    """
    require_free_port(port, "DASHBOARD_PORT")
    from streamlit.web import cli

    from dashboard.style import THEME

    tables = (warehouse or SandboxSettings().warehouse).resolve()
    _warm_up(tables)
    click.echo(f"The dashboard is at http://{HOST}:{port} (Ctrl-C stops).")
    options = {f"theme.{name}": value for name, value in THEME.items()} | {
        "server.address": HOST,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "browser.gatherUsageStats": "false",
        "browser.serverAddress": HOST,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "logger.hideWelcomeMessage": "true",
    }
    # Nothing of a user's own Streamlit configuration opens it to others.
    arguments = [f"--{name}={value}" for name, value in options.items()]
    cli.main(["run", str(APP), *arguments, "--", str(tables)], prog_name="streamlit")


def _warm_up(warehouse: Path) -> None:
    """Load libraries and tables now, not while the first visitor waits."""
    import dashboard.charts.over_time  # noqa: F401
    from dashboard.gold import NothingBuiltError, latest_versions
    from dashboard.store import gold_at

    with contextlib.suppress(NothingBuiltError):
        gold_at(warehouse, latest_versions(warehouse))


if __name__ == "__main__":
    main(prog_name="python -m dashboard")
