"""A headless Chromium that reports the console messages, network requests and layout of a page.

It is controlled with the DevTools protocol over a pair of pipes, so that no further package is needed.
"""

import base64
import fcntl
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class BrowserError(AssertionError):
    """The browser rejected a command or ended."""


@dataclass
class Page:
    """One tab, with the messages of its console (``complaints``) and the addresses that it requested."""

    write: int
    read: int
    session: str = ""
    number: int = 0
    rest: bytes = b""
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def message(self) -> dict[str, Any]:
        """Return the next message; messages end in a zero byte."""
        while b"\0" not in self.rest:
            more = os.read(self.read, 1 << 20)
            if not more:
                raise BrowserError("the browser ended")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        found: dict[str, Any] = json.loads(text)
        return found

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; events that arrive in between are recorded."""
        self.number += 1
        order: dict[str, Any] = {"id": self.number, "method": method, "params": params}
        if self.session:
            order["sessionId"] = self.session
        os.write(self.write, json.dumps(order).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result
            self.notice(message)

    def notice(self, event: dict[str, Any]) -> None:
        """Record the messages and requests of a page."""
        params = event.get("params", {})
        match event.get("method"):
            case "Log.entryAdded":
                self.complaints.append(f"{params['entry']['level']}: {params['entry']['text']}")
            case "Runtime.consoleAPICalled":
                self.complaints.append(f"console.{params['type']}: {params['args']}")
            case "Runtime.exceptionThrown":
                self.complaints.append(params["exceptionDetails"]["text"])
            case "Page.javascriptDialogOpening":
                self.complaints.append(f"dialog: {params['message']}")
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case _:
                pass

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise BrowserError(found["exceptionDetails"]["text"])
        return found["result"].get("value")

    def open(self, path: Path, width: int, dark: bool = False, medium: str = "") -> None:
        """Load a file in a window with a width in CSS pixels."""
        self.complaints.clear()
        self.requests.clear()
        scheme = "dark" if dark else "light"
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
        )
        self.send(
            "Emulation.setEmulatedMedia", media=medium, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        if error := self.send("Page.navigate", url=path.resolve().as_uri()).get("errorText"):
            raise BrowserError(f"{path}: {error}")
        self.evaluate(
            "new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))"
        )

    def picture(self, target: Path, height: int | None = None) -> Path:
        """Write a screenshot of the whole page, or of its top ``height`` pixels, as PNG."""
        if height is None:
            height = min(int(self.evaluate("document.documentElement.scrollHeight")), 15000)
        width = self.evaluate("innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        found = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        target.write_bytes(base64.b64decode(found["data"]))
        return target


@contextmanager
def browser(program: str) -> Iterator[Page]:
    """Run a browser with an empty profile during the context."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def give_pipes() -> None:
        """Move the pipes to descriptors 3 and 4, which the browser reads from and writes to."""
        ours = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_read, from_write)]
        for end, wanted in zip(ours, (3, 4), strict=True):
            os.dup2(end, wanted)

    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
    options += ["--disable-background-networking", "--no-first-run", "--remote-debugging-pipe"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *options, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=give_pipes,
        )
        os.close(to_read)
        os.close(from_write)
        page = Page(to_write, from_read)
        try:
            target = page.send("Target.createTarget", url="about:blank")["targetId"]
            page.session = page.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.send(f"{domain}.enable")
            yield page
            page.session = ""
            page.send("Browser.close")
            process.wait(timeout=30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(to_write)
            os.close(from_read)
