"""An HTTP server that shuts down gracefully: first not ready, then closed."""

import signal
import time
from collections.abc import Callable
from types import FrameType

import uvicorn


class DrainingServer(uvicorn.Server):
    """uvicorn with a delay between the first SIGTERM and the shutdown.

    Kubernetes removes a terminating pod from its Service and sends SIGTERM at the same time, so new requests still
    arrive for a moment. Therefore /readyz fails first, and the server accepts requests for another ``drain_seconds``.
    Then it closes the socket and finishes the requests in flight. A second signal, or Ctrl-C, skips the delay.
    """

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None], drain_seconds: float) -> None:
        """Create the server.

        Args:
            config: uvicorn's configuration.
            announce: Called at the first SIGTERM; makes /readyz fail.
            drain_seconds: How long to accept requests after that.
        """
        super().__init__(config)
        self.announce = announce
        self.drain_seconds = drain_seconds
        self.exit_at: float | None = None  # on the monotonic clock

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start the delay at the first SIGTERM; exit at any other signal."""
        if sig == signal.SIGTERM and self.exit_at is None:
            self.announce()
            self.exit_at = time.monotonic() + self.drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Exit when the delay is over; uvicorn calls this ten times a second."""
        if self.exit_at is not None and time.monotonic() >= self.exit_at:
            self.should_exit = True
        return await super().on_tick(counter)
