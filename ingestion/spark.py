"""The Spark session of the stream job."""

import logging

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from ingestion.errors import UserError


def spark_session() -> SparkSession:
    """The running session (Databricks has one), or a new one by Spark's own configuration files.

    Raises:
        UserError: Spark did not start.
    """
    # The bridge to Java prints a trace of hundreds of lines for an error that we raise again as one.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    try:
        return SparkSession.builder.appName("ingestion").getOrCreate()
    except PySparkRuntimeError as error:
        raise UserError(f"Spark did not start: {error.getMessage()} Is Java there? Try: make setup") from error
