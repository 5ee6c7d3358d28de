"""Answers that the questions accept, and answers that they refuse before anything is written."""

import datetime
import re
from collections.abc import Callable

import pytest

from questions import Question, asked_questions, hidden_answers, settings
from support.generator import LITERAL_TEXT
from support.working_tree import ROOT

Refusal = Callable[..., str | None]

TEXTS = {"project_name": 80, "description": 300, "contact": 120}

REFUSED_TEXT = {
    "line break": "two\nlines",
    "carriage return": "two\rlines",
    "tab": "a\tb",
    "NUL": "a\0b",
    "escape sequence": "\x1b[31mred",
    "DEL": "a\x7fb",
    "C1 control": "a\x85b",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "right-to-left mark": "a\u200fb",
    "right-to-left override": "safe\u202egpj.exe",
    "isolate": "a\u2066b",
    "Arabic letter mark": "a\u061cb",
    "byte order mark": "\ufeffa",
    "noncharacter": "a\ufdd0b",
    "last noncharacter": "a\U0010ffffb",
    "half of a surrogate pair": "a\ud800b",
    "white space at the start": " a",
    "no-break space at the end": "a\u00a0",
    "empty": "",
    "trailing line break": "a\n",
    "only invisible characters": "\u200b\u2060\u200d",
}


@pytest.mark.parametrize("question", TEXTS)
@pytest.mark.parametrize("value", REFUSED_TEXT.values(), ids=REFUSED_TEXT)
def test_text_that_is_not_one_plain_line_is_refused_by_name(refusal: Refusal, question: str, value: str) -> None:
    message = refusal({question: value})
    assert message is not None
    assert f"'{question}'" in message
    assert all(character.isprintable() for character in message), "a message must not contain the refused characters"


@pytest.mark.parametrize("question", TEXTS)
@pytest.mark.parametrize("value", LITERAL_TEXT)
def test_text_with_a_meaning_in_another_format_is_accepted(refusal: Refusal, question: str, value: str) -> None:
    assert refusal({question: value}) is None


@pytest.mark.parametrize(("question", "most"), TEXTS.items())
def test_the_message_names_the_longest_length_of_a_text(refusal: Refusal, question: str, most: int) -> None:
    assert refusal({question: "x" * most}) is None
    assert f"at most {most}" in str(refusal({question: "x" * (most + 1)}))
    assert len(str(refusal({question: "x" * 10_000}))) < 400, "the message repeats ten kilobytes"


