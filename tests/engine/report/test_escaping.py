"""Text from the evidence cannot become markup in either page."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from support.engine import EvidenceBuilder
from support.report import (
    HOSTILE,
    Outline,
    gather,
    report,
    spread,
    write,
)


def rendered(markdown: str) -> tuple[str, list[Any]]:
    """Return Markdown as HTML, and its tokens, parsed with the extensions of GitHub: tables and HTML."""
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])
    tokens = [part for token in parser.parse(markdown) for part in (token, *(token.children or []))]
    return parser.render(markdown), tokens


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_the_evidence_cannot_become_markup(tmp_path: Path, text: str) -> None:
    evidence = spread(EvidenceBuilder().with_champion(95))
    name = " ".join(text.replace("\x00", "").split()) or "x"
    evidence.document["protected_attributes"] = [name]
    evidence.predictions = evidence.predictions.rename(columns={"sex": name})
    evidence.predictions[name] = np.where(evidence.predictions[name] == "f", text, "other")
    evidence.predictions["row_id"] = [f"{text} {number}" for number in range(evidence.rows)]
    evidence.document["labels"] = [text, "yes"]
    evidence.document["positive_label"] = "yes"
    for column in ("y_true", "candidate_prediction", "champion_prediction"):
        evidence.predictions[column] = np.where(evidence.predictions[column] == 1, "yes", text)
    evidence.behavioral = evidence.behavioral.assign(
        case_id=[text, "b"], description=text, expected=text, got=text, passed=[False, True]
    )
    evidence.document["candidate"]["name"] = text
    evidence.document["environment"]["platform"] = text
    evidence.document["latency"]["cpu"] = text
    evidence.document["custom_metrics"] = {name: {"candidate": 1.0, "champion": 2.0}}
    gates = "performance: {accuracy: {min: 0.8}}\nlatency: {p50_ms: 80}\n"
    content = gather(tmp_path, evidence, gates)
    gate = dataclasses.replace(content.gates[0], name=text, reason=text)
    page = write(tmp_path, dataclasses.replace(content, title=text, gates=[gate, *content.gates]))
    harmless = spread(EvidenceBuilder().with_champion(95))
    harmless.behavioral["passed"] = [False, True]
    plain = report(tmp_path / "plain", harmless, gates)

    same_elements = {tag for tag, _ in Outline(plain.html).elements}
    outline = Outline(page.html)
    assert {tag for tag, _ in outline.elements} <= same_elements
    assert not any(attribute.startswith("on") for _, attributes in outline.elements for attribute in attributes)
    assert not any(
        "href" in attributes and not (attributes["href"] or "").startswith("#") for _, attributes in outline.elements
    )
    for picture in page.pictures.values():
        assert "<script" not in picture
        assert "onload" not in re.sub(r">[^<]*<|=\"[^\"]*\"", "", picture)
    for unwanted in ("\u202e", "\u2066", "\x00", "\x07"):
        assert unwanted not in page.html + page.markdown + "".join(page.pictures.values())

    html, tokens = rendered(page.markdown)
    wanted, _ = rendered(plain.markdown)
    assert not {token.type for token in tokens} & {"link_open", "s_open", "fence", "code_block", "hr"}
    assert {tag for tag, _ in Outline(html).elements} <= {tag for tag, _ in Outline(wanted).elements}
    sources = {attributes.get("src") for tag, attributes in Outline(html).elements if tag == "img"}
    assert all(source and re.fullmatch(r"figures/\w+\.svg", source) for source in sources)
    assert html.count("<tr>") == html.count("</tr>")
    text = Outline(re.sub(r"<code>.*?</code>", "", html)).text
    assert not re.search(r"(?<!\w)[@#!~$]\w|https?://\w|www\.\w|:\w+:", text)
    assert html.count("<details>") == html.count("</details>") == 8


def examples(test: Any) -> Any:
    """Add the hostile texts as examples."""
    for text in HOSTILE:
        test = example(text)(test)
    return test


@examples
@given(st.text(max_size=60))
def test_markdown_shows_any_text_literally(text: str) -> None:
    from mlops.report.escaping import for_markdown, plain

    html, tokens = rendered(f"| a |\n|---|\n| {for_markdown(text)} |\n")
    [cell] = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    import html as unescape

    assert unescape.unescape(cell).replace("\u200b", "") == plain(text).replace("\u200b", "")
    assert html.count("<td>") == 1
    assert not {token.type for token in tokens} & {"link_open", "image", "html_inline", "code_inline", "em_open"}


def test_the_html_page_loads_no_other_file(tmp_path: Path) -> None:
    page = report(tmp_path, spread(EvidenceBuilder().with_champion(80)))
    outline = Outline(page.html)
    assert not any({"src", "srcset", "poster"} & set(attributes) for _, attributes in outline.elements)
    assert not {"script", "link", "iframe", "object", "embed", "img"} & {tag for tag, _ in outline.elements}
    assert "url(" not in page.html
    assert "@import" not in page.html
    assert "default-src 'none'" in page.html
