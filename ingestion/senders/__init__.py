"""Two ways to send events, behind one small interface: Kafka and Azure Event Hubs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ingestion.contracts import HUBS
from ingestion.senders.base import Sender
from ingestion.settings import Settings

__all__ = ["Sender", "open_sender", "open_senders"]


def open_sender(settings: Settings, hub: str) -> Sender:
    """The sender for the configured transport; use it as a context manager.

    Args:
        hub: the Event Hub or Kafka topic.
    """
    if settings.transport == "kafka":
        from ingestion.senders.kafka import KafkaSender

        return KafkaSender(bootstrap_servers=settings.kafka_bootstrap_servers, hub=hub)

    from ingestion.senders.event_hubs import EventHubsSender

    if settings.event_hubs_connection_string:
        return EventHubsSender(hub=hub, connection_string=settings.event_hubs_connection_string.get_secret_value())
    assert settings.event_hubs_namespace  # by the settings' own check
    return EventHubsSender(hub=hub, namespace=settings.event_hubs_namespace)


@contextmanager
def open_senders(settings: Settings) -> Iterator[dict[str, Sender]]:
    """A sender for each hub, by its name; leaving it waits for every event to arrive."""
    with ExitStack() as stack:
        yield {hub: stack.enter_context(open_sender(settings, hub)) for hub in HUBS}
