"""What can go wrong outside of this package, told apart by what to do about it."""


class RunnersError(Exception):
    """Base of all errors of this package."""


class ConfigurationError(RunnersError):
    """The settings cannot be used; nothing was done."""


class ForgeError(RunnersError):
    """GitHub could not answer; what was asked for may or may not have happened, and is asked for again."""


class RateLimited(ForgeError):
    """GitHub answers again after a pause."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class LostRace(RunnersError):
    """Somebody else changed the job in between; the message is to be read again."""
