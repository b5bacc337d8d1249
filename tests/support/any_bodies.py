"""Bodies that nobody would think of: hypothesis draws the values, a seeded random puts them into thousands of events.

Drawing every body by itself would take longer than judging it: a drawn value is used in several places instead.
"""

import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingestion.contracts import contract
from tests.support.events import ENGAGEMENT, ORDER, REVIEW

EVENTS: dict[str, dict[str, Any]] = {"orders": ORDER, "engagement": ENGAGEMENT, "reviews": REVIEW}
STATUSES: list[str] = contract("orders")["properties"]["delivery_status"]["enum"]
KEYS = {"orders": "order_id", "engagement": "event_id", "reviews": "review_id"}

ODD_VALUES = [
    *("null", "true", "false", "{}", "[]", '""', '" "', '"\\u0000"', '"\\ud83d"', '"\\udc00\\ud800"', '"\\u202e"'),
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        "undefined",
        "None",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "--1",
        "0x10",
        "1e",
        "1_0",
    ),
    *("-0", "-0.0", "0.004", "0.005", "0.015", "1e-400", "1e400", "-1e400", "1e999999999", "1E+2", "1e0", "5e-1"),
    *("9007199254740993", "9223372036854775808", "1" * 40, "1" * 400, "0." + "3" * 400, "1000000", "1000000.004"),
    *("1000000.005", "1000000.01", "10000", "10001", "10000.0000001", "4.9999999999999999", "5.0000000000000001"),
    *('"\\x41"', "'a'", '"a', '"\\"', "{", "}", "[", "]", ",", ":", '{"a"}', '{"a":}', '{"a":1,}', "[1,]", "[1 2]"),
    *('{"a":1,"a":2}', '{"":{"":""}}', "/* a */ 1", "1 // a", "\ufeff1", '"\t"', '"\x7f"', '"\u2028"', '"{"', '"["'),
    *('"[\\"a\\"]"', '"{\\"a\\": 1}"', '"}"', '"$.price"', "\x00", "\x0b1", "\xa01", "\u30001"),
]
"""JSON texts, and what is nearly one."""
ODD_TIMESTAMPS = [
    *("2000-01-01T00:00:00Z", "1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00+00:01", "2026-07-01T00:00:00Z"),
    *("2026-07-01T00:00:00.000001Z", "2026-06-30T23:59:60Z", "2026-06-15T24:00:00Z", "2026-06-15T10:20:30.1234567891Z"),
    *("2026-06-15T10:20", "2026-06-15 10:20:30", "2026-06-15t10:20:30z", "2026-06-15T10:20:30+18:00"),
    *("2026-06-15T10:20:30+18:01", "2026-06-15T10:20:30-1800", "2026-06-15T10:20:30+05", "2026-06-15T10:20:30 Z"),
    *(
        "2026-02-29T00:00:00",
        "2024-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "+2026-06-15T10:20Z",
    ),
    *("2026-06-15T10:20:30.", "2026-06-15T10:20:30,5", "2026-6-15T10:20:30", "2026-W25-1T10:20:30", "now", "epoch"),
    *(
        "2026-06-15T10:20:30[UTC]",
        "2026-06-15T10:20:30 America/New_York",
        "20260615T102030Z",
        "1781518830",
        "T10:20:30",
    ),
    *(
        "\u20032026-06-15T10:20:30",
        "\uff12026-06-15T10:20:30",
        "2026-06-15T10:20:30\uff3a",
        "2026-06-15T10:20:30\n",
        "\t2026-06-15T10:20",
    ),
]
"""Timestamps at the edges of ISO-8601 and of the range, for events of 2026-06-30."""

_TEXTS = st.text(max_size=12)
_SCALARS = st.one_of(
    st.integers().map(str),
    st.floats().map(json.dumps),
    _TEXTS.map(json.dumps),
    _TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(ODD_VALUES),
)
VALUES = st.recursive(
    _SCALARS,
    lambda value: st.one_of(
        st.lists(value, max_size=4).map(lambda of: f"[{', '.join(of)}]"),
        st.lists(st.tuples(_TEXTS | st.sampled_from(["a", "price"]), value), max_size=4).map(
            lambda of: "{" + ", ".join(f"{json.dumps(name)}: {inner}" for name, inner in of) + "}"
        ),
    ),
    max_leaves=8,
)
"""JSON texts: scalars, arrays and objects of them, keys twice among them; some broken somewhere."""
TIMESTAMPS = st.one_of(
    st.sampled_from(ODD_TIMESTAMPS),
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(
            ["2026-06-15", "2026-06-29", "2026-06-30", "2026-07-01", "2026-06-31", "1999-12-31", "2026-13-01"]
        ),
        st.sampled_from(["T", " ", "t", "", "  ", "_"]),
        st.builds("{:02d}:{:02d}".format, st.integers(0, 25), st.integers(0, 61)),
        st.one_of(st.just(""), st.builds(":{:02d}".format, st.integers(0, 61)), st.floats(0, 61).map(":{:.9f}".format)),
        st.one_of(
            st.sampled_from(["", "Z", "z", "+00", "UTC"]),
            st.builds("{:+03d}:{:02d}".format, st.integers(-25, 25), st.integers(0, 61)),
        ),
    ),
)
"""Texts that are a moment, or nearly one."""
NUMBERS = st.one_of(
    st.integers(-3, 12),
    st.integers(-(10**20), 10**20),
    st.floats(-1, 20_000),
    st.floats(allow_nan=False),
    st.decimals(0, 1_000_001, places=3),
    st.decimals(0, 10, places=8),
).map(str)
"""Numbers as JSON writes them, but for what Python writes otherwise."""


