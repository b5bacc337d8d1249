"""Lands events in bronze without a broker, runs the real dbt project on them, and reads what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

from ingestion import bronze
from sandbox.dbt import MASTER_DATA, Dbt
from sandbox.perspectives import Perspectives
from tests.support.sandboxes import TestSandbox

KAFKA_COLUMNS = (
    "partition int, offset bigint, timestamp timestamp, headers array<struct<key: string, value: binary>>, value binary"
)


@dataclass(frozen=True)
class Message:
    """One message of a topic; `enqueued_at` None is now."""

    body: bytes
    partition: int = 0
    offset: int = 0
    enqueued_at: datetime | None = None


class Warehouse:
    """The tables of one sandbox, with Spark and dbt in this process."""

    def __init__(self, sandbox: TestSandbox) -> None:
        self._dbt = Dbt(sandbox.settings)
        self._is_seeded = False
        self.target = Path(sandbox.environment["DBT_TARGET_PATH"])
        """Where dbt leaves its manifest."""
        self.bronze = str(sandbox.settings.bronze)
        """The folder of the hubs' tables."""

    @property
    def spark(self) -> SparkSession:
        """The session that dbt uses too."""
        return SparkSession.builder.enableHiveSupport().getOrCreate()

    def land(self, messages: Sequence[Message], generation: str, hub: str = "orders") -> int:
        """Append messages to a hub's bronze table as the stream job does, as one micro-batch.

        Returns:
            The batch's number.
        """
        table = f"{self.bronze}/{hub}"
        bronze.create_table(self.spark, table)
        rows: list[tuple[Any, ...]] = [
            (m.partition, m.offset, m.enqueued_at or datetime.now(UTC), [], bytearray(m.body)) for m in messages
        ]
        number = bronze.extent(self.spark, table).last_batch + 1
        events = self.spark.createDataFrame(rows, KAFKA_COLUMNS)
        bronze.append(bronze.stamp(events, generation, number), table)
        return number

    def seed(self) -> None:
        """Have the seeds loaded: by the first who asks, for all tests of this process."""
        if not self._is_seeded:
            self.dbt(*MASTER_DATA)
            self._is_seeded = True

    def dbt(self, *arguments: str) -> dict[str, int]:
        """Run one dbt command; a failure raises."""
        return self._dbt.run(*arguments, show_progress=False)

    def statements(self, *arguments: str) -> list[str]:
        """Run one dbt command; the node of each statement that it sent, "" where none did."""
        sent: list[str] = []

        def note(event: Any) -> None:
            # dbt's own word for a statement that was answered, "SQL status" in its debug log.
            if event.info.name == "SQLQueryStatus":
                sent.append(event.data.node_info.node_name)

        logging = ("--log-level", "none", "--log-level-file", "none")
        result = dbtRunner(callbacks=[note]).invoke([*arguments, "--target", self._dbt.target, *logging])
        assert result.success, result.exception
        return sent

    def stale_sources(self) -> list[str]:
        """What dbt finds stale in bronze."""
        return self._dbt.stale_sources()

    def compile(self, model: str, *arguments: str) -> str:
        """The SQL of one model as dbt would send it now."""
        return self._dbt.compile(model, *arguments)[model]

    def perspectives(self) -> Perspectives:
        """The analyses, compiled on these tables."""
        return Perspectives(self._dbt)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        return [row.asDict(recursive=True) for row in self.spark.sql(sql).collect()]

    def rows(self, table: str, without: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """All rows of a table in an order that depends on nothing but their content."""
        frame = self.spark.table(table).drop(*without)
        return sorted((tuple(row) for row in frame.collect()), key=repr)

    def close(self) -> None:
        """Stop Spark."""
        self.spark.stop()
