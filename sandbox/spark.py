"""Spark on this machine: its configuration, and Spark's own Thrift server."""

import contextlib
import fcntl
import os
import sys
from pathlib import Path

import psutil
import pyspark

from ingestion.errors import UserError
from sandbox.jars import SPARK_JARS, classpath
from sandbox.java import find_java
from sandbox.processes import Daemon, require_free_port
from sandbox.settings import ROOT, SandboxSettings

TEMPLATES = Path(__file__).with_name("spark_conf")


def write_spark_conf(settings: SandboxSettings) -> None:
    """Write Spark's configuration for the tables under `settings.state` to where every Spark looks for it.

    That is SPARK_CONF_DIR, or else a folder of the installed pyspark, so that plain `dbt build` finds it too.
    """
    folder = Path(os.environ.get("SPARK_CONF_DIR", Path(pyspark.__file__).parent / "conf"))
    values = {
        "@ROOT@": str(ROOT),
        "@STATE@": str(settings.state),
        "@MEMORY@": settings.spark_memory,
        "@CLASSPATH@": classpath("spark"),
        "@PYTHON@": sys.executable,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for template in TEMPLATES.iterdir():
        text = template.read_text()
        for name, value in values.items():
            text = text.replace(name, value)
        (folder / template.name).write_text(text)


def metastore_owner(settings: SandboxSettings) -> str | None:
    """Which process has the metastore open, in words; None if none has.

    Derby locks this file the POSIX way for as long as it is open: what a killed process left is no lock.
    """
    lock = settings.metastore / "dbex.lck"
    if not lock.exists():
        return None
    with lock.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return _holder_of(lock)
    return None


def _holder_of(file: Path) -> str:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and any(opened.path == str(file) for opened in process.open_files()):
                return f"process {process.pid}"
    return "another process"


def require_metastore(settings: SandboxSettings) -> None:
    """Make sure that a Spark with tables can start now.

    Raises:
        UserError: no fit Java, or another process has the metastore.
    """
    find_java()
    settings.logs  # noqa: B018  Spark's log file needs the folder.
    if owner := metastore_owner(settings):
        raise UserError(
            f"The local tables are in use by {owner}. Wait for it or stop it; "
            "while `make live` runs, or `python -m sandbox spark start` did, "
            "use: dbt build --target local_server"
        )


def require_tables(settings: SandboxSettings) -> None:
    """Make sure that the tables can be reached now: the Spark server runs, or a Spark of our own can start.

    Raises:
        UserError: as `require_metastore`.
    """
    if not spark_server(settings).pid:
        require_metastore(settings)


def spark_server(settings: SandboxSettings) -> Daemon:
    """Spark's Thrift server over the local tables: warm, and for several clients at once."""
    return Daemon(
        name="spark-server",
        command=[
            str(SPARK_JARS.parent / "bin" / "spark-submit"),
            *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
            *("--conf", f"spark.hadoop.hive.server2.thrift.port={settings.spark_server_port}"),
            *("--conf", "spark.hadoop.hive.server2.thrift.bind.host=127.0.0.1"),
            # A thread that is new to the metastore reads all of Hive's configuration first; by default, 100 threads
            # are begun before one is used again, and each ends after ten idle seconds.
            *("--conf", "spark.hadoop.hive.server2.async.exec.threads=8"),
            *("--conf", "spark.hadoop.hive.server2.async.exec.keepalive.time=3600s"),
            # Batches are small here: compiling what Spark generates for them takes longer than interpreting them.
            *("--conf", "spark.sql.codegen.wholeStage=false"),
            *("--conf", "spark.sql.codegen.factoryMode=NO_CODEGEN"),
            "spark-internal",
        ],
        port=settings.spark_server_port,
        state=settings.state,
    )


def start_spark_server(settings: SandboxSettings) -> bool:
    """Start the Thrift server and wait until it answers.

    Returns:
        False if it ran already.
    """
    daemon = spark_server(settings)
    if daemon.pid:
        return False
    require_metastore(settings)
    require_free_port(settings.spark_server_port, "SANDBOX_SPARK_SERVER_PORT")
    daemon.start()
    return True
