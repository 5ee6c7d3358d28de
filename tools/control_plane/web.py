"""Asking programs over HTTP."""

import urllib.error
import urllib.request


def status(url: str, body: bytes | None = None) -> int:
    """The status of an answer; 0 when nobody answers."""
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
