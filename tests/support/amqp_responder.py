"""One event hub on loopback: an AMQP 1.0 peer to test the real azure-eventhub client against.

It stands for an Event Hubs namespace with a single hub, for tests that need the client's own
batching, retries and reading back without an Azure account.

It speaks, over plain TCP on 127.0.0.1: SASL (ANONYMOUS and MSSBCBS), `$cbs` put-token,
`$management` READ of the hub and of a partition, sender links to the hub or to one partition
(messages and batches, several frames a message, link credit, one disposition a message), and
receiver links from an offset, with credit. Asked to, it rejects messages with
`com.microsoft:server-busy`, drops the connection between storing a message and acknowledging it,
refuses tokens or cuts the largest message it takes. All of that follows the count of
messages, so a run can be repeated.

What it does not prove: TLS, Entra ID, that a token is right (any is taken), the service's own
throttling, quotas, latency, retention and geo-replication, its way of spreading keys over
partitions (a batch with a key goes to crc32(key) here), idle time-outs, consumer epochs, and any
of the service's error texts. Events keep their body and message annotations, nothing else.

`UseDevelopmentEmulator=true` in `connection_string` makes the client speak without TLS. The file is
long because the standard library has nothing of AMQP: its types, frames and links are all here.
"""

import asyncio
import itertools
import re
import struct
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
SASL_MECHANISMS, SASL_OUTCOME = 0x40, 0x44
ACCEPTED, REJECTED, ERROR, SOURCE, TARGET = 0x24, 0x25, 0x1D, 0x28, 0x29
ANNOTATIONS, PROPERTIES, APPLICATION_PROPERTIES, DATA, VALUE = 0x72, 0x73, 0x74, 0x75, 0x77
BATCH_FORMAT = 0x80013700
AMQP_HEADER, SASL_HEADER = b"AMQP\x00\x01\x00\x00", b"AMQP\x03\x01\x00\x00"
MAX_FRAME_BYTES = 65_536
WINDOW = 2**31 - 1
CREDIT = 1_000
BUSY = "com.microsoft:server-busy"


class Described(NamedTuple):
    """A described value: its descriptor's number (or symbol) and the value itself."""

    descriptor: Any
    value: Any


class Encoded(bytes):
    """Bytes that are an AMQP value already."""


def _number(code: int, letter: str) -> Callable[[int], Encoded]:
    return lambda number: Encoded(struct.pack(f">B{letter}", code, number))


ubyte, ushort, uint = _number(0x50, "B"), _number(0x60, "H"), _number(0x70, "I")
ulong, long, milliseconds = _number(0x80, "Q"), _number(0x81, "q"), _number(0x83, "q")


def timestamp(seconds: float) -> Encoded:
    return milliseconds(int(seconds * 1000))


def short(code: int, text: str) -> Encoded:
    """A symbol (0xA3) or string (0xA1) of at most 255 bytes."""
    return Encoded(bytes([code, len(text.encode())]) + text.encode())


def symbol(text: str) -> Encoded:
    return short(0xA3, text)


def long_form(code: int, content: bytes) -> Encoded:
    return Encoded(struct.pack(">BI", code, len(content)) + content)


def array(values: list[Encoded]) -> Encoded:
    """An array, of the first value's constructor."""
    items = b"".join(value[1:] for value in values)
    return long_form(0xF0, struct.pack(">I", len(values)) + values[0][:1] + items)


def described(descriptor: int, value: Any) -> Encoded:
    return Encoded(bytes([0x00, 0x53, descriptor]) + encode(value))


def encode(value: Any) -> Encoded:
    """Encode None, bool, int (as long), str, bytes, UUID, list, dict; encoded values stay."""
    match value:
        case Encoded():
            return value
        case None | True | False:
            return Encoded({None: b"\x40", True: b"\x41", False: b"\x42"}[value])
        case int():
            return long(value)
        case str():
            return long_form(0xB1, value.encode())
        case bytes():
            return long_form(0xB0, value)
        case uuid.UUID():
            return Encoded(b"\x98" + value.bytes)
        case list():
            return long_form(0xD0, struct.pack(">I", len(value)) + b"".join(map(encode, value)))
        case dict():
            items = list(itertools.chain(*value.items()))
            return long_form(0xD1, struct.pack(">I", len(items)) + b"".join(map(encode, items)))
    raise TypeError(f"no AMQP encoding for {type(value).__name__}")


