"""cookiecutter's second hook: copier writes the repository into the folder that cookiecutter created.

Runs in that folder and reads the file that pre_gen_project.py wrote. The result is the same as that of
`copier copy --trust` with the same template and answers, including `.copier-answers.yml`, so `copier update` works.
"""

import json
import sys
from pathlib import Path

from copier import run_copy

HANDOVER = Path(".espalier-handover.json")
PLACEHOLDER = Path("HOOKS-DID-NOT-RUN.md")  # cookiecutter needs one file in its folder; it explains a run without hooks


def main() -> None:
    """Remove cookiecutter's two files and let copier generate; exit 1 if it fails."""
    call = json.loads(HANDOVER.read_text(encoding="utf-8"))
    HANDOVER.unlink()
    PLACEHOLDER.unlink()
    try:
        # unsafe: a user of cookiecutter runs its hooks, and the task of the template is code of the same kind
        run_copy(**call, dst_path=Path.cwd(), defaults=True, overwrite=True, unsafe=True)
    except Exception as error:  # cookiecutter must end with a reason and not with two tracebacks
        sys.exit(f"copier stopped: {error}")


if __name__ == "__main__":
    main()
