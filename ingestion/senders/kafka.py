"""Sends events to a Kafka broker."""

from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ingestion.errors import UserError
from ingestion.kafka_options import SILENT


def _text(error: KafkaException) -> str:
    return str(error.args[0].str())


class KafkaSender:
    """Sends to one topic: idempotent, acknowledged by all replicas, in batches.

    Args:
        bootstrap_servers: host:port of the broker.
        hub: the topic.
        timeout_seconds: an event not acknowledged in this time is given up, and `flush` says so.
    """

    def __init__(self, *, bootstrap_servers: str, hub: str, timeout_seconds: float = 60) -> None:
        self._where = f"{hub} at {bootstrap_servers}"
        self._hub = hub
        self._timeout = timeout_seconds
        self._failed = 0
        self._last_error = ""
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "enable.idempotence": True,
                "linger.ms": 20,
                "batch.size": 1_000_000,
                "message.max.bytes": 2_000_000,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 200_000,
                "queue.buffering.max.kbytes": 256 * 1024,
                "delivery.timeout.ms": int(timeout_seconds * 1000),
                # Only failures are told to Python: no callback for each of the many that arrive.
                "delivery.report.only.error": True,
            },
            logger=SILENT,
        )

    def send(self, body: bytes, key: str | None = None) -> None:
        """Queue one event; waits while the queue is full. See `Sender.send`."""
        while True:
            try:
                self._producer.produce(self._hub, value=body, key=key, on_delivery=self._on_delivery)
                return
            except BufferError:
                self._producer.poll(0.1)
                self._raise_if_failed()
            except KafkaException as error:
                raise UserError(
                    f"An event of {len(body):,} bytes can't be sent to {self._where}: {_text(error)}"
                ) from error

    def flush(self) -> None:
        """Wait until every queued event is acknowledged. See `Sender.flush`."""
        left = self._producer.flush(self._timeout + 5)
        self._raise_if_failed()
        if left:
            raise UserError(
                f"{left:,} events did not reach {self._where} in {self._timeout:g} s. Is the broker running?"
            )

    def __enter__(self) -> Self:
        # Ask first: who has no broker should know it now, not when the queue gives up.
        try:
            topic = self._producer.list_topics(self._hub, timeout=10).topics[self._hub]
        except KafkaException as error:
            raise UserError(f"Nothing answers for {self._where}: {_text(error)}. Is the broker running?") from error
        if topic.error is not None:
            raise UserError(f"Can't send to {self._where}: {topic.error.str()}. Is the hub's name right?")
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc is None:
            self.flush()
        else:
            self._producer.purge()

    def _on_delivery(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failed += 1
            self._last_error = error.str()

    def _raise_if_failed(self) -> None:
        if self._failed:
            raise UserError(
                f"{self._failed:,} events did not reach {self._where}: {self._last_error}. Is the broker running?"
            )