# question: other answers that it needs, accepted values, refused values
EDGES: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    "project_slug": (
        {"package_name": "fine"},
        ["a", "churn", "churn-model-2", "a" * 48],
        ["", "Churn", "2churn", "-a", "a-", "a--b", "a_b", "a.b", "../a", "a/b", "a\\b", "..", ".", "a b", "a\n"]
        + ["a\0", "ä", "а", "con", "nul", "aux", "prn", "com1", "lpt9", "a" * 49, "a" * 10_000, "$(id)", "[[a]]", "🚀"],
    ),
    "package_name": (
        {},
        ["a", "churn", "churn_model_2", "json_model", "a" * 56],
        ["", "Churn", "2churn", "_a", "a_", "a__b", "a-b", "a.b", "../a", "a/b", "..", "a b", "a\n", "ä", "a" * 57]
        + ["class", "match", "type", "import", "json", "test", "sys", "cgi", "distutils", "compression", "tomllib"]
        + ["pandas", "sklearn", "yaml", "dvc", "mlflow", "google", "attr", "fastapi"]
        + ["mlops", "tests", "src", "docs", "deploy", "models", "data", "reports", "releases", "con", "aux"],
    ),
    "organization": (
        {},
        ["a", "example-org", "Acme-2", "2b", "a" * 39],
        ["", "-a", "a-", "a--b", "a_b", "a b", "a/b", "..", "a\n", "é", "a" * 40, "$(id)", "${{a}}"],
    ),
    "image_registry": (
        {},
        ["ghcr.io/example-org", "localhost", "localhost:5000", "registry:5000/a", "10.0.0.1:5000/a/b-c_d", "r.io"]
        + ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/ml", "r.io:65535/a"],
        ["", "example-org", "example-org/a", "https://ghcr.io/a", "ghcr.io/A", "GHCR.io/a", "ghcr.io/", "ghcr.io/a/"]
        + ["ghcr.io//a", "ghcr.io/a:tag", "ghcr.io/a@sha256:0", "ghcr.io/../a", "ghcr.io/a b", "ghcr.io:0/a"]
        + ["ghcr.io:65536/a", "-a.io", "a..io", "u:p@ghcr.io/a", "ghcr.io/a\n", "ghcr.io/" + "a" * 150],
    ),
    "namespace": (
        {},
        ["a", "churn", "1", "a--b", "a" * 52],
        ["", "A", "-a", "a-", "a.b", "a_b", "a/b", "..", "a b", "a\n", "ä", "a" * 53],
    ),
    "tracking_uri": (
        {"tracking": "server"},
        [
            "http://localhost:5000",
            "https://mlflow.example.org",
            "https://mlflow.example.org:8443/a/b/",
            "http://10.0.0.1",
        ],
        [
            "",
            "mlflow.example.org",
            "ftp://a",
            "https://u:p@a",
            "https://a?b=c",
            "https://a#b",
            "https://a b",
            "https://",
        ]
        + ["https://a:0", "https://a:65536", "https://a//b", "https://a\n", "https://a'", 'https://a"', "file:///a"]
        + ["https://a/$(id)", "https://a/[[b]]", "https://[::1]", "https://" + "a" * 200],
    ),
    "data_remote_url": (
        {"data_remote": "s3"},
        ["s3://abc", "s3://abc/", "s3://acme-data/churn/v=1", "s3://a.b.c/d"],
        [
            "",
            "s3://",
            "s3://ab",
            "s3://Abc",
            "s3://abc/../d",
            "s3://abc/..",
            "s3://abc//d",
            "s3://abc/d e",
            "gs://abc/d",
        ]
        + [
            "/mnt/data",
            "s3://k:s@abc/d",
            "s3://abc/d?e",
            "s3://abc\n",
            "s3://abc/$(id)",
            "s3://-abc",
            "s3://" + "a" * 200,
        ],
    ),
    "cloud_region": (
        {"cloud": "aws"},
        ["eu-central-1", "us-east-1", "ap-southeast-2", "me-south-1"],
        [
            "",
            "eu-central",
            "eu-central-0",
            "eu-central-10",
            "Frankfurt",
            "EU-central-1",
            "eu_central_1",
            "eu-central-1\n",
        ]
        + ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eu-central-1a", "$(id)", "a" * 21],
    ),
    "state_bucket": (
        {"cloud": "aws"},
        ["abc", "a1b", "example-org-tfstate", "0-0", "a" * 63],
        ["", "a", "ab", "Abc", "-abc", "abc-", "a.bc", "a_bc", "abc\n", "a/b", "..", "$(id)", "ä" * 3, "a" * 64],
    ),
}


@pytest.mark.parametrize(("question", "value"), [(q, v) for q, (_, good, _) in EDGES.items() for v in good])
def test_an_identifier_inside_its_bounds_is_accepted(refusal: Refusal, question: str, value: str) -> None:
    assert refusal(EDGES[question][0], **{question: value}) is None


@pytest.mark.parametrize(("question", "value"), [(q, v) for q, (_, _, bad) in EDGES.items() for v in bad])
def test_an_identifier_outside_its_bounds_is_refused_by_name(refusal: Refusal, question: str, value: str) -> None:
    message = refusal(EDGES[question][0], **{question: value})
    named = f"'{question}'" in str(message) or f" {question}" in str(message)
    assert message is not None
    assert named, message
    assert all(character.isprintable() for character in message)


@pytest.mark.parametrize("question", [q.name for q in asked_questions() if q.choices])
def test_an_unknown_choice_is_refused_with_the_list_of_choices(refusal: Refusal, question: str) -> None:
    [asked] = [q for q in asked_questions() if q.name == question]
    message = str(refusal({question: "nonsense"}))
    assert f"'{question}'" in message
    assert all(repr(value) in message for value in asked.choices.values())


