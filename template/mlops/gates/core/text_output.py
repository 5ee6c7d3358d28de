"""What reaches a person: text that neither steers the terminal nor changes what the process ends with.

Needs the standard library alone: a verb must be able to say that numpy is missing.
"""

import os
import sys
from typing import TextIO


def clean(text: str) -> str:
    """A text from the evidence without line breaks and without characters that steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def show(text: str, stream: TextIO | None) -> None:
    """Print, so that the exit code stays what it is about: the verdict is written by then.

    A letter that the stream's encoding lacks is escaped, and a reader that went away, as in ``judge | true``, or was
    never there, as in ``judge >&-``, misses what it does not want.

    Raises:
        OSError: the text cannot be written for any other reason; on standard error, nobody could be told of it.
    """
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # Python tries again at its end, and would end with 120
        if not isinstance(error, BrokenPipeError) and stream is not sys.stderr:
            raise OSError(error.errno, error.strerror, "standard output") from error
