"""Being asked to stop, by Ctrl-C or by whoever runs us."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self


class StopRequest:
    """`asked` becomes true at the first SIGTERM or SIGINT within the block; what is at work can end in order.

    Args:
        on_ask: called once, at the first of them.
    """

    def __init__(self, on_ask: Callable[[], None] = lambda: None) -> None:
        self.asked = False
        self._on_ask = on_ask

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._ask) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        if not self.asked:
            self.asked = True
            self._on_ask()
