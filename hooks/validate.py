"""Check a newly generated repository: the only task of copier.yml, for copier and cookiecutter.

It runs with the Python that runs copier and needs only the standard library and PyYAML. It writes nothing, so the
bytes of a repository do not depend on it.

Usage: ``python -B hooks/validate.py FOLDER``; exit 0 clean, 1 findings, 2 unusable input.
"""

import gc
import sys
from pathlib import Path

gc.disable()  # a short run on a small tree: garbage collection costs more than it frees
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from espalier import check  # noqa: E402  # from the template, even if another version is installed
from espalier.check import formats  # noqa: E402


def main(arguments: list[str]) -> int:
    """Print the errors and return the exit code; notices are left to ``make check``."""
    if len(arguments) != 1:
        print(f"usage: {sys.argv[0]} FOLDER", file=sys.stderr)
        return 2
    try:
        findings = [f for f in check.run(arguments[0]) if f.severity is check.Severity.ERROR]
    except check.UnusableRepositoryError as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    if not findings:
        return 0
    print(formats.text(findings), end="", file=sys.stderr)
    print("The files of the generated repository do not fit together: generation stops here.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
