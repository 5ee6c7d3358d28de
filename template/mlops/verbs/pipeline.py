"""Run everything from data to verdict: ``dvc repro``, the gate and the report; exit with the code of the gate."""

import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlops import paths
from mlops.errors import MlopsError


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="run as a DVC experiment with another parameter, as in train.fraction=0.5; may be repeated",
    )
    parser.add_argument(
        "--accept-hold",
        action="store_true",
        help="exit 0 for HOLD too, as for a model of a part of the rows, which only shows that the pipeline works",
    )


def run(arguments: Namespace) -> int:
    if wrong := [value for value in arguments.set if not value.partition("=")[0] or "=" not in value]:
        raise MlopsError(f"--set takes NAME=VALUE, as in train.fraction=0.5; found '{wrong[0]}'")
    paths.VERDICT.unlink(missing_ok=True)  # an old verdict must not remain after an error or Ctrl-C
    chosen = [part for value in arguments.set for part in ("--set-param", value)]
    command = ["exp", "run", *chosen] if chosen else ["repro"]
    # The stages in dvc.yaml start `python`, which must be this one even if the environment is not active.
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    with subprocess.Popen([sys.executable, "-m", "dvc", *command], env={**os.environ, "PATH": search}) as dvc:
        # Gate and report take seconds to import, so they are imported while the stages run.
        from mlops.gates import verdict
        from mlops.gates.decision import verdict_rule
        from mlops.verbs import gate, report

        report.prepare()
    if (code := dvc.returncode) != 0:
        raise MlopsError(
            f"`dvc {' '.join(command)}` ended with {code}: nothing was judged; the reason is in the output above"
        )
    parser = ArgumentParser()
    gate.add_arguments(parser)
    code = gate.run(parser.parse_args([]))
    # A rejected model needs a report too; the verdict stays the last line.
    print(f"report: {report.write()}\nVERDICT {verdict.read_verdict(paths.VERDICT).verdict.value}")
    held = code == verdict.EXIT_CODES[verdict_rule.Verdict.HOLD]
    return 0 if held and arguments.accept_hold else code
