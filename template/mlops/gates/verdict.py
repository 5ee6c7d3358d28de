"""The verdict: a pure function of the evidence and the gate file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from .core import dataclass_schema
from .core.dataclass_schema import Limits
from .core.errors import CorrectableError, GateError
from .decision.gate_result import ExplainedResult, GateResult
from .decision.verdict_rule import Verdict, overall_verdict
from .evidence.contract import Commit, Digest
from .evidence.evidence_reader import EvidenceFolder
from .gate_file.reader import GateFile, line_of
from .kinds import KINDS
from .kinds.gate_kind import GateContext
from .metrics import metric_values

VERSION: Literal["mlverdict/v1"] = "mlverdict/v1"
EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.HOLD: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictDocument:
    """``mlverdict/v1``: the judged model, the digests of evidence and gate file, and the result of each gate."""

    schema_version: Literal["mlverdict/v1"]
    verdict: Annotated[Verdict, Limits(about="FAIL if a gate failed, else HOLD if one is on HOLD, else PASS")]
    candidate: Digest
    champion: Digest | None
    commit: Commit | None
    evidence_digest: Digest
    gates_digest: Annotated[Digest, Limits(about="of the gate file")]
    gates: list[GateResult]

    @property
    def exit_code(self) -> int:
        """Exit code of the process."""
        return EXIT_CODES[self.verdict]


def judge(evidence: EvidenceFolder, file: GateFile) -> VerdictDocument:
    """Judge the evidence by the gate file.

    Raises:
        CorrectableError: The evidence cannot be judged by this file.
    """
    return document_of(explained_results(evidence, file), evidence, file)


def document_of(explained: Sequence[ExplainedResult], evidence: EvidenceFolder, file: GateFile) -> VerdictDocument:
    """Return the verdict document of these gate results."""
    document = evidence.document
    results = [each.result for each in explained]
    return VerdictDocument(
        schema_version=VERSION,
        verdict=overall_verdict([result.verdict for result in results]),
        candidate=document.candidate.digest,
        champion=document.champion.digest if document.champion else None,
        commit=document.commit,
        evidence_digest=evidence.digest,
        gates_digest=file.digest,
        gates=results,
    )


def explained_results(evidence: EvidenceFolder, file: GateFile) -> list[ExplainedResult]:
    """Return the result of each gate with its formula and inputs, in the order of KINDS.

    Raises:
        CorrectableError: The evidence cannot be judged by this file.
    """
    try:
        with np.errstate(all="ignore"):  # an overflow gives a number that is not finite, which is refused later
            return results_of_each_kind(evidence, file)
    except GateError as error:
        where = f"{file.path}:{line_of(file.lines, error.place)}"
        raise CorrectableError(f"{where}: {error} Nothing was judged.") from error
    except ArithmeticError as error:
        raise CorrectableError(
            f"the evidence contains numbers that are too large or too small to compute with: {error}. Nothing was "
            "judged."
        ) from error
    except MemoryError as error:
        raise CorrectableError(f"{evidence.rows:,} rows do not fit into this machine's memory") from error


def results_of_each_kind(evidence: EvidenceFolder, file: GateFile) -> list[ExplainedResult]:
    """Return the results, kind by kind."""
    metric_values.check_custom_names(evidence)
    context = GateContext(evidence, file.gates, file.files)
    found: list[ExplainedResult] = []
    for kind in KINDS:
        if block := file.gates.block(kind):
            found += kind.check(context, block)
    return found


def read_verdict(path: Path) -> VerdictDocument:
    """Read a verdict that the verb ``gate`` wrote.

    Raises:
        CorrectableError: The file is missing or not a verdict.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CorrectableError(f"{path} does not exist: run `python -m mlops gate` first") from error
    except (ValueError, RecursionError) as error:
        raise CorrectableError(f"{path} is not a verdict: {error}") from error
    found, problems = dataclass_schema.parse(VerdictDocument, value)
    if found is None:
        raise CorrectableError(f"{path} is not a verdict: {problems[0]}")
    return found