CONTRADICTIONS = {
    "Argo CD without Kubernetes": ({"gitops": "argocd", "deployment": "docker"}, "gitops"),
    "Argo CD without any deployment": ({"gitops": "argocd", "deployment": "none"}, "gitops"),
    "server without address": ({"tracking": "server"}, "tracking_uri"),
    "server with an empty address": ({"tracking": "server", "tracking_uri": ""}, "tracking_uri"),
    "address without server": ({"tracking_uri": "https://mlflow.example.org"}, "tracking_uri"),
    "bucket without URL": ({"data_remote": "s3"}, "data_remote_url"),
    "bucket with an empty URL": ({"data_remote": "s3", "data_remote_url": ""}, "data_remote_url"),
    "GPU runners without a cloud": ({"gpu_runners": "aws"}, "gpu_runners"),
    "GPU runners without GitHub": ({"gpu_runners": "aws", "cloud": "aws", "ci": "none"}, "gpu_runners"),
    "a registry without a cloud": ({"model_registry": "aws"}, "model_registry"),
    "URL without bucket": ({"data_remote_url": "s3://abc/d", "data_remote": "local"}, "data_remote_url"),
}


@pytest.mark.parametrize(("answers", "question"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_answers_that_contradict_each_other_are_refused(
    refusal: Refusal, answers: dict[str, str], question: str
) -> None:
    message = str(refusal(answers))
    assert question in message, message
    assert re.search(r"add it, as in|answer \w+=\w+ as well", message), message


def test_answers_that_the_stacks_cannot_build_are_refused(refusal: Refusal) -> None:
    dotted = {"data_remote": "s3", "data_remote_url": "s3://acme.data/churn.model"}
    assert "use hyphens in the bucket's name" in str(refusal({**dotted, "cloud": "aws"}))
    assert refusal(dotted) is None
    assert refusal({**dotted, "data_remote_url": "s3://acme-data/churn.model", "cloud": "aws"}) is None
    for region in ("us-gov-west-1", "cn-north-1", "Frankfurt", "eu-central"):
        assert "as in eu-central-1" in str(refusal({"cloud": "aws", "cloud_region": region})), region
    assert refusal({"cloud": "aws", "cloud_region": "ap-southeast-2"}) is None


@pytest.mark.parametrize("name", ["taks", "Task", "device_names", "retired_names", "package-name"])
def test_an_answer_to_an_unknown_question_is_refused(refusal: Refusal, name: str) -> None:
    message = str(refusal({name: "regression"}))
    assert f'no question is called "{name}"' in message
    assert "task, ci" in message


@pytest.mark.parametrize("value", [None, ["a"], {"a": 1}])
def test_an_answer_that_is_not_text_is_refused(refusal: Refusal, value: object) -> None:
    assert refusal({"project_name": value}) is not None


@pytest.mark.parametrize("value", [None, ["a"], {"a": 1}, datetime.date(2024, 1, 1)], ids=str)
@pytest.mark.parametrize("question", ["description", "namespace", "ci"])
def test_an_answer_of_another_type_is_refused_by_name(refusal: Refusal, question: str, value: object) -> None:
    assert f"the answer to {question} is not text" in str(refusal({question: value}))


def test_the_list_of_question_names_is_complete() -> None:
    assert hidden_answers()["question_names"].split() == [question.name for question in asked_questions()]


@pytest.mark.parametrize("question", asked_questions(), ids=lambda q: q.name)
def test_every_question_has_help_a_default_and_bounds(question: Question) -> None:
    assert len(question.help) > 20
    assert question.help[0].isupper()
    assert question.choices or question.validator, "any text would be accepted"


def test_no_pattern_accepts_a_line_break_at_its_end() -> None:
    """``$`` also matches before a last line break, ``\\Z`` does not."""
    for text in (ROOT / "macros/validators.jinja", ROOT / "copier.yml"):
        assert "$'" not in text.read_text(encoding="utf-8")


def test_all_defaults_together_are_accepted(refusal: Refusal) -> None:
    assert refusal() is None


def test_the_name_that_a_refusal_suggests_is_not_reserved() -> None:
    groups = hidden_answers()
    reserved = {
        n for group, names in groups.items() if group not in ("question_names", "retired_names") for n in names.split()
    }
    assert len(reserved) > 400
    assert not {name for name in reserved if f"{name}_model" in reserved}


def test_only_one_task_runs_and_it_is_the_validation() -> None:
    [task] = settings()["tasks"]
    assert task["command"][2].endswith("/hooks/validate.py")
    assert "migrations" not in settings()
    assert "jinja_extensions" not in settings()
