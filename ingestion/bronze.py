"""Bronze: one append-only Delta table a hub, with each event as it arrived, whole and once.

Read, stamp, write: a batch of the stream comes in with Kafka's columns and goes out as rows of the bronze table.
Nothing is parsed, filtered or dropped here.
"""

import re
from typing import Final

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

POSITION: Final = ("topic_generation", "partition", "offset")
ERASED_POSITIONS: Final = "erased_positions"


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


def next_landed_batch(spark: SparkSession, table: str) -> int:
    """One more than the highest batch number that the table holds; Delta answers it from metadata."""
    highest = _read(spark, table).agg(F.max("landed_batch")).head()
    return 1 + ((highest and highest[0]) or 0)


def high_water(spark: SparkSession, table: str, topic_generation: str) -> dict[int, int]:
    """By partition of a topic: the highest offset that has landed, be it erased since or not."""
    landed = _read(spark, table)
    erased = erased_positions(table)
    if exists(spark, erased):
        hub = re.split(r"[./]", table)[-1]
        gone = _read(spark, erased).where(F.col("hub") == hub)
        landed = landed.select(*POSITION).unionByName(gone.select(*POSITION))
    landed = landed.where(F.col("topic_generation") == topic_generation)
    return {row[0]: row[1] for row in landed.groupBy("partition").agg(F.max("offset")).collect()}


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
