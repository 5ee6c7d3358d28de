"""JUnit XML with each gate as a test, for CI systems. A gate on HOLD is a failure of type HOLD."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from ..core.text_output import clean
from ..decision.gate_result import GateResult
from ..decision.verdict_rule import Verdict
from ..verdict import VerdictDocument

SUITE = "model gates"


def write(document: VerdictDocument, path: Path) -> None:
    """Write the verdict as a test suite."""
    suite = element(document.gates)
    properties = ElementTree.SubElement(suite, "properties")
    for name in ("verdict", "candidate", "champion", "commit", "evidence_digest", "gates_digest"):
        ElementTree.SubElement(properties, "property", name=name, value=str(getattr(document, name) or "none"))
    suite.insert(0, properties)
    save(suite, path)


def write_error(message: str, path: Path) -> None:
    """Write that nothing could be judged, as one test with an error: an empty suite would count as a success."""
    suite = ElementTree.Element("testsuite", name=SUITE, tests="1", failures="0", errors="1", skipped="0")
    case = ElementTree.SubElement(suite, "testcase", classname="gate", name="evidence and gate file can be used")
    ElementTree.SubElement(case, "error", type="unusable", message=clean(message))
    save(suite, path)


def element(results: Sequence[GateResult]) -> ElementTree.Element:
    """Return the test suite of the gate results."""
    failed = sum(result.verdict is not Verdict.PASS for result in results)
    tests = str(len(results))
    suite = ElementTree.Element("testsuite", name=SUITE, tests=tests, failures=str(failed), errors="0", skipped="0")
    for result in results:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"gate.{result.kind}", name=clean(result.name), time="0"
        )
        if result.verdict is Verdict.PASS:
            ElementTree.SubElement(case, "system-out").text = clean(result.reason)
        else:
            found = ElementTree.SubElement(case, "failure", type=result.verdict.value, message=clean(result.reason))
            found.text = f"{result.verdict.value}: {clean(result.reason)}"
    return suite


def save(suite: ElementTree.Element, path: Path) -> None:
    """Write a test suite to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode", xml_declaration=False)
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', encoding="utf-8")
