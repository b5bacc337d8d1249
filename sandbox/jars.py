"""Fetches the Java libraries that pip can't: Delta, Spark's Kafka source, and the Kafka broker."""

import hashlib
import subprocess
from pathlib import Path

import pyspark

from ingestion.errors import UserError
from sandbox.java import find_java
from sandbox.settings import JARS, SandboxSettings

SPARK_JARS = Path(pyspark.__file__).parent / "jars"
WANTED = Path(__file__).with_name("ivy.xml")


def classpath(part: str) -> str:
    """The Java class path of one configuration of ivy.xml, jar by jar.

    Args:
        part: "spark" or "broker".
    """
    jars = sorted((JARS / part).glob("*.jar"))
    if not jars:
        raise UserError("The Java libraries are not here yet. Run: make setup")
    return ":".join(map(str, jars))


def fetch_jars(settings: SandboxSettings) -> bool:
    """Fetch what ivy.xml lists into the Python environment, once for each version of that file.

    Returns:
        True if there was something to fetch.

    Raises:
        UserError: Maven Central could not be reached, or lacks a library.
    """
    stamp = JARS / "fetched"
    wanted = hashlib.sha256(WANTED.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    log = settings.logs / "jars.log"
    with log.open("w") as output:
        done = subprocess.run(
            [
                str(find_java()),
                *("-cp", f"{SPARK_JARS}/*", "org.apache.ivy.Main"),
                *("-ivy", str(WANTED), "-confs", "spark", "broker"),
                *("-cache", str(JARS / "cache"), "-sync"),
                *("-retrieve", str(JARS / "[conf]" / "[artifact]-[revision].[ext]")),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise UserError(f"Fetching the Java libraries failed (see {log}). Is Maven Central reachable?")
    stamp.write_text(wanted)
    return True
