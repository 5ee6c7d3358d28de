"""Print text without control characters, and without letting a print error change the exit code.

Needs only the standard library, so that a verb can report that numpy is missing.
"""

import os
import sys
from typing import TextIO


def clean(text: str) -> str:
    """Return a text without line breaks and terminal control characters."""
    return "".join(character if character.isprintable() else " " for character in text)


def show(text: str, stream: TextIO | None) -> None:
    """Print a text; a closed stream is not an error, because the verdict is already written.

    A character that the stream's encoding does not have is escaped. A reader that stopped early, as in
    ``judge | true``, or a closed stream, as in ``judge >&-``, is ignored.

    Raises:
        OSError: The text cannot be written to standard output for another reason. Errors on standard error are
            ignored, because they cannot be reported.
    """
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # at exit Python flushes again, and would exit with 120
        if not isinstance(error, BrokenPipeError) and stream is not sys.stderr:
            raise OSError(error.errno, error.strerror, "standard output") from error
