"""Read ``model_gates.yaml`` into typed blocks; errors contain file, line and key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core import dataclass_schema, digests
from ..core.dataclass_schema import Place, Problem
from ..core.errors import CorrectableError
from ..evidence.critical_cases import Case
from ..kinds import KINDS, behavioral
from ..kinds.gate_kind import GateBlocks
from . import yaml_lines
from .blocks import Gates


@dataclass(frozen=True, slots=True)
class GateFile:
    """A parsed gate file; ``files`` contains, by kind, the content of the files that its blocks name."""

    path: Path
    gates: GateBlocks
    digest: str
    lines: Mapping[Place, int]  # of each key, from 1
    files: Mapping[str, Any]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The critical cases; empty without a behavioral gate."""
        return behavioral.cases_of(self.files)

    @property
    def case_file(self) -> Path | None:
        """The file of critical cases, or None without a behavioral gate."""
        block = self.gates.block(behavioral.KIND)
        return self.path.parent / block.test_cases if block else None


def read_gate_file(path: Path) -> GateFile:
    """Read a gate file, and the files that it names.

    Raises:
        CorrectableError: The message contains file, line, key and the correct form.
    """
    return with_files(without_files(path))


def without_files(path: Path) -> GateFile:
    """Read only the gate file, not the files that it names.

    Raises:
        CorrectableError: The message contains file, line, key and the correct form.
    """
    gates, problems, lines = parse(path)
    if gates is None:
        raise CorrectableError(f"{located(path, lines, problems[0])} Nothing was judged.")
    return GateFile(path, gates, digests.of_file(path), lines, {})


def with_files(file: GateFile) -> GateFile:
    """Return the gate file with the files that its blocks name.

    Raises:
        CorrectableError: One of these files is invalid.
    """
    named = [(kind, file.gates.block(kind)) for kind in KINDS if kind.read_files is not None]
    read = {kind.name: kind.read_files(block, file.path.parent) for kind, block in named if kind.read_files and block}
    return replace(file, files=read)


def lint(path: Path) -> list[str]:
    """Return all errors of a gate file and of the files that it names, each with its line.

    Raises:
        CorrectableError: The file is not plain YAML.
    """
    gates, problems, lines = parse(path)
    if gates is None:
        return [located(path, lines, problem) for problem in problems]
    try:
        read_gate_file(path)
    except CorrectableError as error:
        return [str(error)]
    return []


def parse(path: Path) -> tuple[GateBlocks | None, list[Problem], Mapping[Place, int]]:
    """Return the gates, or their errors, and the line of each key."""
    document, lines = yaml_lines.load(path)
    if not isinstance(document, dict):
        words = f"contains no gate; the gate kinds are {', '.join(kind.name for kind in KINDS)}."
        return None, [Problem((), words)], lines
    gates, problems = dataclass_schema.parse(Gates, document, nulls=False)
    return gates, problems, lines


def located(path: Path, lines: Mapping[Place, int], problem: Problem) -> str:
    """Return an error with its file and line."""
    return f"{path}:{line_of(lines, problem.place)}: {problem.message}"


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """Return the line of a place, or of the nearest one around it."""
    return next((lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), 1)
