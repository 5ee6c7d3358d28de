"""``python -m mlops <verb>``: each verb is a module in ``mlops/verbs`` and is imported only when it is called."""

import argparse
import gc
import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from mlops import environment  # noqa: F401  # first: it reports a Python that is too old for the rest
from mlops.errors import MlopsError
from mlops.gates.core.text_output import clean, show
from mlops.verb_table import RENAMED, VERBS, overview


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code.

    A ``MlopsError``, Ctrl-C and a file that cannot be read or written become one line on standard error. Any other
    exception, and every exception of the team's code, keeps its traceback.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    top = argparse.ArgumentParser(
        prog="python -m mlops", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=overview()
    )
    top.add_argument("verb", choices=[*VERBS, *RENAMED], metavar="verb", help="one of the verbs below")
    verb = top.parse_args(arguments[:1]).verb
    source = Path("src").absolute()
    try:
        module = importlib.import_module(f"mlops.verbs.{verb.replace('-', '_')}")
        parser = argparse.ArgumentParser(prog=f"python -m mlops {verb}", description=VERBS[RENAMED.get(verb, verb)])
        module.add_arguments(parser)
        # The team's package is in src/ and is not installed: the repository is an application.
        sys.path.insert(1, str(source))
        return int(module.run(parser.parse_args(arguments[1:])))
    except MlopsError as error:
        # The name of a case or a column must not break the line or control the terminal.
        show(f"mlops {verb}: {clean(str(error))}", sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        show(f"mlops {verb}: interrupted", sys.stderr)
        return 130  # as a shell reports it
    except OSError as error:
        files = (frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__))
        if error.filename is None or any(Path(file).is_relative_to(source) for file in files):
            raise
        show(f"mlops {verb}: {error.filename}: {error.strerror}", sys.stderr)
        return 2


if __name__ == "__main__":
    # The imported modules live until the verb ends: scanning them for garbage takes a tenth of a verb's time.
    gc.set_threshold(100_000, 20, 20)
    sys.exit(main())
