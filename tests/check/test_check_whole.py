"""Requirements for all rules."""

import re
from pathlib import Path

from espalier.check import registry, rules, runner
from support.check_repository import RepoBuilder


def test_a_consistent_repository_has_no_finding(repo: RepoBuilder) -> None:
    assert repo.check() == []


def test_every_rule_documents_reason_fix_and_blind_spot() -> None:
    for rule in runner.choose():
        assert rule.what.endswith("."), rule.id
        for section in registry.SECTIONS:
            assert rule.section(section), f"{rule.id} has no '{section}'"
        assert re.fullmatch(r"[A-Z]+\d{3}", rule.id)
        assert rule.title[0].islower() or rule.title.split()[0] in ("Python", "DVC's"), rule.id


def test_every_module_of_rules_is_registered() -> None:
    modules = {path.stem for path in Path(rules.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == set(rules.__all__)
    spoken = {rule.check.__module__.rpartition(".")[2] for rule in runner.choose()}
    assert spoken == modules


def test_every_rule_has_a_test_that_trips_it_and_one_that_stays_quiet() -> None:
    sources = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_rules_*.py"))
    for rule in runner.choose():
        names = re.findall(rf"def test_{rule.id.lower()}_(\w+)\(", sources)
        quiet = [name for name in names if name.startswith("is_quiet")]
        assert quiet, f"{rule.id} has the tests {names}"
        assert len(names) > len(quiet), f"{rule.id} has the tests {names}"
