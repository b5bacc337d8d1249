"""The usual notebooks for orders: what a full build of orders by dbt is compared with.

Structured Streaming from bronze to silver (parse, to_timestamp, filter, dropDuplicates) and from silver to gold (a
window of a minute, grouped by state), run available-now. Less is done than by the models: no reasons and no quarantine,
no aliases of states, no word about duplicates, no business dates.

Run by the benchmark, as a process of its own: python -m benchmarks.notebooks BRONZE_ORDERS FOLDER
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from benchmarks.ingest import FIELDS


def silver(spark: SparkSession, bronze: str, folder: str) -> None:
    """Parsed, cleaned, deduplicated orders."""
    event = F.from_json(F.col("body").cast("string"), FIELDS.replace("timestamp timestamp", "timestamp string"))
    orders = (
        spark.readStream.format("delta")
        .load(bronze)
        .select(event.alias("event"))
        .select("event.*")
        .withColumn("ordered_at", F.to_timestamp("timestamp"))
        .where("price >= 0 and quantity > 0 and country = 'USA' and length(state) = 2 and ordered_at is not null")
        .withColumn("total_amount", (F.col("price") * F.col("quantity")).cast("decimal(18, 2)"))
        .dropDuplicates(["order_id"])
    )
    _write(orders, f"{folder}/silver", f"{folder}/checkpoints/silver", "append")


def gold(spark: SparkSession, folder: str) -> None:
    """Sales and items of each state and minute."""
    sales = (
        spark.readStream.format("delta")
        .load(f"{folder}/silver")
        .groupBy(F.window("ordered_at", "1 minute"), "state")
        .agg(F.sum("total_amount").alias("total_sales"), F.sum("quantity").alias("total_items"))
        .select("window.start", "state", "total_sales", "total_items")
    )
    _write(sales, f"{folder}/gold", f"{folder}/checkpoints/gold", "complete")


def _write(rows, folder: str, checkpoints: str, mode: str) -> None:  # type: ignore[no-untyped-def]
    query = (
        rows.writeStream.format("delta")
        .outputMode(mode)
        .option("checkpointLocation", checkpoints)
        .trigger(availableNow=True)
        .start(folder)
    )
    query.awaitTermination()


if __name__ == "__main__":
    session = SparkSession.builder.config("spark.sql.catalogImplementation", "in-memory").getOrCreate()
    silver(session, sys.argv[1], sys.argv[2])
    gold(session, sys.argv[2])
    session.stop()
