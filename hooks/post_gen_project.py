"""cookiecutter's door, after: copier writes the repository into the folder that cookiecutter made.

Runs in that folder, with what pre_gen_project.py left there. The result is what `copier copy --trust` writes with
the same template and answers, `.copier-answers.yml` included, so that `copier update` works on it.
"""

import json
import sys
from pathlib import Path

from copier import run_copy

HANDOVER = Path(".espalier-handover.json")
PLACEHOLDER = Path("HOOKS-DID-NOT-RUN.md")  # cookiecutter wants a file in its folder; this says why it is alone


def main() -> None:
    """Remove cookiecutter's two files and let copier generate; exit 1 where it fails."""
    call = json.loads(HANDOVER.read_text(encoding="utf-8"))
    HANDOVER.unlink()
    PLACEHOLDER.unlink()
    try:
        # unsafe: whoever runs cookiecutter runs its hooks, and the task is one of the same kind
        run_copy(**call, dst_path=Path.cwd(), defaults=True, overwrite=True, unsafe=True)
    except Exception as error:  # whatever it is, cookiecutter shall end with a reason and not with two traces
        sys.exit(f"copier stopped: {error}")


if __name__ == "__main__":
    main()
