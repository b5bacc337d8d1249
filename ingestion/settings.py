"""Every setting of ingestion, read once from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.errors import UserError


class Settings(BaseSettings):
    """Settings, each from the environment variable of the same name with the prefix INGESTION_.

    The defaults are the local broker's and the local tables'; nothing here has to be set on one machine.
    """

    model_config = SettingsConfigDict(env_prefix="INGESTION_", env_ignore_empty=True)

    transport: Literal["kafka", "event_hubs"] = "kafka"
    """Where the events are: an open Kafka broker, or Azure Event Hubs."""
    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    """host:port of the Kafka broker; only for transport kafka."""

    event_hubs_namespace: str | None = None
    """Fully qualified, such as myshop.servicebus.windows.net."""
    event_hubs_connection_string: SecretStr | None = None
    """With a shared access key. Without it, sending uses DefaultAzureCredential."""
    event_hubs_service_credential: str | None = None
    """Name of a Unity Catalog service credential; reading on Databricks then needs no key (runtime 16.1 or later)."""
    kafka_login_module_prefix: str = ""
    """`kafkashaded.` on Databricks, whose Kafka classes carry that prefix."""

    bronze: str = str(Path(".local/bronze").resolve())
    """Where bronze tables go: a folder (path or URL, with a slash), or `catalog.schema` in Unity Catalog."""
    silver: str = str(Path(".local/warehouse/silver.db").resolve())
    """Where dbt puts silver, for reconciliation: a folder, or `catalog.schema`."""
    checkpoints: str = str(Path(".local/checkpoints").resolve())
    """Folder (path or URL) of the stream's checkpoints."""
    topic_generation: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")
    """Which life of the topic this is: its offsets start again when it is made anew. Not set: the broker is asked
    for the topic's id; Event Hubs tells none, so set a new value there whenever a hub is made anew."""
    max_offsets_per_trigger: PositiveInt = 1_000_000
    """At most this many events in one micro-batch: bounds memory, whatever has piled up."""
    trigger_seconds: PositiveFloat = 5.0
    """A micro-batch starts at most this often in continuous mode."""

    @model_validator(mode="after")
    def _has_what_the_transport_needs(self) -> "Settings":
        if self.transport == "event_hubs" and not (self.event_hubs_namespace or self.event_hubs_connection_string):
            raise ValueError(
                "transport event_hubs needs INGESTION_EVENT_HUBS_NAMESPACE or INGESTION_EVENT_HUBS_CONNECTION_STRING"
            )
        return self


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` come from the command line.

    Raises:
        UserError: a value does not fit; the text names each, and never shows a secret.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValueError as error:
        # Inputs are left out: one of them may be a secret.
        details = error.errors(include_input=False)  # type: ignore[attr-defined]
        names = ["_".join(map(str, detail["loc"])) for detail in details]
        problems = [
            f"INGESTION_{name.upper()}: {detail['msg']}" if name else str(detail["msg"])
            for name, detail in zip(names, details, strict=True)
        ]
        raise UserError("Settings that do not fit: " + "; ".join(problems)) from None
