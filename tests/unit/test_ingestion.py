"""Settings, options and texts of ingestion, without a broker."""

import pytest

from ingestion.errors import UserError
from ingestion.kafka_options import kafka_options, topic_generation
from ingestion.settings import Settings, load_settings
from ingestion.stream import progress_line

SECRET = "c2VjcmV0LWNhbmFyeQ"
CONNECTION = f"Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey={SECRET}="


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"INGESTION_{name.upper()}", raising=False)


def event_hubs(**settings: object) -> Settings:
    return load_settings(transport="event_hubs", event_hubs_connection_string=CONNECTION, **settings)


def test_the_local_broker_needs_no_settings() -> None:
    options = kafka_options(load_settings())
    assert options["kafka.bootstrap.servers"] == "127.0.0.1:9092"
    assert not any("sasl" in name or "security" in name for name in options)


def test_event_hubs_is_read_with_the_connection_string_as_password() -> None:
    options = kafka_options(event_hubs())
    assert options["kafka.bootstrap.servers"] == "shop.servicebus.windows.net:9093"
    assert options["kafka.security.protocol"] == "SASL_SSL"
    assert options["kafka.sasl.mechanism"] == "PLAIN"
    assert options["kafka.sasl.jaas.config"] == (
        'org.apache.kafka.common.security.plain.PlainLoginModule required username="$ConnectionString" '
        f'password="{CONNECTION}";'
    )


@pytest.mark.parametrize(
    ("sent", "written"), [('a"b', r"a\"b"), ("a\\b", r"a\\b"), ("a\nb\r", r"a\nb\r"), ("a;b='c' $d", "a;b='c' $d")]
)
def test_a_strange_key_stays_within_its_quotes(sent: str, written: str) -> None:
    options = kafka_options(load_settings(transport="event_hubs", event_hubs_connection_string=CONNECTION + sent))
    password = options["kafka.sasl.jaas.config"].partition(" password=")[2]
    assert password == f'"{CONNECTION}{written}";'


def test_on_databricks_the_login_module_has_its_prefix_or_a_service_credential_its_place() -> None:
    prefixed = kafka_options(event_hubs(kafka_login_module_prefix="kafkashaded."))
    assert prefixed["kafka.sasl.jaas.config"].startswith("kafkashaded.org.apache.kafka.")
    credential = kafka_options(
        load_settings(
            transport="event_hubs",
            event_hubs_namespace="shop.servicebus.windows.net",
            event_hubs_service_credential="shop-events",
        )
    )
    assert credential["databricks.serviceCredential"] == "shop-events"
    assert "kafka.sasl.jaas.config" not in credential


def test_secrets_are_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SECRET not in repr(event_hubs())
    monkeypatch.setenv("INGESTION_EVENT_HUBS_CONNECTION_STRING", CONNECTION)
    with pytest.raises(UserError) as raised:
        load_settings(transport="carrier pigeon")
    assert "INGESTION_TRANSPORT" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_event_hubs_without_a_way_in_is_said() -> None:
    with pytest.raises(UserError, match="INGESTION_EVENT_HUBS_NAMESPACE"):
        load_settings(transport="event_hubs")
    with pytest.raises(UserError, match="INGESTION_EVENT_HUBS_SERVICE_CREDENTIAL"):
        kafka_options(load_settings(transport="event_hubs", event_hubs_namespace="shop.servicebus.windows.net"))
    with pytest.raises(UserError, match="INGESTION_TOPIC_GENERATION"):
        topic_generation(event_hubs(), "orders")


def test_a_batch_is_told_in_one_line() -> None:
    progress = {
        "name": "orders",
        "batchId": 7,
        "numInputRows": 12_345,
        "processedRowsPerSecond": 6_789.4,
        "sources": [{"metrics": {"maxOffsetsBehindLatest": "1000"}}],
    }
    assert progress_line(progress) == "orders: batch 7, 12,345 rows, 6,789 rows/s, lag 1,000"
