"""Bronze: one append-only Delta table a hub, with each event as it arrived, whole and once.

Read, stamp, write: a batch of the stream comes in with Kafka's columns and goes out as rows of the bronze table.
Nothing is parsed, filtered or dropped here.
"""

import re
from typing import Final, NamedTuple

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

COLUMNS: Final = {
    "landed_batch": "bigint",
    "topic_generation": "string",
    "partition": "int",
    "offset": "bigint",
    "enqueued_at": "timestamp",
    "ingested_at": "timestamp",
    "ingest_date": "date",
    "headers": "array<struct<key: string, value: binary>>",
    "body": "binary",
}
"""Column names and Spark types, in order. The ones that are picked and skipped by stand first."""

INDEXED_COLUMNS: Final = 6
"""Delta keeps statistics of so many of the first columns. Of the others nobody asks, and each costs time a row."""

ERASED_POSITIONS: Final = "erased_positions"
RECENT_BATCHES: Final = 10
"""So many of the last batches are asked how far each partition has landed, before all are."""


class Extent(NamedTuple):
    """The highest numbers that a bronze table holds."""

    last_batch: int
    """0 if the table is empty."""
    last_partition: int
    """Of all topics that have ever landed in it; -1 if the table is empty."""


def create_table(spark: SparkSession, table: str) -> None:
    """Make an empty bronze table where there is none.

    Args:
        table: a path (with a slash), or a catalog name.
    """
    name = sql_name(table)
    columns = ", ".join(f"`{column}` {kind}" for column, kind in COLUMNS.items())
    spark.sql(
        f"create table if not exists {name} ({columns}) using delta partitioned by (ingest_date) "
        f"tblproperties ('delta.dataSkippingNumIndexedCols' = '{INDEXED_COLUMNS}')"
    )


def extent(spark: SparkSession, table: str) -> Extent:
    """How far the table goes; Delta answers it from metadata."""
    highest = _read(spark, table).agg(F.max("landed_batch"), F.max("partition")).head()
    if highest is None or highest[0] is None:
        return Extent(0, -1)
    return Extent(*highest)


def high_water(spark: SparkSession, table: str, topic_generation: str, landed: Extent) -> dict[int, int]:
    """By partition of a topic: the highest offset that has landed, be it erased since or not.

    Later batches hold the higher offsets of a partition, so the last few answer for each that stands in them; where one
    does not, all that has ever landed is read.

    Args:
        landed: what the table holds, as `extent` gives it.
    """
    marks: dict[int, int] = {}
    if landed.last_batch:
        of_topic = _read(spark, table).where(F.col("topic_generation") == topic_generation)
        marks = _highest_offsets(of_topic.where(F.col("landed_batch") > landed.last_batch - RECENT_BATCHES))
        if len(marks) <= landed.last_partition:
            marks = _highest_offsets(of_topic)
    erased = erased_positions(table)
    if exists(spark, erased):
        hub = re.split(r"[./]", table)[-1]
        gone = _read(spark, erased).where((F.col("hub") == hub) & (F.col("topic_generation") == topic_generation))
        for partition, offset in _highest_offsets(gone).items():
            marks[partition] = max(offset, marks.get(partition, -1))
    return marks


def _highest_offsets(positions: DataFrame) -> dict[int, int]:
    return {row[0]: row[1] for row in positions.groupBy("partition").agg(F.max("offset")).collect()}


def erased_positions(table: str) -> str:
    """The table, beside a hub's, that remembers which positions were erased for good."""
    separator = "/" if "/" in table else "."
    return f"{table.rpartition(separator)[0]}{separator}{ERASED_POSITIONS}"


def sql_name(table: str) -> str:
    """A table as SQL names it: a path (with a slash) is a Delta table's folder."""
    return f"delta.`{table}`" if "/" in table else table


def exists(spark: SparkSession, table: str) -> bool:
    """Whether there is such a table."""
    try:
        spark.sql(f"describe {sql_name(table)}")
    except AnalysisException:
        return False
    return True


def above(events: DataFrame, high_water: dict[int, int]) -> DataFrame:
    """The events beyond what has landed: offsets grow with arrival, and batches land in their order.

    Args:
        events: with Kafka's columns.
        high_water: by partition, as the function of that name gives it.
    """
    if not high_water:
        return events
    marks = F.create_map([F.lit(number) for mark in high_water.items() for number in mark])
    return events.where(F.col("offset") > F.coalesce(F.try_element_at(marks, F.col("partition")), F.lit(-1)))


def stamp(events: DataFrame, topic_generation: str, landed_batch: int) -> DataFrame:
    """Kafka's columns, with headers, as bronze rows.

    Args:
        events: `partition`, `offset`, `timestamp` (the broker's), `headers`, `value`.
        topic_generation: which life of the topic the offsets belong to.
        landed_batch: the number that all rows of this micro-batch carry.
    """
    now = F.current_timestamp()
    values = {
        "landed_batch": F.lit(landed_batch),
        "topic_generation": F.lit(topic_generation),
        "partition": F.col("partition"),
        "offset": F.col("offset"),
        "enqueued_at": F.col("timestamp"),
        "ingested_at": now,
        "ingest_date": F.to_date(now),
        "headers": F.col("headers"),
        "body": F.col("value"),
    }
    return events.select([values[column].cast(kind).alias(column) for column, kind in COLUMNS.items()])


def append(rows: DataFrame, table: str) -> None:
    """Append rows in one Delta commit."""
    writer = rows.write.format("delta").mode("append").partitionBy("ingest_date")
    if "/" in table:
        writer.save(table)
    else:
        writer.saveAsTable(table)


def _read(spark: SparkSession, table: str) -> DataFrame:
    return spark.read.format("delta").load(table) if "/" in table else spark.table(table)
