"""The questions on a terminal: asked one by one, refused and asked again."""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from pathlib import Path

import pytest
import yaml

BIN = Path(sys.executable).parent
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)")


class Terminal:
    """A program on its own pseudo-terminal."""

    def __init__(self, *command: str) -> None:
        self.screen = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execve(command[0], list(command), {**os.environ, "TERM": "xterm"})
        # wide, because the message of a refused answer is one line, which is cut at the edge
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))

    def read_until(self, text: str, seconds: float = 30) -> None:
        """Wait until a text is shown after the previous one."""
        end = time.monotonic() + seconds
        while text not in self.screen:
            assert time.monotonic() < end, f"{text!r} was never shown; the screen has:\n{self.screen[-2000:]}"
            if select.select([self.descriptor], [], [], 0.2)[0]:
                try:
                    part = os.read(self.descriptor, 65536)
                except OSError:  # Linux raises it after the end of the program
                    part = b""
                assert part, f"the program ended before it showed {text!r}:\n{self.screen[-2000:]}"
                if b"\x1b[6n" in part:  # the program asks where the cursor is
                    os.write(self.descriptor, b"\x1b[1;1R")
                self.screen += ESCAPE.sub("", part.decode(errors="replace"))
        self.screen = self.screen.split(text, 1)[1]

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def end(self) -> int:
        """Read the rest and return the exit code."""
        while True:
            try:
                if not os.read(self.descriptor, 65536):
                    break
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_a_refused_answer_is_asked_again_and_defaults_are_accepted(template_repo: Path, tmp_path: Path) -> None:
    target = tmp_path / "made"
    terminal = Terminal(str(BIN / "copier"), "copy", "--skip-tasks", str(template_repo), str(target))
    clear = "\x01\x0b"  # to the start of the line, and delete to its end
    terminal.read_until("in plain words")
    terminal.type(f"{clear}Churn\r")
    terminal.read_until("Name of the repository")
    terminal.type("\r")
    terminal.read_until("Import name")
    terminal.type(f"{clear}json\r")
    terminal.read_until("standard library")
    terminal.type(f"{clear}churn_rate\r")
    down = "\x1b[B"
    for shown, keys in [
        ("one sentence", "\r"),
        ("GitHub address", "\r"),
        ("Who is responsible", "\r"),
        ("License of", down + "\r"),
        ("Python version of CI", "\r"),
        ("one of two classes", "\r"),
        ("on each push", "\r"),
        ("MLflow stores runs", down + "\r"),
        ("Address of the MLflow server", "mlflow.example.org\r"),
        ("cannot be used", f"{clear}https://mlflow.example.org\r"),
        ("serves predictions", down + down + "\r"),
        ("DVC stores the data", "\r"),
        ("Terraform builds", "\r"),
        ("make pipeline", ""),
    ]:
        terminal.read_until(shown)
        terminal.type(keys)
    assert terminal.end() == 0
    recorded = yaml.safe_load((target / ".copier-answers.yml").read_text())
    assert recorded["package_name"] == "churn_rate"
    assert recorded["license"] == "MIT"
    assert recorded["tracking_uri"] == "https://mlflow.example.org"
    assert recorded["deployment"] == "none"
    assert recorded["cloud"] == "none"
    assert not {"gitops", "namespace", "image_registry", "data_remote_url", "state_bucket"} & recorded.keys()
