"""The verdict: a pure function of the evidence and the gate file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from . import behavioral, fairness, latency, performance, policy, regression, size, typed, values
from .answer import Answer
from .config import GateFile, line_of
from .contract import Commit, Digest
from .errors import CorrectableError, GateError
from .reading import EvidenceFolder
from .rule import Finding, Verdict, overall
from .typed import Is

VERSION: Literal["mlverdict/v1"] = "mlverdict/v1"
EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.HOLD: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """``mlverdict/v1``: what was judged, by what, and every gate's answer."""

    schema_version: Literal["mlverdict/v1"]
    verdict: Annotated[Verdict, Is(about="FAIL where a gate failed, else HOLD where one is held, else PASS")]
    candidate: Digest
    champion: Digest | None
    commit: Commit | None
    evidence_digest: Digest
    gates_digest: Annotated[Digest, Is(about="of the gate file")]
    gates: list[Finding]

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]


def judge(evidence: EvidenceFolder, file: GateFile) -> Judgement:
    """Judge.

    Raises:
        CorrectableError: the evidence cannot be judged by this file.
    """
    return of(answers(evidence, file), evidence, file)


def of(answers: Sequence[Answer], evidence: EvidenceFolder, file: GateFile) -> Judgement:
    """The judgement that the answers make together."""
    document = evidence.document
    findings = [answer.finding for answer in answers]
    return Judgement(
        schema_version=VERSION,
        verdict=overall([finding.verdict for finding in findings]),
        candidate=document.candidate.digest,
        champion=document.champion.digest if document.champion else None,
        commit=document.commit,
        evidence_digest=evidence.digest,
        gates_digest=file.digest,
        gates=findings,
    )


def answers(evidence: EvidenceFolder, file: GateFile) -> list[Answer]:
    """The answer of every gate with what it was computed from, in the order of the documentation.

    Raises:
        CorrectableError: the evidence cannot be judged by this file.
    """
    try:
        with np.errstate(all="ignore"):  # what overflows is no finite number, and is refused as that
            return answers_of_each(evidence, file)
    except GateError as error:
        where = f"{file.path}:{line_of(file.lines, error.place)}"
        raise CorrectableError(f"{where}: {error} Nothing was judged.") from error
    except ArithmeticError as error:
        raise CorrectableError(
            f"the evidence holds numbers that cannot be computed with, too large or too small: {error}. Nothing was "
            "judged."
        ) from error
    except MemoryError as error:
        raise CorrectableError(f"{evidence.rows:,} rows do not fit into this machine's memory") from error


def answers_of_each(evidence: EvidenceFolder, file: GateFile) -> list[Answer]:
    """The kinds of gate one after the other."""
    gates, statistics = file.gates, file.gates.statistics
    values.check_names(evidence)
    found: list[Answer] = []
    if gates.performance:
        found += performance.check(evidence, gates.performance, statistics)
    if gates.regression:
        found += regression.check(evidence, gates.regression, gates.performance or {}, statistics)
    if gates.latency:
        found += latency.check(evidence, gates.latency, statistics)
    if gates.size:
        found += size.check(evidence, gates.size)
    if gates.fairness:
        found += fairness.check(evidence, gates.fairness, statistics)
    if gates.behavioral:
        found += behavioral.check(evidence, gates.behavioral, file.cases)
    if gates.policy:
        found += policy.check(evidence, gates.policy)
    return found


def read(path: Path) -> Judgement:
    """Read what the verb ``gate`` wrote.

    Raises:
        CorrectableError: it is not there or no verdict.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CorrectableError(f"{path} does not exist: run `python -m mlops gate` first") from error
    except (ValueError, RecursionError) as error:
        raise CorrectableError(f"{path} is no verdict: {error}") from error
    found, misfits = typed.read(Judgement, value)
    if found is None:
        raise CorrectableError(f"{path} is no verdict: {misfits[0]}")
    return found
