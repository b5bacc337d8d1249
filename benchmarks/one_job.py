"""The same tables from one hand-written Spark job: what a full build by dbt is compared with.

It has all that a job by hand can have over dbt: no metadata queries, no contracts, no tests, no marks to pick by, and
the parsed events kept on disk for the two models that read them. The SQL of each table is the models' own, compiled for
a full refresh, so that both compute the same.

Run by the benchmark, as a process of its own: python -m benchmarks.one_job PLAN BRONZE WAREHOUSE
"""

import json
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from ingestion.contracts import HUBS

LOADED = ("seed", "snapshot")
"""What is there before models are built, and stays as it is."""
PARSED = tuple(f"silver.stg_event_hub__{hub}" for hub in HUBS)


def plan(manifest: dict[str, Any], seeds: Path) -> list[dict[str, Any]]:
    """What is to be made, in order, from dbt's manifest of compiled models.

    Args:
        manifest: as `dbt compile` writes it.
        seeds: the folder of the Delta tables of seeds and snapshots.

    Returns:
        Statements' parts: name, kind (seed, view or table), sql or path, partition_by.
    """
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", *LOADED) and node["package_name"] == "real_time_market"
    }
    order = TopologicalSorter(
        {
            key: {parent for parent in node["depends_on"].get("nodes", ()) if parent in nodes}
            for key, node in nodes.items()
        }
    ).static_order()
    parts = []
    for node in (nodes[key] for key in order):
        part = {"name": f"{node['schema']}.{node['name']}"}
        if node["resource_type"] in LOADED:
            parts.append({**part, "kind": "seed", "path": str(seeds / node["name"])})
            continue
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        parts.append(
            {
                **part,
                "kind": kind,
                "sql": _of_all_rows(node["compiled_code"]),
                "partition_by": node["config"].get("partition_by"),
            }
        )
    return parts


def _of_all_rows(sql: str) -> str:
    """A model's SQL without its picks: this job computes everything, whatever the number of its batch."""
    sql = re.sub(r"(\w+_batch) > 0 and \1 <= \d+", "true", sql)
    return re.sub(r"\b(?:landed|processed)_batch <= \d+", "true", sql)


def make(spark: SparkSession, parts: list[dict[str, Any]], bronze: str) -> None:
    """Make all of it."""
    for schema in ("bronze", "silver", "gold"):
        spark.sql(f"create schema if not exists {schema}")
    for hub in HUBS:
        spark.sql(f"create table bronze.{hub} using delta location '{bronze}/{hub}'")
    for part in parts:
        if part["kind"] == "seed":
            spark.sql(f"create table {part['name']} using delta location '{part['path']}'")
        elif part["kind"] == "view":
            spark.sql(f"create view {part['name']} as {part['sql']}")
            if part["name"] in PARSED:
                spark.sql(f"cache lazy table {part['name']} options ('storageLevel' 'DISK_ONLY')")
        else:
            by = part["partition_by"]
            columns = ", ".join([by] if isinstance(by, str) else by or [])
            partitioned = f"partitioned by ({columns})" if columns else ""
            spark.sql(f"create table {part['name']} using delta {partitioned} as {part['sql']}")


if __name__ == "__main__":
    session = (
        SparkSession.builder.config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.warehouse.dir", sys.argv[3])
        .getOrCreate()
    )
    make(session, json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
    session.stop()
