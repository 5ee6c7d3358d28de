"""The error that is shown to a person: one message, no trace."""


class CorrectableError(Exception):
    """Something a person can put right; the message says what, where, and what would be right.

    ``exit_code`` is what the process ends with: 2 for input that cannot be used, 1 for a check that failed.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class EvidenceError(CorrectableError):
    """The evidence cannot be judged."""


class GateError(CorrectableError):
    """The gate file asks for what this evidence cannot answer; ``place`` is where it asks."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place
