"""The dbt docs site, built and served on this machine."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

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
        UserError: the port is taken, the tables are in use, or dbt failed.
    """
    require_free_port(port, "DOCS_PORT")
    require_tables(settings)
    with console.status("Building the docs ..."):
        Dbt(settings).run("docs", "generate", "--static", show_progress=False)
    address = f"http://127.0.0.1:{port}/static_index.html"
    console.print(f"The docs are at {address} (Ctrl-C stops).")
    with ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(ROOT / "target"))) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("Stopped.")
