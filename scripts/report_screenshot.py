"""Take the README's screenshot: the top of the report on the rejected model, as ``make demo`` left it.

Needs chromium (Debian and Ubuntu: ``apt-get install chromium``). Usage: ``make report-screenshot``, or
``python scripts/report_screenshot.py [REPORT]`` for another report.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "build" / "demo-reports" / "worse.html"
TARGET = ROOT / "docs" / "pictures" / "gate-report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZE = (1180, 1190)  # CSS pixels: from the title to the gate that is held


def take(report: Path, target: Path) -> None:
    """Write a screenshot of the top of a page.

    Raises:
        SystemExit: there is no browser or no report, or the browser wrote nothing; the message is one line.
    """
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"report-screenshot: none of {', '.join(BROWSERS)} is on PATH: apt-get install chromium")
    if not report.is_file():
        sys.exit(f"report-screenshot: {report} does not exist: make demo")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
        options += ["--no-sandbox", f"--user-data-dir={profile}", "--force-device-scale-factor=1.5"]
        options += [f"--window-size={SIZE[0]},{SIZE[1]}", f"--screenshot={target}", report.resolve().as_uri()]
        done = subprocess.run([browser, *options], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode or not target.is_file():
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        sys.exit(f"report-screenshot: {browser} wrote no screenshot: {last}")
    print(f"report-screenshot: {target.relative_to(ROOT)}, {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else REPORT, TARGET)
