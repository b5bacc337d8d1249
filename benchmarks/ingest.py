"""Ingest: orders from the broker to bronze, beside what Spark can do at most and beside parsing at bronze."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.results import Case, ratios
from benchmarks.workshop import Workshop, seconds
from ingestion import bronze, stream
from ingestion.kafka_options import kafka_options
from ingestion.settings import Settings
from ingestion.spark import spark_session

FIELDS = """
    order_id string, timestamp timestamp, customer_id string, product_id string, category string, price double,
    quantity int, total_amount double, city string, state string, country string, latitude double, longitude double,
    delivery_status string, session_id string, content_type string, schema_version string
"""
"""An order as a notebook would read it: from_json makes what does not fit null."""


def cases(workshop: Workshop, orders: int, runs: int) -> list[Case]:
    """Land the same orders in several ways, in turns, each time into empty folders, in one warm Spark.

    Compared are: the stream job's own code; Spark reading the same topic into its noop sink; one plain batch of the
    same rows into Delta, with no stream around it, which is what Spark's writing allows at most; and the usual
    streaming job that parses with from_json and appends to Delta.
    """
    os.environ.update(workshop.sandbox.environment)
    with workshop.broker():
        workshop.send_orders(orders)
        spark = spark_session()
        try:
            _land_once_for_warmth(workshop, spark)
            took: dict[str, list[float]] = {way: [] for way in WAYS}
            for number in range(runs):
                for way, land in WAYS.items():
                    folder = f"{way}_{number}"
                    took[way].append(seconds(lambda land=land, folder=folder: land(workshop, spark, folder)))  # type: ignore[misc]
                    _require_all(spark, workshop, folder, orders, way)
                    shutil.rmtree(workshop.settings.state / folder, ignore_errors=True)
        finally:
            spark.stop()
    rates = {way: [orders / each for each in times] for way, times in took.items()}
    return [
        Case("ingest: broker to bronze", "events/s", rates["ours"]),
        Case("ingest: Spark's reading alone (noop sink)", "events/s", rates["noop"]),
        Case("ingest: one plain batch into Delta", "events/s", rates["batch"]),
        Case("ingest: the usual way, parsed at bronze", "events/s", rates["parsed"]),
        ratios("ingest: beside the noop sink", rates["ours"], rates["noop"], at_least=0.75),
        ratios("ingest: a plain batch beside the noop sink", rates["batch"], rates["noop"]),
        ratios("ingest: beside parsing at bronze", rates["ours"], rates["parsed"], at_least=2.2),
    ]


def _ours(workshop: Workshop, spark: SparkSession, folder: str) -> None:
    stream.run(spark, workshop.ingestion(folder), ["orders"], once=True, report=lambda _: None)


def _noop(workshop: Workshop, spark: SparkSession, folder: str) -> None:
    _topic(spark, workshop.ingestion(folder)).write.format("noop").mode("overwrite").save()


def _plain_batch(workshop: Workshop, spark: SparkSession, folder: str) -> None:
    settings = workshop.ingestion(folder)
    table = f"{settings.bronze}/orders"
    bronze.create_table(spark, table)
    bronze.append(bronze.stamp(_topic(spark, settings, includeHeaders="true"), "one", 1), table)


def _topic(spark: SparkSession, settings: Settings, **options: str) -> DataFrame:
    """All of the topic as one batch."""
    return spark.read.format("kafka").options(**kafka_options(settings), **options, subscribe="orders").load()


def _parsed_at_bronze(workshop: Workshop, spark: SparkSession, folder: str) -> None:
    settings = workshop.ingestion(folder)
    parsed = stream.read(spark, settings, "orders").select(
        "partition", "offset", F.from_json(F.col("value").cast("string"), FIELDS).alias("event")
    )
    query = (
        parsed.select("partition", "offset", "event.*", F.current_timestamp().alias("ingested_at"))
        .writeStream.format("delta")
        .option("checkpointLocation", settings.checkpoints)
        .trigger(availableNow=True)
        .start(f"{settings.bronze}/orders")
    )
    query.awaitTermination()


WAYS: Final[dict[str, Callable[[Workshop, SparkSession, str], None]]] = {
    "ours": _ours,
    "noop": _noop,
    "batch": _plain_batch,
    "parsed": _parsed_at_bronze,
}


def _land_once_for_warmth(workshop: Workshop, spark: SparkSession) -> None:
    for land in WAYS.values():
        land(workshop, spark, "warmth")
        shutil.rmtree(workshop.settings.state / "warmth", ignore_errors=True)


def _require_all(spark: SparkSession, workshop: Workshop, folder: str, orders: int, way: str) -> None:
    """A run that landed something else than all orders is no figure."""
    if way == "noop":
        return
    table = Path(workshop.ingestion(folder).bronze) / "orders"
    landed = spark.read.format("delta").load(str(table)).count()
    if landed != orders:
        raise RuntimeError(f"{way}: {landed:,} of {orders:,} orders landed")