_CONSTANT: dict[int, Any] = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0, 0x45: []}
_FIXED = {
    code: struct.Struct(f">{letter}")
    for code, letter in zip(
        bytes.fromhex("50 51 52 53 54 55 56 60 61 70 71 72 73 80 81 82 83"),
        "BbBBbb?HhIifIQqdq",
        strict=True,
    )
}


def decode(buffer: bytes, at: int = 0, code: int | None = None) -> tuple[Any, int]:
    """Decode the value at an offset, and say where it ends; strings and symbols become str.

    Args:
        buffer: AMQP bytes.
        at: where the value starts.
        code: its constructor, if that stands elsewhere (in an array).

    Raises:
        ValueError: a constructor that AMQP 1.0 doesn't have, or a decimal.
    """
    if code is None:
        code, at = buffer[at], at + 1
    if code == 0x00:
        descriptor, at = decode(buffer, at)
        value, at = decode(buffer, at)
        return Described(descriptor, value), at
    if code in _CONSTANT:
        return _CONSTANT[code], at
    if code in _FIXED:
        return _FIXED[code].unpack_from(buffer, at)[0], at + _FIXED[code].size
    if code == 0x98:
        return uuid.UUID(bytes=bytes(buffer[at : at + 16])), at + 16
    # The other constructors come in pairs, with lengths of one byte or (bit 4 set) of four.
    length = struct.Struct(">I" if code & 0x10 else ">B")
    size, at = length.unpack_from(buffer, at)[0], at + length.size
    end = at + size
    match code | 0x10:
        case 0xB0:
            return bytes(buffer[at:end]), end
        case 0xB1 | 0xB3:
            return str(buffer[at:end], "utf-8"), end
    count, at = length.unpack_from(buffer, at)[0], at + length.size
    item_code = None
    if code | 0x10 == 0xF0:
        item_code, at = buffer[at], at + 1
    items = []
    for _ in range(count):
        item, at = decode(buffer, at, item_code)
        items.append(item)
    match code | 0x10:
        case 0xD0 | 0xF0:
            return items, end
        case 0xD1:
            return dict(zip(items[::2], items[1::2], strict=True)), end
    raise ValueError(f"constructor {code:#x} is not AMQP 1.0")


def sections(message: bytes) -> Iterator[Described]:
    """The sections of a message, in order."""
    at = 0
    while at < len(message):
        section, at = decode(message, at)
        yield section


@dataclass(frozen=True)
class StoredEvent:
    """An event as the hub holds it: partition, place in it (from 0), body, annotations."""

    partition: str
    sequence: int
    body: bytes
    annotations: dict[str, Any]
    stored_at: float

    @property
    def key(self) -> str | None:
        key: str | None = self.annotations.get("x-opt-partition-key")
        return key


@dataclass
class Link:
    """One end of a link, and the message that is arriving on it."""

    channel: int
    handle: int
    address: str
    client_sends: bool
    credit: int = 0
    deliveries: int = 0
    next_index: int = 0
    delivery_id: int | None = None
    message_format: int = 0
    payload: bytearray = field(default_factory=bytearray)

    @property
    def partition(self) -> str | None:
        _, found, rest = self.address.partition("/Partitions/")
        return rest if found else None


