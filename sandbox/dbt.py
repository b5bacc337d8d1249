"""Runs dbt in this process, and shows how far it is."""

import os
from typing import Any

from dbt.adapters.spark.connections import SparkConnectionManager
from dbt.adapters.spark.impl import SparkAdapter
from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ingestion.errors import UserError
from sandbox.console import console, noise_to, untrusted
from sandbox.settings import ROOT, SandboxSettings
from sandbox.spark import spark_server

MASTER_DATA = ("build", "--resource-types", "seed", "snapshot")
"""The command that loads what no event says: the seeds, and the history of the catalogue that follows from them."""
FAILURES = ("RunResultError", "RunResultFailure", "MainEncounteredError", "RunningOperationCaughtError")
"""The events in which dbt says what failed."""


class KeptConnections(SparkConnectionManager):
    """Keeps a thread's connection open for the next model that it runs; dbt closes all of them at the end of a command.

    dbt-spark opens a connection for each model, and each is a session that the Spark server has to make.
    """

    def release(self) -> None:
        """Called when a model is done."""
        connection = self.get_if_exists()
        if connection and connection.state != "open":
            super().release()


SparkAdapter.ConnectionManager = KeptConnections


class Dbt:
    """dbt over the local tables: in its own Spark, or in the Spark server where that runs."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self.target = "local_server" if spark_server(settings).pid else "local"
        os.environ["INGESTION_BRONZE"] = str(settings.bronze)
        os.environ["SANDBOX_SPARK_SERVER_PORT"] = str(settings.spark_server_port)
        os.chdir(ROOT)

    def run(self, *arguments: str, show_progress: bool = True) -> dict[str, int]:
        """Run one dbt command.

        Returns:
            How many nodes ended in each status, such as {"success": 13, "pass": 117}.

        Raises:
            UserError: some node failed; the text has dbt's own words for each.
        """
        counts: dict[str, int] = {}
        for node in self._results(*arguments, show_progress=show_progress):
            counts[str(node.status)] = counts.get(str(node.status), 0) + 1
        return counts

    def compile(self, *select: str) -> dict[str, str]:
        """The SQL of some nodes, not of their tests, as it would be sent, by their names. Raises UserError as `run`."""
        results = self._results("compile", "--indirect-selection", "empty", "--select", *select, show_progress=False)
        return {result.node.name: result.node.compiled_code for result in results}

    def stale_sources(self) -> list[str]:
        """A sentence for each source that is staler than it may be. Raises UserError if one can't be asked."""
        stale = []
        # Named, because the default selector takes no sources.
        command = ("source", "freshness", "--select", "source:*", "--no-write-json")
        results = self._results(*command, show_progress=False, failing=("warn", "error"))
        if not results:
            raise UserError("dbt found no source whose freshness it could ask: see models/bronze.")
        for result in results:
            if result.status in ("warn", "error"):
                # dbt takes the year 1 where no row is younger than the filter in models/bronze allows.
                since = (
                    f"since {result.max_loaded_at:%Y-%m-%d %H:%M} UTC" if result.max_loaded_at.year > 1 else "for days"
                )
                stale.append(f"nothing has landed in {result.node.schema}.{result.node.identifier} {since}")
        return stale

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a statement over the local tables."""
        if self.target == "local":
            from pyspark.sql import SparkSession

            return [row.asDict(recursive=True) for row in SparkSession.builder.getOrCreate().sql(sql).collect()]
        from pyhive import hive

        server = ("127.0.0.1", self._settings.spark_server_port)
        with hive.connect(*server) as connection, connection.cursor() as cursor:  # type: ignore[no-untyped-call]
            cursor.execute(sql)
            if cursor.description is None:
                return []
            names = [column[0].rpartition(".")[2] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _results(self, *arguments: str, show_progress: bool, failing: tuple[str, ...] = ()) -> list[Any]:
        """What became of each node. Raises UserError as `run`, unless all that failed has a status of `failing`."""
        columns = (TextColumn("  {task.description:44.44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not show_progress) as progress:
            task = progress.add_task("starting", total=None)
            failures: list[str] = []

            def follow(event: EventMsg) -> None:
                info: Any = event.info
                data: Any = event.data
                if info.name == "NodeStart":
                    progress.update(task, description=data.node_info.node_name)
                elif info.name == "LogStartLine":
                    progress.update(task, total=data.total)
                elif info.name in ("LogTestResult", "LogModelResult", "LogSeedResult"):
                    progress.advance(task)
                elif info.name == "JinjaLogInfo":
                    # What an operation says of itself, with texts of events in it perhaps.
                    progress.console.print(untrusted(data.msg))
                elif info.name in FAILURES:
                    failures.append(info.msg.strip())

            logging = ("--log-level", "none", "--log-level-file", "info", "--no-use-colors")
            with noise_to(self._settings.logs / "spark_stderr.log"):
                result = dbtRunner(callbacks=[follow]).invoke([*arguments, "--target", self.target, *logging])
        results = list(getattr(result.result, "results", []))
        if not result.success and not (results and all(one.status in ("pass", "success", *failing) for one in results)):
            said = "\n".join(failures) or str(result.exception or "see logs/dbt.log")
            raise UserError(f"dbt {arguments[0]} failed:\n{said}")
        return results
