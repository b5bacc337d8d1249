"""The Event Hubs sender, with the real client, against a hub on loopback."""

import random
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, cast

import pytest
from azure.eventhub import EventData, EventHubConsumerClient

from ingestion.errors import UserError
from ingestion.senders import event_hubs
from ingestion.senders.event_hubs import EventHubsSender
from tests.support.amqp_responder import AmqpResponder
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def every_wait_is_bounded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sender that hangs fails its test in 15 s, and no thread may stay behind."""
    monkeypatch.setattr(event_hubs, "SILENCE_SECONDS", 15.0)
    before = set(threading.enumerate())
    yield
    wait_until(lambda: not any("send-to" in thread.name for thread in threading.enumerate()), "a sender's thread", 5)
    # The consumer client leaves a sleeping daemon thread of its own behind.
    left = [thread for thread in set(threading.enumerate()) - before if not thread.daemon]
    assert left == []


def sender_to(responder: AmqpResponder, **changes: Any) -> EventHubsSender:
    settings: dict[str, Any] = {
        "hub": responder.hub,
        "connection_string": responder.connection_string,
        "first_wait_seconds": 0.01,
    }
    return EventHubsSender(**(settings | changes))


def test_every_event_arrives_exactly_once_and_in_its_keys_order_while_the_hub_is_busy() -> None:
    # Four rejections in a row are more than the client's own second try gets over.
    with AmqpResponder(rejects=lambda n: n % 7 < 4, max_message_bytes=8_000) as responder:
        sent = [(f"customer-{n % 50}", f"{n:06d}".encode() + b"." * 100) for n in range(2_000)]
        with sender_to(responder) as sender:
            for key, body in sent:
                sender.send(body, key)

    assert Counter((event.key, event.body) for event in responder.events) == Counter(sent)
    assert responder.rejected > 40
    arrived = defaultdict(list)
    for event in responder.events:
        arrived[event.key].append(event.body)
    assert all(bodies == sorted(bodies) for bodies in arrived.values())


def test_every_event_arrives_at_least_once_when_answers_are_lost() -> None:
    with AmqpResponder(drops=lambda n: n in (0, 3, 4, 9), max_message_bytes=8_000) as responder:
        sent = [f"{n:06d}".encode() + b"." * 100 for n in range(500)]
        with sender_to(responder) as sender:
            for body in sent:
                sender.send(body, "one key")

    assert responder.dropped == 4
    assert {event.body for event in responder.events} == set(sent)
    assert len(responder.events) > len(sent)


def test_a_connection_cut_while_idle_is_opened_again() -> None:
    with AmqpResponder() as responder, sender_to(responder) as sender:
        for body in (b"before", b"after"):
            sender.send(body, "k")
            sender.flush()
            responder.cut_connections()
        assert [event.body for event in responder.events] == [b"before", b"after"]


def test_bodies_arrive_byte_for_byte_whatever_is_in_them() -> None:
    large = random.Random(7).randbytes(200_000)
    sent = [b"\xff\xfe not utf-8 \x80", b"\x00\x00", b"", "é€😀".encode(), b'{"a": 1}\r\n', large]
    with AmqpResponder() as responder:
        with sender_to(responder) as sender:
            for body in sent:
                sender.send(body, "k")
        assert [event.body for event in responder.events] == sent


def test_events_of_one_key_share_a_partition_and_carry_the_key() -> None:
    keys = [f"customer-{n}" for n in range(40)] + ["Zoë"]
    with AmqpResponder() as responder:
        for _ in range(2):  # A second sender, as after a restart, must choose alike.
            with sender_to(responder) as sender:
                for key in keys * 3:
                    sender.send(key.encode(), key)
        partitions = defaultdict(set)
        for event in responder.events:
            assert event.annotations == {"x-opt-partition-key": event.body.decode()}
            partitions[event.key].add(event.partition)

    assert len(responder.events) == 2 * 3 * len(keys)
    assert all(len(found) == 1 for found in partitions.values())
    assert set.union(*partitions.values()) == {"0", "1"}


def test_events_without_a_key_carry_none_and_reach_every_partition() -> None:
    with AmqpResponder(max_message_bytes=2_000) as responder:
        with sender_to(responder) as sender:
            for _ in range(100):
                sender.send(b"." * 100)
        assert [event.key for event in responder.events] == [None] * 100
        assert all(responder.log.values())


def test_the_real_consumer_reads_back_what_was_sent() -> None:
    sent = {f"customer-{n}": f"body {n}".encode() + b"\xff" for n in range(100)}
    received: dict[str | None, bytes] = {}
    complete = threading.Event()

    def keep(_: object, event: EventData | None) -> None:
        if event is not None:
            key = event.partition_key
            received[key.decode() if key else None] = b"".join(cast(Iterable[bytes], event.body))
        if len(received) == len(sent):
            complete.set()

    with AmqpResponder() as responder:
        with sender_to(responder) as sender:
            for key, body in sent.items():
                sender.send(body, key)
        consumer = EventHubConsumerClient.from_connection_string(
            responder.connection_string, consumer_group="$default", eventhub_name=responder.hub
        )
        readers = [
            threading.Thread(
                target=consumer.receive,
                kwargs={"on_event": keep, "partition_id": name, "starting_position": "-1"},
            )
            for name in responder.log
        ]
        for reader in readers:
            reader.start()
        assert complete.wait(15)
        consumer.close()
        for reader in readers:
            reader.join(10)
    assert received == sent


def test_an_event_leaves_without_a_flush() -> None:
    with AmqpResponder() as responder, sender_to(responder) as sender:
        sender.send(b"alone")
        wait_until(lambda: responder.events, "the event", 5)
        assert [event.body for event in responder.events] == [b"alone"]


def test_a_hub_that_stays_busy_ends_in_an_error_that_says_so_without_the_secret() -> None:
    with AmqpResponder(rejects=lambda n: n >= 1, max_message_bytes=2_000) as responder:
        responder.busy_text = f"Too much for {responder.key} of {responder.connection_string}"
        with pytest.raises(UserError) as caught, sender_to(responder, max_attempts=3) as sender:
            sender.send(b"the first", "k")
            sender.flush()
            for _ in range(30):
                sender.send(b"." * 100, "k")
            with pytest.raises(UserError, match="orders': 30"):
                sender.flush()
            with pytest.raises(UserError, match="orders': 30"):
                sender.send(b"too late")
        assert len(responder.events) == 1
        assert responder.rejected == 6  # Three attempts, of two sends each.

    text = str(caught.value)
    assert "not acknowledged by the event hub 'orders': 30." in text
    assert "server-busy: Too much for *** of ***" in text
    assert "throughput units" in text
    assert responder.key not in text
    assert "SharedAccessKey" not in text


def test_an_error_inside_the_block_is_raised_as_it_is() -> None:
    with AmqpResponder(rejects=lambda n: True) as responder:
        with (
            pytest.raises(ZeroDivisionError) as caught,
            sender_to(responder, max_attempts=1) as sender,
        ):
            sender.send(b"never arrives")
            raise ZeroDivisionError
        assert "not acknowledged by the event hub 'orders': 1." in caught.value.__notes__[0]


def connection_string_of(listener: socket.socket) -> str:
    return (
        f"Endpoint=sb://localhost:{listener.getsockname()[1]};SharedAccessKeyName=a;"
        "SharedAccessKey=hush;UseDevelopmentEmulator=true"
    )


def test_an_unreachable_namespace_fails_at_once() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        string = connection_string_of(listener)
    start = time.monotonic()
    with (
        pytest.raises(UserError, match=r"Can't connect to the event hub 'orders'.*namespace") as caught,
        EventHubsSender(hub="orders", connection_string=string),
    ):
        pytest.fail("connected to nobody")
    assert time.monotonic() - start < 5
    assert "hush" not in str(caught.value)


def test_a_namespace_that_takes_the_connection_and_says_nothing_fails_in_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_hubs, "CONNECT_SECONDS", 1.0)
    monkeypatch.setattr(event_hubs, "CLOSE_SECONDS", 0.1)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        sender = EventHubsSender(hub="orders", connection_string=connection_string_of(listener))
        hang_up = threading.Timer(10, listener.close)
        hang_up.start()
        start = time.monotonic()
        with pytest.raises(UserError, match="no answer for 1 s"), sender:
            pytest.fail("connected to nobody")
        assert time.monotonic() - start < 5
        hang_up.cancel()
        hang_up.join()


@pytest.mark.parametrize(
    ("hub", "token_status", "says"),
    [("oders", 200, "Check the hub's name"), ("orders", 401, "Check the key or role")],
)
def test_an_unknown_hub_and_a_refused_key_fail_at_once(hub: str, token_status: int, says: str) -> None:
    start = time.monotonic()
    with (
        AmqpResponder(token_status=token_status) as responder,
        pytest.raises(UserError, match=f"event hub '{hub}'.*{says}") as caught,
        sender_to(responder, hub=hub),
    ):
        pytest.fail("was let in")
    assert time.monotonic() - start < 5
    assert responder.key not in str(caught.value)


def test_an_event_too_large_for_the_hub_is_refused_with_both_sizes_and_the_rest_arrives() -> None:
    with AmqpResponder(max_message_bytes=10_000) as responder:
        with sender_to(responder) as sender:
            sender.send(b"before", "k")
            with pytest.raises(UserError, match=r"10,001 bytes.*'orders'.*10,000 bytes"):
                sender.send(b"." * 10_001, "k")
            sender.send(b"after", "k")
        assert [event.body for event in responder.events] == [b"before", b"after"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"connection_string": "x", "namespace": "y"},
        {"connection_string": "SharedAccessKey=hush"},
        {"connection_string": "Endpoint=nowhere;SharedAccessKeyName=a;SharedAccessKey=hush"},
        {"namespace": "y", "max_attempts": 0},
    ],
)
def test_settings_that_cannot_work_are_refused_without_showing_the_key(
    settings: dict[str, Any],
) -> None:
    with pytest.raises(UserError) as caught:
        EventHubsSender(hub="orders", **settings)
    assert "hush" not in str(caught.value)
