"""Commands behind ``python -m mlops gate`` in a generated repository and ``python -m gates`` in a copied folder.

Modules that judging does not need are imported inside functions, to keep the start of ``judge`` fast.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from .. import verdict
from ..core import dataclass_schema
from ..core.errors import CorrectableError
from ..core.text_output import clean, show
from ..decision.gate_result import ExplainedResult
from ..evidence import evidence_reader
from ..evidence.contract import DOCUMENT, Evidence, Task
from ..gate_file import reader
from . import terminal_table

RefuseOtherEvidence = Callable[[Evidence], None]


def add_judge_arguments(parser: ArgumentParser, evidence: Path, gates: Path, out: Path) -> None:
    """Add the options of judging; the paths are defaults."""
    parser.add_argument("--evidence", type=Path, default=evidence, help="folder of the evidence (%(default)s)")
    parser.add_argument("--gates", type=Path, default=gates, help="gate file (%(default)s)")
    parser.add_argument("--out", type=Path, default=out, help="verdict to write, JSON (%(default)s)")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the gates as tests too, JUnit XML")
    parser.add_argument(
        "--explain", metavar="NAME", help="explain the result of a gate: accuracy, fairness.sex, latency …"
    )


def judge(arguments: Namespace, refuse_other: RefuseOtherEvidence) -> int:
    """Judge, write the verdict, print it, and return the exit code.

    Args:
        arguments: The options of ``add_judge_arguments``.
        refuse_other: Raises an error if the evidence is of another commit, candidate or champion.

    Raises:
        CorrectableError: Evidence or gate file cannot be used; an old verdict is removed first.
    """
    for old in filter(None, (arguments.out, arguments.junit)):
        old.unlink(missing_ok=True)  # an old verdict must not remain after an error
    try:
        file = reader.without_files(arguments.gates)
        refuse_other(evidence_reader.read_document(arguments.evidence / DOCUMENT))
        file = reader.with_files(file)
        evidence = evidence_reader.read_evidence(arguments.evidence)
        results = verdict.explained_results(evidence, file)
        document = verdict.document_of(results, evidence, file)
        explained = explanation(results, arguments.explain) if arguments.explain else ""
    except CorrectableError as error:
        if arguments.junit:
            from . import junit_report

            junit_report.write_error(str(error), arguments.junit)
        raise
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(dataclass_schema.to_json(document), encoding="utf-8")
    if arguments.junit:
        from . import junit_report

        junit_report.write(document, arguments.junit)
    show(explained or terminal_table.table(document, color=in_color()), sys.stdout)
    return document.exit_code


def explanation(results: Sequence[ExplainedResult], name: str) -> str:
    """Return the explained results of the gates with this name."""
    from . import explanation as explained

    return explained.text(explained.chosen(results, name))


def in_color() -> bool:
    """Return whether standard output supports colors and NO_COLOR is not set (see no-color.org)."""
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def add_lint_arguments(parser: ArgumentParser, gates: Path) -> None:
    """Add the options of ``lint``."""
    parser.add_argument("gates", type=Path, nargs="?", default=gates, help="gate file (%(default)s)")


def lint(arguments: Namespace) -> int:
    """Print all errors of a gate file and its case file; return 1 if there are any."""
    found = reader.lint(arguments.gates)
    show("\n".join(map(clean, found)) or f"{arguments.gates}: no errors", sys.stdout)
    return int(bool(found))


def add_plan_arguments(parser: ArgumentParser, gates: Path) -> None:
    """Add the options of ``plan-sample``."""
    from .. import planning

    default = planning.Assumptions()
    parser.add_argument("--gates", type=Path, default=gates, help="gate file (%(default)s)")
    parser.add_argument(
        "--quality",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="true quality of the model, as in accuracy=0.95; may be repeated (default: halfway between threshold and "
        "best value; p99_ms is the share of requests within the limit, disparity the difference of the groups)",
    )
    parser.add_argument("--evidence", type=Path, help="evidence of an earlier model: how much its metrics vary")
    parser.add_argument(
        "--task", choices=get_args(Task), default="classification", help="task, without --evidence (%(default)s)"
    )
    parser.add_argument(
        "--probability",
        type=share,
        default=default.probability,
        help="probability that such a model passes a gate (%(default)s)",
    )
    parser.add_argument(
        "--positives",
        type=share,
        default=default.positives,
        help="share of positive rows, without --evidence (%(default)s)",
    )
    parser.add_argument(
        "--disagreement",
        type=share,
        default=default.disagreement,
        help="share of rows that only one of candidate and champion predicts correctly, without --evidence "
        "(%(default)s)",
    )


def share(text: str) -> float:
    """Return a number between 0 and 1; a type for argparse."""
    value = float(text)
    if not 0 < value < 1:
        raise ValueError(text)
    return value


def plan(arguments: Namespace) -> int:
    """Print how many rows the gate file needs.

    Raises:
        CorrectableError: Gate file, evidence or a quality cannot be used.
    """
    from .. import planning

    file = reader.read_gate_file(arguments.gates)
    evidence = evidence_reader.read_evidence(arguments.evidence) if arguments.evidence else None
    qualities = dict(quality(text) for text in arguments.quality)
    assumed = planning.Assumptions(arguments.probability, arguments.positives, arguments.disagreement)
    show(planning.table(planning.Plan(file, qualities, assumed, evidence, arguments.task)), sys.stdout)
    return 0


def quality(text: str) -> tuple[str, float]:
    """Return name and value of a text such as ``accuracy=0.95``."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise CorrectableError(f"--quality {text}: write it as accuracy=0.95") from error
