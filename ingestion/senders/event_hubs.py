"""Send events to Azure Event Hubs, with retries that account for every event."""

import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from azure.eventhub import EventData, EventDataBatch, EventHubProducerClient

# Not public, but it is the service's own hash, which the client's buffered mode uses too: by any
# other, the events of a key that another program sends would be in another partition.
from azure.eventhub._buffered_producer._partition_resolver import PartitionResolver
from azure.eventhub.exceptions import AuthenticationError, EventHubError

from ingestion.errors import UserError

LINGER_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 30.0
SEND_TIMEOUT_SECONDS = 30.0
# The client has waits without an end (for a peer that takes a connection and says nothing).
CONNECT_SECONDS = 60.0
# Longer than one call may take: the client sends twice, and may first authorize (60 s) each time.
SILENCE_SECONDS = 200.0
CLOSE_SECONDS = 5.0
MAX_WAITING_BATCHES = 8

_NO_SUCH_HUB = "Check the hub's name and the namespace."
_NOT_ALLOWED = "Check the key or role: it must be allowed to send to this hub."
_UNREACHABLE = "Check the namespace's name, the network, and that port 5671 is open."
_NO_USE_RETRYING = {
    "not-found": _NO_SUCH_HUB,
    "Status code: 404": _NO_SUCH_HUB,
    "unauthorized-access": _NOT_ALLOWED,
    "auth-failed": _NOT_ALLOWED,
    "Status code: 401": _NOT_ALLOWED,
    "Status code: 403": _NOT_ALLOWED,
    "entity-disabled": "Enable the hub.",
    "link:message-size-exceeded": "Send smaller events.",
}
_TOO_BUSY = "Send more slowly or give the namespace more throughput units."


