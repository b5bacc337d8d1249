"""Where things are on this machine, and on which ports."""

import sys
from functools import cached_property
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
JARS = Path(sys.prefix) / "jars"
PERSPECTIVES = ("executive_overview", "conversion_analysis", "social_engagement", "customer_reviews")
"""The four perspectives by the names of their analyses, in the order of the dashboards."""


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may look into, as all local state is: it holds what customers did and wrote.

    One that is there stays as it is: who opened it to others meant to.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


class SandboxSettings(BaseSettings):
    """Settings of the sandbox, each from the environment variable of the same name with the prefix SANDBOX_."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_")

    state: Path = ROOT / ".local"
    """All local state: the broker's log, tables, metastore, checkpoints, log files."""
    broker_port: int = 9092
    broker_controller_port: int = 9093
    spark_server_port: int = 10000
    spark_memory: str = "2g"
    """Heap of each Spark driver, in the JVM's notation."""

    @property
    def broker_address(self) -> str:
        """The local broker's bootstrap address, host:port."""
        return f"127.0.0.1:{self.broker_port}"

    @property
    def bronze(self) -> Path:
        """The folder that holds one Delta table a hub."""
        return self.state / "bronze"

    @property
    def checkpoints(self) -> Path:
        """The folder of the stream job's checkpoints."""
        return self.state / "checkpoints"

    @property
    def warehouse(self) -> Path:
        """The folder of dbt's tables: `<schema>.db/<table>`."""
        return self.state / "warehouse"

    @property
    def metastore(self) -> Path:
        """Derby's database: which tables there are, and where."""
        return self.state / "metastore"

    @property
    def ledgers(self) -> Path:
        """The simulator's ledgers, one file a run."""
        return self.state / "ledger"

    @cached_property
    def logs(self) -> Path:
        """The folder of log files; made when first asked for."""
        folder = private_folder(self.state) / "logs"
        folder.mkdir(exist_ok=True)
        return folder
