"""A sandbox of its own for a test: state, ports and Spark configuration apart from the user's."""

import os
import secrets
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.settings import ROOT, SandboxSettings
from sandbox.spark import write_spark_conf


def free_port() -> int:
    """A port of 127.0.0.1 that nothing uses now, and that the system gives to nobody who asks for any."""
    # The system's own start at 32768 (ip_local_port_range): one of those may be gone before it is used.
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class TestSandbox:
    """A sandbox under a temporary folder, and the environment in which our command lines work on it."""

    __test__ = False

    state: Path
    for_small_data: bool = True
    """Half the memory, and the JIT's first compiler alone: best for a short-lived JVM over some thousand rows."""
    root: Path = ROOT
    """The tree whose command lines are run."""
    python: Path = Path(sys.executable)
    settings: SandboxSettings = field(init=False)
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        ports = {
            "SANDBOX_BROKER_PORT": str(free_port()),
            "SANDBOX_BROKER_CONTROLLER_PORT": str(free_port()),
            "SANDBOX_SPARK_SERVER_PORT": str(free_port()),
        }
        memory = "1g" if self.for_small_data else SandboxSettings.model_fields["spark_memory"].default
        self.settings = SandboxSettings(
            state=self.state,
            broker_port=int(ports["SANDBOX_BROKER_PORT"]),
            broker_controller_port=int(ports["SANDBOX_BROKER_CONTROLLER_PORT"]),
            spark_server_port=int(ports["SANDBOX_SPARK_SERVER_PORT"]),
            spark_memory=memory,
        )
        self.environment = {
            **ports,
            "SANDBOX_STATE": str(self.state),
            "SANDBOX_SPARK_MEMORY": memory,
            "SPARK_CONF_DIR": str(self.state / "spark_conf"),
            # Said here too where nothing is to be said: processes inherit the environment of another sandbox.
            "PYSPARK_SUBMIT_ARGS": "pyspark-shell",
            "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1" if self.for_small_data else "",
            "DBT_TARGET_PATH": str(self.state / "target"),
            "DBT_LOG_PATH": str(self.state / "logs"),
            "INGESTION_KAFKA_BOOTSTRAP_SERVERS": self.settings.broker_address,
            "INGESTION_BRONZE": str(self.settings.bronze),
            "INGESTION_SILVER": str(self.settings.warehouse / "silver.db"),
            "INGESTION_CHECKPOINTS": str(self.settings.checkpoints),
        }
        self.settings.logs  # noqa: B018  Spark's log file needs the folder.
        before = os.environ.get("SPARK_CONF_DIR")
        os.environ["SPARK_CONF_DIR"] = self.environment["SPARK_CONF_DIR"]
        write_spark_conf(self.settings)
        if before is None:
            del os.environ["SPARK_CONF_DIR"]
        else:
            os.environ["SPARK_CONF_DIR"] = before

    def without_code_generation(self) -> None:
        """Let Spark interpret expressions, in one partition and by the first plan: planning is what small data costs.

        A run of all models over some thousand events took 112 to 123 s of CPU interpreted instead of 155 to 187 (2
        cores, 24 GB, 2026-11-25); one over 150 new events 68 to 75 s in one partition and without adaptive plans
        instead of 74 to 88 (2026-11-30). The histories of the findings are built with all of it, as users build.
        """
        settings = {
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            "spark.sql.shuffle.partitions": "1",
            "spark.sql.adaptive.enabled": "false",
        }
        options = " ".join(f"--conf {name}={value}" for name, value in settings.items())
        self.environment["PYSPARK_SUBMIT_ARGS"] = f"{options} pyspark-shell"

    def command(self, module: str, *arguments: str) -> list[str]:
        """One of our command lines."""
        return [str(self.python), "-m", module, *arguments]

    def start(self, module: str, *arguments: str) -> "subprocess.Popen[str]":
        """Start one of our command lines on this sandbox, its output piped."""
        return subprocess.Popen(
            self.command(module, *arguments),
            cwd=self.root,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, module: str, *arguments: str, timeout: float = 240) -> "subprocess.CompletedProcess[str]":
        """Run one of our command lines on this sandbox to its end."""
        return subprocess.run(
            self.command(module, *arguments),
            cwd=self.root,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
