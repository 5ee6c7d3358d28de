"""Request the status of a program over HTTP."""

import urllib.error
import urllib.request


def status(url: str, body: bytes | None = None) -> int:
    """Return the HTTP status of a response; 0 if there is no response."""
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
