"""A server that leaves in order: unready first, then closed."""

import signal
import time
from collections.abc import Callable
from types import FrameType

import uvicorn


class DrainingServer(uvicorn.Server):
    """uvicorn, but the first SIGTERM only announces the end.

    Kubernetes removes a terminating pod from its Service and sends SIGTERM at the same time; for a moment new
    requests still arrive. So /readyz fails first, requests are still answered for ``drain_seconds``, and only
    then the socket closes and what is in flight is finished. A second signal, or Ctrl-C, skips the wait.
    """

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None], drain_seconds: float) -> None:
        super().__init__(config)
        self.announce = announce
        self.drain_seconds = drain_seconds
        self.leave_at: float | None = None  # on the monotonic clock

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGTERM and self.leave_at is None:
            self.announce()
            self.leave_at = time.monotonic() + self.drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self.leave_at is not None and time.monotonic() >= self.leave_at:
            self.should_exit = True
        return await super().on_tick(counter)
