"""Findings as text for people, JSON for scripts, SARIF for code hosts."""

import json
import re
from collections.abc import Callable, Mapping, Sequence

from .finding import Finding, Severity
from .registry import RULES

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.NOTICE: "note"}
# A file name may contain a line break or a terminal's escape sequence; they must not change lines of the report.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def text(findings: Sequence[Finding]) -> str:
    """Return one block for each finding, and the count in the last line."""
    lines = []
    for finding in findings:
        label = finding.rule + (" (notice)" if finding.severity is Severity.NOTICE else "")
        lines.append(f"{visible(finding.path)}:{finding.line}: {label} {visible(finding.message)}")
        if finding.fix:
            lines.append(f"    fix: {visible(finding.fix)}")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    notices = len(findings) - errors
    counts = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((errors, "finding"), (notices, "notice")) if n]
    lines.append("check: " + (" and ".join(counts) or "nothing found"))
    return "\n".join(lines) + "\n"


def as_json(findings: Sequence[Finding]) -> str:
    """Return a JSON list of objects with ``rule``, ``path``, ``line``, ``message``, ``fix`` and ``severity``."""
    objects = [
        {
            "rule": finding.rule,
            "path": finding.path,
            "line": finding.line,
            "message": finding.message,
            "fix": finding.fix,
            "severity": finding.severity,
        }
        for finding in findings
    ]
    return json.dumps(objects, indent=2) + "\n"


def sarif(findings: Sequence[Finding]) -> str:
    """Return SARIF 2.1.0 with one run, and the rules of its findings with titles and descriptions."""
    ids = sorted({finding.rule for finding in findings})
    log = {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "espalier-check", "rules": [sarif_rule(id) for id in ids]}},
                "columnKind": "unicodeCodePoints",
                "results": [sarif_result(finding, ids) for finding in findings],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def sarif_rule(id: str) -> dict[str, object]:
    """Return the description of a rule in SARIF."""
    described = RULES.get(id)
    if described is None:  # a finding of a linter, which documents the rule itself
        return {"id": id, "shortDescription": {"text": id}}
    return {
        "id": id,
        "shortDescription": {"text": described.title},
        "fullDescription": {"text": described.what or described.title},
        "help": {"text": described.section("Fix") or described.title},
        "defaultConfiguration": {"level": LEVELS[described.severity]},
    }


def sarif_result(finding: Finding, ids: Sequence[str]) -> dict[str, object]:
    """Return a finding in SARIF; ``ids`` are the rules of the run in their order."""
    from urllib.parse import quote

    place = {
        "artifactLocation": {
            "uri": quote(finding.path.encode("utf-8", "surrogateescape")),
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": max(finding.line, 1)},
    }
    message = finding.message + (f" Fix: {finding.fix}" if finding.fix else "")
    return {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": LEVELS[finding.severity],
        "message": {"text": message.encode("utf-8", "backslashreplace").decode()},
        "locations": [{"physicalLocation": place}],
    }


def visible(value: str) -> str:
    """Return the text with control characters and surrogates written as escapes."""
    return CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), value)


FORMATS: Mapping[str, Callable[[Sequence[Finding]], str]] = {"text": text, "json": as_json, "sarif": sarif}
