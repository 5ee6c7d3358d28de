"""Run the rules over one repository."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from .finding import Finding
from .registry import RULES, Rule
from .repo import Repo

BROKEN_RULE = "CHECK000"


def run(path: Path | str, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Finding]:
    """Check the repository at ``path`` and return its findings, ordered by place.

    Args:
        path: root of a generated repository.
        select: ids, or beginnings of ids such as ``FILE``, of the rules to run; empty means all.
        ignore: ids of the rules to skip; it takes precedence over ``select``.

    Raises:
        UnusableRepositoryError: ``path`` is not a folder, or contains nothing to check.
        UnknownRuleError: ``select`` or ``ignore`` names a rule that does not exist.
    """
    rules = choose(select, ignore)
    repo = Repo.open(Path(path))
    findings = [finding for rule in rules for finding in judge(rule, repo)]
    return sorted(set(findings), key=Finding.order)


def choose(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Rule]:
    """Return the rules that ``select`` and ``ignore`` choose.

    Raises:
        UnknownRuleError: a name matches no rule; to continue would silently check less than requested.
    """
    from . import rules as _registering  # noqa: F401

    wanted, unwanted = tuple(select), tuple(ignore)
    for name in (*wanted, *unwanted):
        if not any(id.startswith(name) for id in RULES):
            families = sorted({id.rstrip("0123456789") for id in RULES})
            raise UnknownRuleError(f"no rule '{name}': there are {', '.join(families)} with three digits, as in CMD101")
    return [
        RULES[id]
        for id in sorted(RULES)
        if (not wanted or id.startswith(wanted)) and not (unwanted and id.startswith(unwanted))
    ]


class UnknownRuleError(ValueError):
    """A rule was named that does not exist."""


def judge(rule: Rule, repo: Repo) -> list[Finding]:
    """Return the findings of one rule, completed with its id, severity and fix.

    A rule that fails on unexpected input becomes a finding: the other rules still run, and the run does not pass.
    """
    findings: list[Finding] = []
    try:
        findings.extend(rule.check(repo))
    except Exception as error:
        findings.append(
            Finding(
                ".",
                1,
                f"rule {rule.id} failed on this repository: {type(error).__name__}: {error}"[:500],
                "This is an error of the check: report it with the file that causes it; "
                f"--ignore {rule.id} runs the others.",
                BROKEN_RULE,
            )
        )
    fix = rule.section("Fix")
    return [f if f.rule else replace(f, rule=rule.id, severity=rule.severity, fix=f.fix or fix) for f in findings]
