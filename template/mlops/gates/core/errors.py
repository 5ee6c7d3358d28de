"""Errors that are shown to a user as one message without a traceback."""


class CorrectableError(Exception):
    """An error that a user can correct; the message contains the place, the problem and the correct form.

    ``exit_code`` is the exit code of the process: 2 for input that cannot be used, 1 for a check that failed.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        """Store the message and the exit code."""
        super().__init__(message)
        self.exit_code = exit_code


class EvidenceError(CorrectableError):
    """The evidence cannot be judged."""


class GateError(CorrectableError):
    """The gate file requires what this evidence does not contain; ``place`` is the path in the gate file."""

    def __init__(self, message: str, *place: str | int) -> None:
        """Store the message and the path in the gate file."""
        super().__init__(message)
        self.place = place
