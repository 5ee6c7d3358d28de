"""The error that a verb shows to a person: one message, no trace."""


class MlopsError(Exception):
    """Something a person can put right; the message says what, where, and what would be right.

    ``exit_code`` is what the process ends with: 2 for input that cannot be used, 1 for a check that failed.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code
