"""Check for the programs that the control plane needs: ``python -m control_plane.check_programs``.

It runs before anything is installed, so it needs nothing but Python's standard library.
"""

import argparse
import sys
from collections.abc import Sequence

from control_plane.system_programs import NEEDED, ProgramMissingError, require


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 if every program is installed; 1, with all that are missing in one line, if not."""
    from control_plane import build  # after system_programs, which refuses a Python that is too old for it

    parser = argparse.ArgumentParser(description="Check for the programs that the control plane needs.")
    parser.add_argument("purpose", choices=NEEDED, help="what the programs are needed for")
    try:
        require(parser.parse_args(argv).purpose, compiled=build.target().is_dir())
    except (ProgramMissingError, build.BuildError) as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
