"""JUnit XML: each gate as a test, so that any CI shows them. A gate that is held is a failure of type HOLD."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from .output import clean
from .rule import Finding, Verdict
from .verdict import Judgement

SUITE = "model gates"


def write(judgement: Judgement, path: Path) -> None:
    """Write the verdict as a suite of tests."""
    suite = element(judgement.gates)
    properties = ElementTree.SubElement(suite, "properties")
    for name in ("verdict", "candidate", "champion", "commit", "evidence_digest", "gates_digest"):
        ElementTree.SubElement(properties, "property", name=name, value=str(getattr(judgement, name) or "none"))
    suite.insert(0, properties)
    save(suite, path)


def write_error(message: str, path: Path) -> None:
    """Write that nothing could be judged: a suite without a test would count as a success."""
    suite = ElementTree.Element("testsuite", name=SUITE, tests="1", failures="0", errors="1", skipped="0")
    case = ElementTree.SubElement(suite, "testcase", classname="gate", name="evidence and gate file can be used")
    ElementTree.SubElement(case, "error", type="unusable", message=clean(message))
    save(suite, path)


def element(findings: Sequence[Finding]) -> ElementTree.Element:
    failed = sum(finding.verdict is not Verdict.PASS for finding in findings)
    tests = str(len(findings))
    suite = ElementTree.Element("testsuite", name=SUITE, tests=tests, failures=str(failed), errors="0", skipped="0")
    for finding in findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"gate.{finding.kind}", name=clean(finding.name), time="0"
        )
        if finding.verdict is Verdict.PASS:
            ElementTree.SubElement(case, "system-out").text = clean(finding.reason)
        else:
            found = ElementTree.SubElement(case, "failure", type=finding.verdict.value, message=clean(finding.reason))
            found.text = f"{finding.verdict.value}: {clean(finding.reason)}"
    return suite


def save(suite: ElementTree.Element, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode", xml_declaration=False)
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', encoding="utf-8")
