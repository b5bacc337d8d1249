"""How Kafka clients reach the events: an open local broker, or Event Hubs' Kafka endpoint."""

import logging
import re
from functools import partial

from ingestion.errors import UserError
from ingestion.settings import Settings

SILENT = logging.getLogger(f"{__name__}.client")
"""For Kafka clients: what they log of each attempt is noise beside the one error that we raise."""
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False

PLAIN_CLIENT = {
    # A broker that is gone is said after half a minute, not after one or two.
    "kafka.request.timeout.ms": "20000",
    "kafka.default.api.timeout.ms": "30000",
    # Spark asks three times otherwise, and each time waits for as long.
    "fetchOffset.numRetries": "1",
}
EVENT_HUBS_CLIENT = {
    # https://learn.microsoft.com/azure/event-hubs/apache-kafka-configurations
    "kafka.request.timeout.ms": "60000",
    "kafka.session.timeout.ms": "30000",
    "kafka.metadata.max.age.ms": "180000",
    "kafka.connections.max.idle.ms": "180000",
}


def kafka_options(settings: Settings) -> dict[str, str]:
    """Options of Spark's Kafka source that say where the broker is and who we are.

    Raises:
        UserError: reading Event Hubs has neither a service credential nor a connection string.
    """
    if settings.transport == "kafka":
        return {"kafka.bootstrap.servers": settings.kafka_bootstrap_servers, **PLAIN_CLIENT}
    options = {"kafka.bootstrap.servers": f"{_namespace(settings)}:9093", **EVENT_HUBS_CLIENT}
    if settings.event_hubs_service_credential:
        return options | {"databricks.serviceCredential": settings.event_hubs_service_credential}
    if not settings.event_hubs_connection_string:
        raise UserError(
            "Reading Event Hubs needs INGESTION_EVENT_HUBS_SERVICE_CREDENTIAL (on Databricks) "
            "or INGESTION_EVENT_HUBS_CONNECTION_STRING."
        )
    module = f"{settings.kafka_login_module_prefix}org.apache.kafka.common.security.plain.PlainLoginModule"
    secret = settings.event_hubs_connection_string.get_secret_value()
    return options | {
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "PLAIN",
        "kafka.sasl.jaas.config": f'{module} required username="$ConnectionString" password={_quoted(secret)};',
    }


def topic_generation(settings: Settings, topic: str) -> str:
    """The broker's own id of a topic, another one each time the topic is made.

    Raises:
        UserError: the broker can't be reached, lacks the topic, or (Event Hubs) tells no id.
    """
    if settings.transport == "event_hubs":
        raise UserError(
            "Event Hubs tells no topic id. Set INGESTION_TOPIC_GENERATION=1, "
            "and a new value whenever a hub is made anew."
        )
    from confluent_kafka import KafkaException, TopicCollection
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers}, logger=SILENT)
    try:
        described = admin.describe_topics(TopicCollection([topic]), request_timeout=10)[topic].result()
    except KafkaException as error:
        raise UserError(
            f"Topic {topic} at {settings.kafka_bootstrap_servers} can't be read: {error.args[0].str()}. "
            "Is the broker running (python -m sandbox broker start)?"
        ) from error
    # Base64 without padding, as Kafka writes topic ids; the two long halves tell it apart in a path.
    high, low = described.topic_id.get_most_significant_bits(), described.topic_id.get_least_significant_bits()
    return f"{high & 0xFFFFFFFFFFFFFFFF:016x}{low & 0xFFFFFFFFFFFFFFFF:016x}"


def broker_offsets(settings: Settings, topic: str) -> dict[int, tuple[int, int]]:
    """By partition: the oldest offset that the broker still holds, and the one that it gives next.

    Raises:
        UserError: the broker can't be reached, or lacks the topic.
    """
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    consumer = Consumer({**_client(settings), "group.id": "reconcile"}, logger=SILENT)
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        if not partitions:
            raise UserError(f"The broker has no topic {topic}.")
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30) for number in partitions
        }
    except KafkaException as error:
        raise UserError(
            f"The offsets of {topic} can't be read: {error.args[0].str()}. Is the broker running, and may we read it?"
        ) from error
    finally:
        consumer.close()


def _quoted(text: str) -> str:
    """A text as a value of a JAAS configuration, whatever it holds: Kafka's errors repeat what they can't read of one.

    The escapes are those of Java's StreamTokenizer, by which Kafka reads it.
    """
    for character, escape in {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}.items():
        text = text.replace(character, escape)
    return f'"{text}"'


def _client(settings: Settings) -> dict[str, object]:
    """How confluent-kafka's clients reach what Spark's source reads."""
    if settings.transport == "kafka":
        return {"bootstrap.servers": settings.kafka_bootstrap_servers}
    options: dict[str, object] = {"bootstrap.servers": f"{_namespace(settings)}:9093", "security.protocol": "SASL_SSL"}
    if settings.event_hubs_connection_string:
        return options | {
            "sasl.mechanism": "PLAIN",
            "sasl.username": "$ConnectionString",
            "sasl.password": settings.event_hubs_connection_string.get_secret_value(),
        }
    return options | {"sasl.mechanism": "OAUTHBEARER", "oauth_cb": partial(_token, _namespace(settings))}


def _token(namespace: str, _: str) -> tuple[str, float]:
    """A token for the namespace, and until when it holds, as confluent-kafka asks for it."""
    from azure.identity import DefaultAzureCredential

    token = DefaultAzureCredential().get_token(f"https://{namespace}/.default")
    return token.token, float(token.expires_on)


def _namespace(settings: Settings) -> str:
    if settings.event_hubs_namespace:
        return settings.event_hubs_namespace
    assert settings.event_hubs_connection_string  # by the settings' own check
    endpoint = re.search(r"Endpoint=sb://([^/;]+)", settings.event_hubs_connection_string.get_secret_value())
    if not endpoint:
        raise UserError("INGESTION_EVENT_HUBS_CONNECTION_STRING has no Endpoint=sb://...; copy it whole.")
    return endpoint[1]
