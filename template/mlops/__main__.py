"""``python -m mlops <verb>``: each verb is a module in ``mlops/verbs`` and is imported only when it is called."""

import argparse
import gc
import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from mlops import environment  # noqa: F401  # first: it says so when this Python is too old for the rest
from mlops.errors import MlopsError
from mlops.gates.core.text_output import clean, show

# In the order in which a newcomer meets them; a test holds this table against the modules in mlops/verbs.
VERBS = {
    "setup": "install the locked environment into .venv",
    "data": "load the rows and write data/raw",
    "validate": "hold the rows against the schema",
    "split": "divide the rows into training and held-out ones",
    "train": "fit the candidate model",
    "evaluate": "collect evidence on candidate and champion, and log the run",
    "gate": "judge the evidence by model_gates.yaml (exit 0 pass, 1 fail, 2 unusable, 3 hold)",
    "gates": "look after model_gates.yaml itself: gates lint",
    "plan-sample": "say how many rows the gate file needs",
    "report": "write the report of evidence and verdict",
    "pipeline": "dvc repro, gate and report; ends with the verdict",
    "register": "put the judged candidate into the model registry",
    "champion": "show or set the model that production runs",
    "predict": "predict a file of rows",
    "serve": "answer predictions over HTTP",
    "status": "say what this repository has and lacks",
    "check": "read the repository as one thing and find what does not fit",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code.

    A ``MlopsError``, Ctrl-C and a file that cannot be read or written become one line on standard error; whatever
    else is raised, and all that the team's code raises, keeps its trace.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    overview = argparse.ArgumentParser(
        prog="python -m mlops",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="verbs:\n" + "\n".join(f"  {verb:<11} {text}" for verb, text in VERBS.items()),
    )
    overview.add_argument("verb", choices=VERBS, metavar="verb", help="one of the verbs below")
    verb = overview.parse_args(arguments[:1]).verb
    source = Path("src").absolute()
    try:
        module = importlib.import_module(f"mlops.verbs.{verb.replace('-', '_')}")
        parser = argparse.ArgumentParser(prog=f"python -m mlops {verb}", description=VERBS[verb])
        module.add_arguments(parser)
        # The team's package lies in src/ and is not installed: the repository is an application.
        sys.path.insert(1, str(source))
        return int(module.run(parser.parse_args(arguments[1:])))
    except MlopsError as error:
        # what a case or a column is called must neither break the line nor steer the terminal
        show(f"mlops {verb}: {clean(str(error))}", sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        show(f"mlops {verb}: interrupted", sys.stderr)
        return 130  # as a shell says it
    except OSError as error:
        files = (frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__))
        if error.filename is None or any(Path(file).is_relative_to(source) for file in files):
            raise
        show(f"mlops {verb}: {error.filename}: {error.strerror}", sys.stderr)
        return 2


if __name__ == "__main__":
    # What a verb imports stays to its end: to look for garbage in it again and again takes a tenth of a verb's time.
    gc.set_threshold(100_000, 20, 20)
    sys.exit(main())
