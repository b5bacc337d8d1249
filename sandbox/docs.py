"""The dbt docs site, built and served on this machine."""

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context

from ingestion.errors import UserError
from sandbox.console import console
from sandbox.dbt import Dbt
from sandbox.processes import require_free_port
from sandbox.settings import ROOT, SandboxSettings
from sandbox.spark import require_tables


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keep requests off the console."""


def serve_docs(settings: SandboxSettings, port: int) -> None:
    """Build the site (one file) and serve it until Ctrl-C.

    Raises:
        UserError: the port is taken, the tables are in use, nothing was ever built, or dbt failed.
    """
    require_free_port(port, "DOCS_PORT")
    require_tables(settings)
    if not (settings.warehouse / "gold.db" / "as_of").is_dir():
        raise UserError("Nothing has been built here yet, and models are compiled by what is there. First: make demo")
    # In a process that ends: while the docs are read, its Spark would keep everybody else from the tables.
    with console.status("Building the docs ..."), ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(_build, settings).result()
    address = f"http://127.0.0.1:{port}/static_index.html"
    folder = str(ROOT / os.environ.get("DBT_TARGET_PATH", "target"))
    with ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=folder)) as server:
        # Not before it listens: whoever reads this may ask at once.
        console.print(f"The docs are at {address} (Ctrl-C stops).")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("Stopped.")


def _build(settings: SandboxSettings) -> None:
    Dbt(settings).run("docs", "generate", "--static", show_progress=False)
