"""Finds the Java that Spark and Kafka run on."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from ingestion.errors import UserError

SUPPORTED = (17, 21)
"""Java versions that Spark 4.1 runs on: https://spark.apache.org/docs/4.1.1/"""


def find_java() -> Path:
    """The path of a supported `java`: that of JAVA_HOME if it is set, else the one on the PATH.

    Raises:
        UserError: there is none, or it is of another version.
    """
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    wanted = " or ".join(map(str, SUPPORTED))
    advice = f"Install Java {wanted} and put it on the PATH, or set JAVA_HOME to it."
    if not found or not Path(found).exists():
        where = f"in JAVA_HOME={home}" if home else "on the PATH"
        raise UserError(f"No Java {where}. {advice}")
    answer = subprocess.run([found, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', answer.stderr)
    if not version:
        raise UserError(f"{found} -version does not answer like a Java. {advice}")
    if int(version[1]) not in SUPPORTED:
        raise UserError(f"{found} is Java {version[1]}; Spark runs on Java {wanted}. {advice}")
    return Path(found)
