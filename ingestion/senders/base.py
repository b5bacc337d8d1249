"""What a sender is: it takes bodies as they are, and says when all of them have arrived."""

from types import TracebackType
from typing import Protocol, Self


class Sender(Protocol):
    """Sends events to one hub. Use it as a context manager: leaving it waits for every event to arrive."""

    def send(self, body: bytes, key: str | None = None) -> None:
        """Queue one event.

        Args:
            body: the event's bytes, sent as they are.
            key: events of one key keep their order (they share a partition); None spreads them.

        Raises:
            UserError: the event can't be sent (too large), or an earlier one failed for good.
        """

    def flush(self) -> None:
        """Wait until every queued event is acknowledged.

        Raises:
            UserError: some event could not be delivered; the text says how many and why.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