class EventHubsSender:
    """Sends events in batches, one partition's after another's, from one thread of its own.

    A batch is one AMQP message: the hub takes or rejects all of it. A rejected one is sent again,
    before anything newer, so a rejection neither loses nor doubles events and a key's keep their
    order. When an answer is lost with its connection the batch is sent again too: then its events
    may arrive twice. After one batch is given up, nothing more is sent.

    Args:
        hub: the event hub's name.
        connection_string: of the namespace or hub, with a key or signature that may send.
        namespace: instead of it, the fully qualified name, such as `myns.servicebus.windows.net`;
            the identity is then what `DefaultAzureCredential` finds.
        max_attempts: how often one batch is tried. The client itself makes up to two sends of each.
        first_wait_seconds: the wait before the second try; it doubles each time up to 30 s, less
            a random part of up to a half.

    Raises:
        UserError: not exactly one of connection string and namespace, or one that can't be read.
            On entering: the hub can't be reached, doesn't exist, or doesn't let us in.
    """

    def __init__(
        self,
        *,
        hub: str,
        connection_string: str | None = None,
        namespace: str | None = None,
        max_attempts: int = 8,
        first_wait_seconds: float = 0.5,
    ) -> None:
        if max_attempts < 1:
            raise UserError(f"max_attempts is {max_attempts}: it must be 1 or more.")
        self._hub = hub
        self._max_attempts = max_attempts
        self._first_wait_seconds = first_wait_seconds
        self._secrets = _secrets(connection_string or "")
        self._client = self._build_client(connection_string, namespace)
        self._partition_of: Callable[[str], str] | None = None
        self._max_bytes = 0
        self._open: dict[str | None, EventDataBatch] = {}
        self._opened_at = 0.0
        self._full: deque[EventDataBatch] = deque()
        self._unacknowledged = 0
        self._failure: str | None = None
        self._closing = False
        self._change = threading.Condition()
        self._last_sign = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"send-to-{hub}", daemon=True)

    def send(self, body: bytes, key: str | None = None) -> None:
        """Queue one event; it leaves within about 0.2 s. Waits while eight full batches are queued.

        Args:
            body: the event's bytes, sent as they are.
            key: events of one key share a partition and keep their order; None spreads them.

        Raises:
            UserError: the event is larger than the hub takes, or an earlier one failed for good.
        """
        event = EventData(body)
        if key is not None:
            event.raw_amqp_message.annotations[b"x-opt-partition-key"] = key  # type: ignore[index]
        with self._change:
            self._wait_until(lambda: len(self._full) < MAX_WAITING_BATCHES)
            # Without a key the hub chooses a partition for each batch.
            partition = self._partition_of(key) if key is not None and self._partition_of else None
            if not self._add(partition, event):
                if partition in self._open:
                    self._full.append(self._open.pop(partition))
                    self._change.notify_all()
                if not self._add(partition, event):
                    raise UserError(
                        f"An event of {len(body):,} bytes is too large for the event hub"
                        f" '{self._hub}', which takes {self._max_bytes:,} bytes with what is"
                        " around it. It was not sent. Send a smaller event."
                    )
            if self._unacknowledged == 0:
                self._last_sign = time.monotonic()
            self._unacknowledged += 1

    def flush(self) -> None:
        """Send what is queued and wait until all of it is acknowledged.

        Raises:
            UserError: some event was given up; the text says how many, why, and what to do.
        """
        with self._change:
            self._full.extend(self._open.values())
            self._open.clear()
            self._change.notify_all()
            self._wait_until(lambda: self._unacknowledged == 0)

    def __enter__(self) -> Self:
        self._last_sign = time.monotonic()
        self._thread.start()
        try:
            with self._change:
                self._wait_until(lambda: self._partition_of is not None)
        except UserError:
            self._close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.flush()
        except UserError as error:
            if exc is None:
                raise
            if str(error) != str(exc):
                exc.add_note(str(error))
        finally:
            self._close()

    def _build_client(self, connection_string: str | None, namespace: str | None) -> EventHubProducerClient:
        if (connection_string is None) == (namespace is None):
            raise UserError(f"To send to the event hub '{self._hub}', give either a connection string or a namespace.")
        # The client's own retries are off: they don't cover rejected sends, and ours do the rest.
        options: dict[str, Any] = {"retry_total": 0, "retry_backoff_factor": 0}
        try:
            if namespace is None:
                return EventHubProducerClient.from_connection_string(
                    connection_string or "", eventhub_name=self._hub, **options
                )
            from azure.identity import DefaultAzureCredential

            return EventHubProducerClient(namespace, self._hub, DefaultAzureCredential(), **options)
        except ValueError as error:
            raise UserError(
                f"The settings of the event hub '{self._hub}' can't be used:"
                f" {self._redact(str(error))} Check its name and the connection string."
            ) from None

    def _add(self, partition: str | None, event: EventData) -> bool:
        """Add an event to its partition's open batch; False if it doesn't fit."""
        batch = self._open.get(partition)
        if batch is None:
            batch = self._client.create_batch(partition_id=partition)
        try:
            batch.add(event)
        except ValueError:
            return False
        if not self._open:
            self._opened_at = time.monotonic()
            self._change.notify_all()
        self._open[partition] = batch
        return True

    def _wait_until(self, done: Callable[[], bool]) -> None:
        """Wait for the sending thread, holding the lock.

        Raises:
            UserError: it failed, or the client has been silent for longer than any call may take.
        """
        if not self._thread.is_alive() and self._failure is None:
            raise RuntimeError("use EventHubsSender as a context manager")
        limit = CONNECT_SECONDS if self._partition_of is None else SILENCE_SECONDS
        while self._failure is None and not done():
            self._change.wait(1)
            if time.monotonic() - self._last_sign > limit and not done():
                self._fail(f"no answer for {limit:.0f} s", _UNREACHABLE)
        if self._failure is not None:
            raise UserError(self._failure)

    def _fail(self, why: str, what_to_do: str) -> None:
        """Give up for good, holding the lock."""
        if self._failure is not None:
            return
        if self._partition_of is None:
            text = f"Can't connect to the event hub '{self._hub}': {why}. {what_to_do}"
        else:
            text = (
                f"Events not acknowledged by the event hub '{self._hub}': {self._unacknowledged:,}."
                f" Last error: {why}. {what_to_do} Then send everything since the last flush again:"
                " some of it may have arrived."
            )
        self._failure = self._redact(text)
        self._change.notify_all()

    def _run(self) -> None:
        """The sending thread: all network calls of the client are made here."""
        # Closing may fail on a broken connection; by then every event is acknowledged or reported.
        with suppress(Exception), self._client:
            try:
                self._connect()
                while (batch := self._next_batch()) is not None:
                    self._deliver(batch)
            except Exception as error:
                # A thread that ended without a word would leave `flush` waiting.
                with self._change:
                    self._fail(f"{type(error).__name__}: {error}", "Look for its cause.")

    def _connect(self) -> None:
        try:
            resolver = PartitionResolver(self._client.get_partition_ids())  # type: ignore[no-untyped-call]
            max_bytes = self._client.create_batch().max_size_in_bytes
        except EventHubError as error:
            with self._change:
                refused = isinstance(error, AuthenticationError)
                likely = _NOT_ALLOWED if refused else _UNREACHABLE
                self._fail(_text(error), _advice(error) or likely)
            return
        with self._change:
            # The hash takes 18 of the 118 microseconds that an event costs.
            self._partition_of = lru_cache(100_000)(resolver.get_partition_id_by_partition_key)
            self._max_bytes = max_bytes
            self._last_sign = time.monotonic()
            self._change.notify_all()

    def _next_batch(self) -> EventDataBatch | None:
        """Wait for a full batch, or for open ones that have lingered. None: nothing more to do."""
        with self._change:
            while self._failure is None and not self._closing:
                lingers = self._opened_at + LINGER_SECONDS - time.monotonic()
                # Before the full ones are looked at: a busy partition must not hold up the others.
                if self._open and lingers <= 0:
                    self._full.extend(self._open.values())
                    self._open.clear()
                if self._full:
                    self._last_sign = time.monotonic()
                    return self._full.popleft()
                self._change.wait(lingers if self._open else None)
            return None

    def _deliver(self, batch: EventDataBatch) -> None:
        """Send one batch until it is acknowledged, or give up."""
        for attempt in range(1, self._max_attempts + 1):
            try:
                self._client.send_batch(batch, timeout=SEND_TIMEOUT_SECONDS)
            except EventHubError as error:
                advice = _advice(error)
                with self._change:
                    self._last_sign = time.monotonic()
                    if advice is not None or attempt == self._max_attempts:
                        why = f"{_text(error)} (attempt {attempt} of {self._max_attempts})"
                        lasting = _TOO_BUSY if error.error == "server-busy" else _UNREACHABLE
                        self._fail(why, advice or lasting)
                    if self._failure is not None:
                        return
                    wait = min(LONGEST_WAIT_SECONDS, self._first_wait_seconds * 2 ** (attempt - 1))
                    wait *= random.uniform(0.5, 1)
                    if self._change.wait_for(lambda: self._closing, timeout=wait):
                        return
                    self._last_sign = time.monotonic()
            else:
                with self._change:
                    self._last_sign = time.monotonic()
                    self._unacknowledged -= len(batch)
                    self._change.notify_all()
                return

    def _close(self) -> None:
        with self._change:
            self._closing = True
            self._change.notify_all()
        # A client that hangs is left to its daemon thread.
        self._thread.join(timeout=CLOSE_SECONDS)

    def _redact(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _secrets(connection_string: str) -> list[str]:
    """The parts of a connection string that no text may show, longest first."""
    found = re.findall(r"(?i)SharedAccess(?:Key|Signature)\s*=\s*([^;]+)", connection_string)
    return sorted(filter(None, [connection_string, *found]), key=len, reverse=True)


def _text(error: EventHubError) -> str:
    """The error's condition and description, on one line."""
    # Behind the description the client's message repeats all of it.
    description = re.split(r"\s+Error(?: condition)?:", error.message)[0]
    return f"{error.error or type(error).__name__}: {' '.join(description.split())}".rstrip(". ")


def _advice(error: EventHubError) -> str | None:
    """What the user has to change before another attempt makes sense; None if it may just pass."""
    status = re.search(r"Status code: \d+", error.message)
    condition = status.group() if status else error.error
    return _NO_USE_RETRYING.get(condition or "")