@cache
def drawn(name: str) -> list[Any]:
    """Some hundreds of values of a strategy, always the same."""
    strategy, examples = {
        "values": (VALUES, 1_600),
        "texts": (st.text(max_size=20), 500),
        "bytes": (st.binary(max_size=60), 500),
        "timestamps": (TIMESTAMPS, 900),
        "numbers": (NUMBERS, 900),
    }[name]
    values: list[Any] = []

    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return values


class Writer:
    """Writes the bodies of one hub: sound events with something else in some places."""

    def __init__(self, hub: str) -> None:
        self._random = Random(hub)
        self._hub = hub
        self._fields = [name for name in contract(hub)["properties"] if name != "total_amount"]
        self._number = 0

    def event(self, changed: dict[str, str] | None = None, behind: str = "") -> bytes:
        """An event with an id of its own.

        Args:
            changed: by field, what is written there in place of the sound value; it may be no JSON at all.
            behind: what is written behind the last field.
        """
        self._number += 1
        sound = {**EVENTS[self._hub], KEYS[self._hub]: f"any body {self._number}", "timestamp": "2026-06-15T11:20:30"}
        written = {name: json.dumps(value) for name, value in sound.items()} | (changed or {})
        parts = [f"{json.dumps(name)}: {text}" for name, text in written.items()]
        self._random.shuffle(parts)
        return ("{" + ", ".join(parts) + behind + "}").encode("utf-8", "surrogatepass")

    def bodies(self) -> list[bytes]:
        """More than 7,000 of them."""
        values, texts, noise = drawn("values"), drawn("texts"), drawn("bytes")
        timestamps, numbers = drawn("timestamps"), drawn("numbers")
        any_field: Callable[[], str] = lambda: self._random.choice(self._fields)  # noqa: E731
        return [
            *noise,
            *(text.encode() for text in texts),
            *(value.encode("utf-8", "surrogatepass") for value in values[::2]),
            *(self.event({any_field(): value}) for value in values),
            *(self.event({any_field(): value for value in self._random.sample(values, 3)}) for _ in range(700)),
            *(self.event({any_field(): json.dumps(text)}) for text in texts),
            # The key twice, and keys that the contract lacks.
            *(self.event(behind=f", {json.dumps(any_field())}: {value}") for value in values[1::4]),
            *(self.event(behind=f", {json.dumps(text)}: {self._random.choice(values)}") for text in texts[:300]),
            *(self.event({"timestamp": json.dumps(text, ensure_ascii=False)}) for text in timestamps),
            *(self.event({field: number}) for field in self._numeric() for number in numbers),
            *(self.event({KEYS[self._hub]: '"any body again"'}) for _ in range(60)),
            *(self._again(number // 3) for number in range(240)),
            *(self._cut(self.event()) for _ in range(400)),
            *(self._flip(self.event()) for _ in range(1_000)),
            *(self._nested(depth) for depth in range(1, 600, 4)),
        ]

    def _numeric(self) -> list[str]:
        properties = contract(self._hub)["properties"]
        return [name for name in ("line_number", "price", "quantity", "rating") if name in properties]

    def _again(self, number: int) -> bytes:
        """One of several events with a key in common, each as far as chance will have it."""
        changed = {KEYS[self._hub]: json.dumps(f"any body {self._hub} {number}")}
        if self._hub == "orders":
            changed["delivery_status"] = json.dumps(self._random.choice(STATUSES))
        else:
            changed["timestamp"] = json.dumps(f"2026-06-{self._random.randint(10, 29)}T11:20:30")
        return self.event(changed)

    def _cut(self, body: bytes) -> bytes:
        return body[: self._random.randrange(len(body))]

    def _flip(self, body: bytes) -> bytes:
        changed = bytearray(body)
        for _ in range(self._random.randint(1, 3)):
            changed[self._random.randrange(len(changed))] ^= 1 << self._random.randrange(8)
        return bytes(changed)

    def _nested(self, depth: int) -> bytes:
        opening, closing = self._random.choice([("[", "]"), ('{"a": ', "}"), ('[{"": ', "}]")])
        nested = opening * depth + "1" + closing * (depth - self._random.choice([0, 0, 0, 1]))
        return self.event({self._random.choice([*self._fields, "note"]): nested})