class AmqpResponder:
    """A hub to connect to, running from `__enter__` to `__exit__` on a thread of its own.

    Args:
        hub: the event hub's name; any other name is answered "not found".
        partitions: how many; they are called "0", "1", and so on.
        rejects: given a message's number (from 0, over all links), whether to answer server-busy
            and store nothing.
        drops: given a message's number, whether to store it and cut the connection unanswered.
        token_status: how `$cbs` answers put-token; 401 refuses.
        max_message_bytes: what sender links announce, and enforce.
    """

    def __init__(
        self,
        *,
        hub: str = "orders",
        partitions: int = 2,
        rejects: Callable[[int], bool] = lambda number: False,
        drops: Callable[[int], bool] = lambda number: False,
        token_status: int = 200,
        max_message_bytes: int = 1_048_576,
    ) -> None:
        self.hub = hub
        self.rejects = rejects
        self.drops = drops
        self.token_status = token_status
        self.max_message_bytes = max_message_bytes
        self.log: dict[str, list[StoredEvent]] = {str(number): [] for number in range(partitions)}
        self.messages = itertools.count()
        self.busy_text = "The hub is busy, as the test asked."
        self.rejected = 0
        self.dropped = 0
        self.connections: set[Connection] = set()
        self.key = "c2VjcmV0LW9mLXRoZS1yZXNwb25kZXI="
        self._spread = itertools.cycle(self.log)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="amqp-hub")
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._port = 0

    @property
    def connection_string(self) -> str:
        """What the client is given. The key in it is checked by nobody, but must never be shown."""
        return (
            f"Endpoint=sb://localhost:{self._port};SharedAccessKeyName=sender;"
            f"SharedAccessKey={self.key};UseDevelopmentEmulator=true"
        )

    @property
    def events(self) -> list[StoredEvent]:
        """All events stored so far, partition by partition."""
        return [event for log in self.log.values() for event in log]

    def store(self, partition: str | None, message: bytes, message_format: int) -> None:
        """Append a message's events, or the events of a batch, to a partition (None: any)."""
        annotations: dict[str, Any] = {}
        bodies: list[tuple[bytes, dict[str, Any]]] = []
        for code, value in sections(message):
            if code == ANNOTATIONS:
                annotations = value
            elif code == DATA and message_format != BATCH_FORMAT:
                bodies.append((value, annotations))
            elif code == DATA:
                inner = dict(sections(value))
                bodies.append((inner[DATA], inner.get(ANNOTATIONS) or {}))
        if partition is None:
            key = annotations.get("x-opt-partition-key")
            by_key = str(zlib.crc32((key or "").encode()) % len(self.log))
            partition = next(self._spread) if key is None else by_key
        log = self.log[partition]
        for body, own in bodies:
            log.append(StoredEvent(partition, len(log), body, own, time.time()))
        for connection in self.connections:
            connection.deliver(partition)

    def cut_connections(self) -> None:
        """Drop every connection, as the service does with idle ones."""
        for connection in list(self.connections):
            self._loop.call_soon_threadsafe(connection.cut)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        self.connections.add(connection)
        try:
            await connection.serve()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # The client has gone, or the responder is stopping.
        finally:
            self.connections.discard(connection)
            writer.close()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the responder did not start within 10 s")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


