"""Errors outside of this package, one class for each way to handle them."""


class RunnersError(Exception):
    """Base class of all errors of this package."""


class ConfigurationError(RunnersError):
    """The settings are not usable; nothing was done."""


class ForgeError(RunnersError):
    """GitHub did not respond as expected; the request may or may not have had an effect, and is repeated."""


class RateLimited(ForgeError):
    """GitHub accepts requests again after a pause."""

    def __init__(self, message: str, seconds: float) -> None:
        """Store the length of the pause in seconds."""
        super().__init__(message)
        self.seconds = seconds


class LostRace(RunnersError):
    """Another worker changed the job in the meantime; read it again."""
