"""FILE: formats, modes, line endings, paths and imports."""

# ruff: noqa: E501 (tables of cases, one case a line)

import json
import os

import pytest

from support.check_repository import RepoBuilder


@pytest.mark.parametrize(
    ("text", "line", "phrase"),
    [
        (b"x = 1\ndef f(:\n", 2, "invalid syntax"),
        (b"x = 1\nreturn x\n", 2, "'return' outside function"),
        (b"x = (\n", 1, "never closed"),
        (b"\xef\xbb\xbfx = 1\n\tif\n", 2, "indent"),
        (b"(" * 5000, 1, "too many nested"),
        (b"x = " + b"9" * 5000, 1, "digits"),
    ],
)
def test_file101_points_at_the_line_that_does_not_compile(
    repo: RepoBuilder, text: bytes, line: int, phrase: str
) -> None:
    repo.write("src/churn_model/broken.py", text)
    finding = repo.only("FILE101")
    assert (finding.path, finding.line) == ("src/churn_model/broken.py", line)
    assert phrase in finding.message


def test_file101_ends_on_a_deeply_nested_expression(repo: RepoBuilder) -> None:
    repo.write("deep.py", "x = " + "-" * 200_000 + "1\n")
    assert repo.only("FILE101").path == "deep.py"


def test_file101_is_quiet_about_other_encodings_that_are_declared_and_empty_files(repo: RepoBuilder) -> None:
    repo.write("a.py", b"# -*- coding: utf-8 -*-\nx = '\xc3\xa9'\n").write("b.py", b"").write(
        "c.pyi", b"def f() -> int: ...\n"
    )
    assert repo.check("FILE101") == []


@pytest.mark.parametrize("text", ['import re\nre.compile("\\d")\n', "x = 1\nx is 1\n"])
def test_file102_points_at_a_syntax_warning(repo: RepoBuilder, text: str) -> None:
    repo.write("warned.py", text)
    finding = repo.only("FILE102")
    assert (finding.path, finding.line) == ("warned.py", 2)


def test_file102_is_quiet_about_raw_strings(repo: RepoBuilder) -> None:
    repo.write("fine.py", 'import re\nre.compile(r"\\d")\n')
    assert repo.check("FILE102") == []


@pytest.mark.parametrize(
    ("text", "line", "phrase"),
    [
        ("a: 1\nb: [1, 2\n", 3, "did not find expected ',' or ']'"),
        ("a: 1\nb: c: d\n", 2, "mapping values are not allowed"),
        ("a: 1\nb: *nowhere\n", 2, "alias '*nowhere' has no anchor"),
        ("a: 1\n\tb: 2\n", 2, "tab character"),
        ("a: 1\n---\nb: 'x\n", 4, "end of stream"),
        ("[" * 100_000, 1, "nested deeper than 100 levels"),
        ("- " * 100_000, 1, "nested deeper than 100 levels"),
        ("a: \x07\n", 1, "control characters"),
    ],
)
def test_file103_points_at_the_line_of_invalid_yaml(repo: RepoBuilder, text: str, line: int, phrase: str) -> None:
    repo.write("deploy/broken.yaml", text.encode())
    finding = repo.only("FILE103")
    assert (finding.path, finding.line) == ("deploy/broken.yaml", line)
    assert phrase in finding.message


def test_file103_is_quiet_about_tags_anchors_several_documents_and_charts(repo: RepoBuilder) -> None:
    repo.write(
        "tags.yml", "a: !Ref x\nb: &b {c: 1}\nd: {<<: *b, e: !!binary aGk=}\n---\n# nothing\n---\n- 2026-01-01\n"
    )
    repo.write("chart/Chart.yaml", "name: x\n").write(
        "chart/templates/x.yaml", "{{- if .Values.x }}\na: {{ .b }}\n{{- end }}\n"
    )
    assert repo.check("FILE103", "FILE104") == []


def test_file103_does_not_expand_aliases(repo: RepoBuilder) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 40)]
    repo.write("deploy/laughs.yaml", "kind: List\nl0: &l0 [x, x]\n" + "\n".join(levels) + "\n")
    assert repo.check() == []


def test_file104_points_at_the_second_of_two_equal_keys(repo: RepoBuilder) -> None:
    line = repo.append("params.yaml", "other:\n  a: 1\n  b: 2\n  a: 3\n") + 3
    finding = repo.only("FILE104")
    assert (finding.path, finding.line) == ("params.yaml", line)
    assert f"key 'a' is here and on line {line - 2}" in finding.message