class Connection:
    """One client connection. The client's channel and handle numbers serve in both directions."""

    def __init__(self, hub: AmqpResponder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._hub = hub
        self._reader = reader
        self._writer = writer
        self._links: dict[tuple[int, int], Link] = {}
        self._transfers_in = 0
        self._transfers_out = 0
        self._max_frame_bytes = MAX_FRAME_BYTES

    async def serve(self) -> None:
        """Shake hands and answer frames until the client closes or is cut off."""
        header = await self._reader.readexactly(8)
        if header == SASL_HEADER:
            self._writer.write(SASL_HEADER)
            mechanisms = array([symbol("ANONYMOUS"), symbol("MSSBCBS")])
            self._send(0, described(SASL_MECHANISMS, [mechanisms]), frame_type=1)
            await self._read_frame()
            self._send(0, described(SASL_OUTCOME, [ubyte(0), None]), frame_type=1)
            header = await self._reader.readexactly(8)
        if header != AMQP_HEADER:
            return
        self._writer.write(AMQP_HEADER)
        answers = {
            OPEN: self._on_open,
            BEGIN: self._on_begin,
            ATTACH: self._on_attach,
            FLOW: self._on_flow,
            DETACH: self._on_detach,
            END: self._on_end,
        }
        while not self._writer.is_closing():
            channel, body = await self._read_frame()
            if not body:
                continue
            (code, fields), end = decode(body)
            fields += [None] * (14 - len(fields))
            if code == TRANSFER:
                self._on_transfer(channel, fields, body[end:])
            elif code == CLOSE:
                self._send(0, described(CLOSE, [None]))
                return
            elif code in answers:
                answers[code](channel, fields)
            await self._writer.drain()

    def cut(self) -> None:
        """Drop the connection without a word."""
        self._writer.transport.abort()

    async def _read_frame(self) -> tuple[int, bytes]:
        size, offset, _, channel = struct.unpack(">IBBH", await self._reader.readexactly(8))
        rest = await self._reader.readexactly(size - 8)
        return channel, rest[offset * 4 - 8 :]

    def _send(self, channel: int, body: bytes, frame_type: int = 0) -> None:
        self._writer.write(struct.pack(">IBBH", len(body) + 8, 2, frame_type, channel) + body)

    def _on_open(self, channel: int, fields: list[Any]) -> None:
        self._max_frame_bytes = min(fields[2] or MAX_FRAME_BYTES, MAX_FRAME_BYTES)
        answer = ["amqp-responder", None, uint(MAX_FRAME_BYTES), ushort(255), *[None] * 6]
        self._send(channel, described(OPEN, answer))

    def _on_begin(self, channel: int, fields: list[Any]) -> None:
        answer = [ushort(channel), uint(0), uint(WINDOW), uint(WINDOW), uint(255), *[None] * 3]
        self._send(channel, described(BEGIN, answer))

    def _on_attach(self, channel: int, fields: list[Any]) -> None:
        name, handle, role, source, target = *fields[:3], fields[5], fields[6]
        client_sends = not role
        node = (target if client_sends else source).value
        address = urlsplit(node[0]).path.lstrip("/")
        link = Link(channel, handle, address, client_sends)
        known = address.split("/")[0] in (self._hub.hub, "$cbs", "$management")
        known = known and link.partition in (None, *self._hub.log)
        ends = [
            described(SOURCE, [source.value[0]]) if known else None,
            described(TARGET, [target.value[0]]) if known else None,
        ]
        answer = [name, uint(handle), not role, ubyte(0), ubyte(0), *ends, None, None]
        limit = ulong(self._hub.max_message_bytes)
        answer += [None if client_sends else uint(0), limit, None, None, None]
        self._send(channel, described(ATTACH, answer))
        if not known:
            error = _error("amqp:not-found", f"There is no entity '{address}' here.")
            self._send(channel, described(DETACH, [uint(handle), True, error]))
            return
        self._links[channel, handle] = link
        if client_sends:
            self._grant(link)
        else:
            link.next_index = self._start_index(link, node[7] if len(node) > 7 else None)

    def _start_index(self, link: Link, filters: dict[str, Any] | None) -> int:
        """The first event a receiver wants: its selector compares an offset or sequence number."""
        stored = len(self._hub.log[link.partition]) if link.partition is not None else 0
        for selector in (filters or {}).values():
            found = re.search(r"x-opt-(?:offset|sequence-number) ?(>=?) ?'(.*?)'", selector.value)
            if not found:
                raise ValueError(f"a selector the responder does not know: {selector.value}")
            sign, position = found.groups()
            if position == "@latest":
                return stored
            return max(0, int(position) + (sign == ">"))
        return 0

    def _grant(self, link: Link) -> None:
        link.credit = CREDIT
        session = [uint(self._transfers_in), uint(WINDOW), uint(self._transfers_out), uint(WINDOW)]
        own = [uint(link.handle), uint(link.deliveries), uint(link.credit), uint(0), False, False]
        self._send(link.channel, described(FLOW, [*session, *own, None]))

    def _on_flow(self, channel: int, fields: list[Any]) -> None:
        link = self._links.get((channel, fields[4])) if fields[4] is not None else None
        if link is not None and not link.client_sends:
            link.credit = (fields[5] or 0) + (fields[6] or 0) - link.deliveries
            if link.partition is not None:
                self.deliver(link.partition)

    def _on_detach(self, channel: int, fields: list[Any]) -> None:
        if self._links.pop((channel, fields[0]), None):
            self._send(channel, described(DETACH, [uint(fields[0]), True, None]))

    def _on_end(self, channel: int, fields: list[Any]) -> None:
        self._links = {key: link for key, link in self._links.items() if key[0] != channel}
        self._send(channel, described(END, [None]))

    def _on_transfer(self, channel: int, fields: list[Any], payload: bytes) -> None:
        self._transfers_in += 1
        link = self._links[channel, fields[0]]
        if not link.payload:
            link.delivery_id, link.message_format = fields[1], fields[3] or 0
        link.payload += payload
        if fields[5]:
            return
        message, link.payload = bytes(link.payload), bytearray()
        link.deliveries += 1
        link.credit -= 1
        if link.credit < CREDIT // 2:
            self._grant(link)
        state: Encoded | None = described(ACCEPTED, [])
        if link.address.startswith("$"):
            self._answer_request(link, message)
        else:
            state = self._take(link, message)
        if state is None:
            return
        first = uint(link.delivery_id or 0)
        self._send(channel, described(DISPOSITION, [True, first, first, True, state, False]))

    def _take(self, link: Link, message: bytes) -> Encoded | None:
        """Store a message or reject it. Returns the delivery's state, or None if cut off."""
        number = next(self._hub.messages)
        if len(message) > self._hub.max_message_bytes:
            return described(REJECTED, [_error("amqp:link:message-size-exceeded", "too large")])
        if self._hub.rejects(number):
            self._hub.rejected += 1
            return described(REJECTED, [_error(BUSY, self._hub.busy_text)])
        self._hub.store(link.partition, message, link.message_format)
        if self._hub.drops(number):
            self._hub.dropped += 1
            self.cut()
            return None
        return described(ACCEPTED, [])

    def _answer_request(self, link: Link, message: bytes) -> None:
        """Answer put-token or READ on the link that goes the other way between the same ends."""
        request = dict(sections(message))
        asked = request[APPLICATION_PROPERTIES]
        back = next(
            other
            for other in self._links.values()
            if (other.channel, other.address) == (link.channel, link.address) and not other.client_sends
        )
        status: int = self._hub.token_status
        value: dict[str, Any] = {}
        if link.address == "$management":
            status, value = self._read(asked)
        properties = [*[None] * 5, request[PROPERTIES][0], *[None] * 7]
        description = "OK" if status < 400 else "refused by the responder"
        headers = {"status-code": status, "status-description": description}
        answer = described(PROPERTIES, properties) + described(APPLICATION_PROPERTIES, headers)
        self._transfer(back, answer + described(VALUE, value))

    def _read(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """What `$management` knows of the hub, or of one of its partitions."""
        log = self._hub.log.get(str(asked.get("partition")))
        if asked.get("name") != self._hub.hub or (asked.get("partition") and log is None):
            return 404, {}
        if log is None:
            names = [short(0xA1, name) for name in self._hub.log]
            about = {"name": self._hub.hub, "created_at": timestamp(time.time())}
            return 200, {**about, "partition_count": len(names), "partition_ids": array(names)}
        return 200, {
            "name": self._hub.hub,
            "partition": asked["partition"],
            "begin_sequence_number": 0,
            "last_enqueued_sequence_number": len(log) - 1,
            "last_enqueued_offset": str(len(log) - 1),
            "last_enqueued_time_utc": timestamp(log[-1].stored_at if log else 0),
            "is_partition_empty": not log,
        }

    def deliver(self, partition: str) -> None:
        """Send every receiver of a partition what it has credit for."""
        for link in self._links.values():
            if link.client_sends or link.partition != partition:
                continue
            log = self._hub.log[partition]
            while link.credit > 0 and link.next_index < len(log):
                event = log[link.next_index]
                annotations = {
                    **{symbol(name): value for name, value in event.annotations.items()},
                    symbol("x-opt-sequence-number"): event.sequence,
                    symbol("x-opt-offset"): str(event.sequence),
                    symbol("x-opt-enqueued-time"): timestamp(event.stored_at),
                }
                body = described(ANNOTATIONS, annotations) + described(DATA, event.body)
                self._transfer(link, body)
                link.next_index += 1

    def _transfer(self, link: Link, payload: bytes) -> None:
        tag = struct.pack(">I", link.deliveries)
        link.deliveries += 1
        link.credit -= 1
        delivery = [uint(self._transfers_out), tag, uint(0), False]
        # 512 bytes leave room for the frame's header and the transfer itself.
        step = self._max_frame_bytes - 512
        for start in range(0, len(payload), step):
            more = start + step < len(payload)
            head = described(TRANSFER, [uint(link.handle), *delivery, more, *[None] * 5])
            self._send(link.channel, head + payload[start : start + step])
            self._transfers_out += 1


def _error(condition: str, description: str) -> Encoded:
    return described(ERROR, [symbol(condition), description, None])