def test_file104_compares_keys_that_are_not_strings(repo: RepoBuilder) -> None:
    repo.write("x.yaml", "on: 1\ntrue: 2\n1: 3\n1: 4\n")
    assert [finding.line for finding in repo.check("FILE104")] == [2, 4]


def test_file104_is_quiet_about_the_same_key_in_two_mappings(repo: RepoBuilder) -> None:
    repo.write("x.yaml", "a: {k: 1}\nb: {k: 1}\n---\na: 1\n")
    assert repo.check("FILE104") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = \n", 2), ("[a]\nb = 1\n[a]\n", 3), ("a = 1\na = 2\n", 2), ("x = " + "[" * 100_000, 1), ("x = '", 1)],
)
def test_file105_points_at_the_line_of_invalid_toml(repo: RepoBuilder, text: str, line: int) -> None:
    repo.write("broken.toml", text.encode())
    finding = repo.only("FILE105")
    assert (finding.path, finding.line) == ("broken.toml", line)


def test_file105_is_quiet_about_dates_and_arrays_of_tables(repo: RepoBuilder) -> None:
    repo.write("fine.toml", "a = 2026-01-01\n[[b]]\nc = [[1], [2]]\n[[b]]\n")
    assert repo.check("FILE105") == []


@pytest.mark.parametrize(
    ("text", "line", "phrase"),
    [
        ('{\n  "a": 1,\n}\n', 3, "double quotes"),
        ('{"a": NaN}', 1, "NaN is not a JSON number"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("", 1, "Expecting value"),
        ("[" + "9" * 5000 + "]", 1, "digits"),
    ],
)
def test_file106_points_at_the_line_of_invalid_json(repo: RepoBuilder, text: str, line: int, phrase: str) -> None:
    repo.write("broken.json", text.encode())
    finding = repo.only("FILE106")
    assert (finding.path, finding.line) == ("broken.json", line)
    assert phrase in finding.message


def test_file106_is_quiet_about_settings_of_editors(repo: RepoBuilder) -> None:
    repo.write(".vscode/settings.json", '{\n  // here comments are usual\n  "a": 1,\n}\n').write(
        "fine.json", "[1e400, null]\n"
    )
    assert repo.check("FILE106") == []


def test_file107_points_at_the_second_of_two_equal_keys(repo: RepoBuilder) -> None:
    repo.write("twice.json", '{"x": {\n  "a": 1,\n  "b": 2,\n  "a": 3\n}}\n')
    finding = repo.only("FILE107")
    assert (finding.path, finding.line) == ("twice.json", 4)


def test_file107_is_quiet_about_the_same_key_in_two_objects(repo: RepoBuilder) -> None:
    repo.write("fine.json", '[{"a": 1}, {"a": 2}]\n')
    assert repo.check("FILE107") == []


@pytest.mark.parametrize(
    ("text", "line", "phrase"),
    [
        ('variable "a" {\n  type = string\n', 1, "block '{' is not closed"),
        ('variable "a" {\n  type = string\n}\n}\n', 4, "but an attribute or a block was expected"),
        ('a = "x\n', 1, "not closed on its line"),
        ('a = "${var.x"\n', 1, "not closed"),
        ("a = <<EOT\nx\n", 1, "no line consists of 'EOT'"),
        ("/* a\n", 1, "comment '/*' is not closed"),
        ("a =\n", 1, "'a' has no value"),
        ("a = [1,\n  2\n", 1, "'[' is not closed"),
        ("a = [1)\n", 1, "')' has no opening bracket"),
        ("a = 1 2\n", 1, "'2' follows '1' without an operator"),
        ("a = 1 +\n", 1, "ends with '+'"),
        ('resource "a" "b"\n{\n}\n', 1, "is not an attribute"),
        ("a = b = c\n", 1, "a second '='"),
        ("a = ~1\n", 1, "'~' is not valid"),
        ("x {\n" * 100_000, 201, "nested deeper"),
    ],
)
def test_file108_points_at_the_line_of_invalid_hcl(repo: RepoBuilder, text: str, line: int, phrase: str) -> None:
    repo.write("infra/main.tf", text.encode())
    finding = repo.only("FILE108")
    assert (finding.path, finding.line) == ("infra/main.tf", line)
    assert phrase in finding.message


HCL = r"""
# a comment with "quotes and { brackets
variable "job_max_wait_minutes" { // the same
  description = "Minutes; \"quoted\" and $${literal} and %%{literal}"
  type        = number
  default     = -240
  validation {
    condition     = var.a >= 1 && var.a <= 20160
    error_message = "is ${var.a}: ${join(", ", [for k, v in var.m : "${k}=${v}" if v != ""])} to {20160}."
  }
}
/* several
   lines } */
locals { one = "line" }
resource "aws_sqs_queue" "jobs" {
  name = "${var.name}-jobs"
  tags = {
    "a b" = 1, c : 2
    (var.d) = !var.e ? [] : tolist(["x"])[0]
  }
  policy = <<-EOT
    ${jsonencode({ a = "}" })} and "an open quote
    EOT
  list = [
    for s in var.list : s.name
    if s.ok # because
  ]
  each = var.all[*].id
  last = merge(var.a, var.b...)
  dynamic "block" {
    for_each = var.x == null ? [] : [1]
    content {}
  }
}
run "x" {
  variables { n = 1 }
  expect_failures = [var.n]
}
"""


def test_file108_is_quiet_about_valid_hcl(repo: RepoBuilder) -> None:
    repo.write("infra/main.tf", HCL).write("infra/x.tfvars", 'a = {}\nb = "c"').write("infra/empty.tf", "\n")
    assert repo.check("FILE108") == []


def test_file109_points_at_a_link_out_of_the_repository_and_does_not_follow_it(repo: RepoBuilder) -> None:
    outside = repo.root.parent / "outside.yaml"
    outside.write_text("a: [\npassword: AKIAABCDEFGHIJKLMNOP\n")
    (repo.root / "linked.yaml").symlink_to("../outside.yaml")
    (repo.root / "folder").symlink_to("..")
    findings = repo.check()
    assert {(f.rule, f.path) for f in findings} == {("FILE109", "linked.yaml"), ("FILE109", "folder")}
    assert all("points out of the repository" in f.message for f in findings)


def test_file109_points_at_broken_and_circular_links(repo: RepoBuilder) -> None:
    (repo.root / "broken").symlink_to("nowhere")
    (repo.root / "loop").symlink_to("loop")
    (repo.root / "self").symlink_to(".")
    assert {f.path: "does not exist" in f.message for f in repo.check()} == {"broken": True, "loop": True}


@pytest.mark.parametrize(
    ("path", "data", "phrase"),
    [
        ("params.yaml", b"a: 1\nb: \x00\n", "contains a NUL byte"),
        ("mlops/metrics.py", b"# \xff\n", "is not UTF-8 (byte 0xff)"),
        ("README.md", "é".encode("latin-1"), "is not UTF-8 (byte 0xe9)"),
    ],
)
def test_file109_points_at_a_text_file_without_text(repo: RepoBuilder, path: str, data: bytes, phrase: str) -> None:
    repo.write(path, data)
    [finding] = [f for f in repo.check() if f.rule == "FILE109"]
    assert finding.path == path
    assert phrase in finding.message


def test_file109_points_at_pipes_and_at_folders_with_the_name_of_a_file(repo: RepoBuilder) -> None:
    os.mkfifo(repo.root / "pipe.yaml")
    repo.remove("params.yaml").write("params.yaml/x.txt", "")
    assert {f.path for f in repo.check("FILE109")} == {"pipe.yaml", "params.yaml"}


def test_file109_reports_a_file_that_is_too_large_as_a_notice(repo: RepoBuilder) -> None:
    repo.write("docs/big.json", b"[" * (2 << 20))
    [finding] = repo.check()
    assert (finding.rule, finding.path, finding.severity) == ("FILE109", "docs/big.json", "notice")
    assert "2.0 MiB" in finding.message


def test_file109_is_quiet_about_binaries_links_inside_and_ignored_files(repo: RepoBuilder) -> None:
    repo.write("docs/picture.png", b"\x89PNG\x00\xff" * 400_000).write("data/raw.yaml", b"\x00").write(
        ".venv/x.py", b"("
    )
    (repo.root / "docs/link.md").symlink_to("runbook.md")
    assert repo.check() == []


def test_file110_points_at_a_script_that_is_not_executable(repo: RepoBuilder) -> None:
    (repo.root / "scripts/smoke.sh").chmod(0o644)
    finding = repo.only("FILE110")
    assert (finding.path, finding.line) == ("scripts/smoke.sh", 1)
    assert "starts with '#!/bin/sh' but is not executable" in finding.message


def test_file110_points_at_an_executable_that_is_not_a_script(repo: RepoBuilder) -> None:
    (repo.root / "params.yaml").chmod(0o755)
    assert "does not start with '#!'" in repo.only("FILE110").message


def test_file110_is_quiet_about_binaries_and_file_systems_without_modes(repo: RepoBuilder) -> None:
    repo.write("tool", b"\x7fELF\x00", executable=True)
    assert repo.check("FILE110") == []
    for path in repo.root.rglob("*"):
        path.chmod(0o755)
    assert repo.check("FILE110") == []


def test_file111_points_at_the_first_line_with_crlf(repo: RepoBuilder) -> None:
    repo.write("scripts/x.txt", b"one\ntwo\r\nthree\r\n")
    finding = repo.only("FILE111")
    assert (finding.path, finding.line) == ("scripts/x.txt", 2)


def test_file111_checks_the_first_line(repo: RepoBuilder) -> None:
    repo.write("scripts/x.txt", b"\r\n")
    assert repo.only("FILE111").line == 1


def test_file111_is_quiet_about_tables_and_windows_scripts(repo: RepoBuilder) -> None:
    repo.write("tests/critical_cases.csv", b"a,b\r\n1,2\r\n").write("run.bat", b"echo\r\n").write(
        "bar.txt", b"50 %\r100 %\n"
    )
    assert repo.check("FILE111") == []


@pytest.mark.parametrize(
    ("one", "other"), [("readme.md", "README.md"), ("docs/A.txt", "docs/a.txt"), ("x/\u00e9.txt", "x/e\u0301.txt")]
)
def test_file112_points_at_paths_that_are_equal_on_other_systems(repo: RepoBuilder, one: str, other: str) -> None:
    repo.write(one, "").write(other, "")
    assert repo.only("FILE112").path in (one, other)


def test_file112_reports_a_folder_once_and_not_each_file_in_it(repo: RepoBuilder) -> None:
    repo.write("Docs/runbook.md", "").write("Docs/more.md", "")
    assert "'docs' and 'Docs'" in repo.only("FILE112").message


def test_file112_is_quiet_about_names_that_differ(repo: RepoBuilder) -> None:
    repo.write("docs/a.txt", "").write("docs/b.txt", "").write("a.txt", "")
    assert repo.check("FILE112") == []


@pytest.mark.parametrize(
    ("path", "text", "phrase"),
    [
        ("src/churn_model/model.py", "x = 1\nfrom . import feature\n", "imports 'feature' from '.'"),
        ("src/churn_model/model.py", "x = 1\nfrom .feature import A\n", "imports from '.feature'"),
        ("mlops/report.py", "x = 1\nfrom mlops.metric import A\n", "imports from 'mlops.metric'"),
        ("tests/code/test_x.py", "x = 1\nimport churn_model.nothing\n", "imports 'churn_model.nothing'"),
    ],
)
def test_file113_points_at_an_import_of_a_missing_module(repo: RepoBuilder, path: str, text: str, phrase: str) -> None:
    repo.write(path, text)
    finding = repo.only("FILE113")
    assert (finding.path, finding.line) == (path, 2)
    assert phrase in finding.message


def test_file113_is_quiet_about_names_of_the_package_text_and_guarded_imports(repo: RepoBuilder) -> None:
    repo.write("mlops/__init__.py", "from pathlib import Path\nROOT = Path()\nif ROOT:\n    HERE = ROOT\n")
    repo.write(
        "mlops/report.py",
        '"""\nfrom mlops.nothing import at_all\n"""\nimport os.path\nfrom mlops import HERE, ROOT, Path, metrics as m\n'
        "from mlops.verbs import (\n    train,  # a comment\n    gate,\n)\ntry:\n    from . import extra\nexcept ImportError:\n    pass\n",
    )
    assert repo.check("FILE113") == []


def test_no_rule_reads_a_notebook_as_code(repo: RepoBuilder) -> None:
    cell = {"cell_type": "code", "source": ["df[['a']]\n", "df[[ name ]]\n"]}
    repo.write("notebooks/look.ipynb", json.dumps({"cells": [cell]}))
    assert repo.check() == []
