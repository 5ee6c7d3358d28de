"""TEXT, SEC and ID: template leftovers, secrets and personal traces."""

# ruff: noqa: E501 (tables of cases, one case a line)

import pytest

from support.check_repository import RepoBuilder

# built here, so that no scanner reports this file as a leak
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "a1B2" * 9
KEY = "-----BEGIN RSA " + "PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile", "# for [[ project_name ]]\n"),
        ("docs/runbook.md", "About [[ project_slug | upper ]].\n"),
        ("mlops/metrics.py", "NAME = '[[ package_name ]]'\n"),
        ("params.yaml", "other: [[ something_else ]]\n"),
        ("params.yaml", "other: '[[- namespace ~ \"-staging\" -]]'\n"),
        ("Makefile", "[% if ci == 'github' %]\n"),
        ("docs/runbook.md", "[%- endif -%]\n"),
        ("Makefile", "[# a comment of the template #]\n"),
        ("README.md", "{{ cookiecutter.project_name }}\n"),
        ("README.md", "{% raw %}\n"),
        ("pyproject.toml", "[[ package_name ]]\nx = 1\n"),
    ],
)
def test_text101_points_at_a_delimiter(repo: RepoBuilder, path: str, text: str) -> None:
    line = repo.append(path, text)
    finding = repo.only("TEXT101")
    assert (finding.path, finding.line) == (path, line)
    assert "was not rendered" in finding.message


@pytest.mark.parametrize("path", ["src/[[ package_name ]]/x.py", "params.yaml.jinja", "{{ cookiecutter.x }}/a.txt"])
def test_text101_checks_paths(repo: RepoBuilder, path: str) -> None:
    repo.write(path, "")
    assert repo.only("TEXT101").path == path


def test_text101_is_quiet_about_brackets_with_a_meaning(repo: RepoBuilder) -> None:
    repo.append(
        "scripts/smoke.sh", '[[ -f x ]] && [[ $a == b* ]] || [[ "$ci" =~ task ]] && [[ a == b ]]\n[[ ! -z ${task} ]]\n'
    )
    repo.append(
        "src/churn_model/model.py", "x = [[1, 2], [[3]]]\ny = x[[ 0 ]]\nz = frame[[name, task]]\n[# a comment\n1]\n"
    )
    repo.append(
        "docs/runbook.md",
        "[[Home]] [[ Other page ]] [#12](https://x.dev) [%d](x) ${{ github.ref }} {{ $labels.x }}\n".replace(
            "(x)", "(#x)"
        ),
    )
    repo.append(".github/workflows/ci.yml", "      - run: echo ${{ github.sha }} {{workflow.name}}\n")
    repo.append("params.yaml", "matrix: [[1, 2], [3, 4]]\n")
    assert repo.check("TEXT101") == []


def test_text101_is_quiet_about_text_from_answers(repo: RepoBuilder) -> None:
    text = 'Uses [[ project_name ]], ${{ x }}, [% if a %] and <your-name> \\ "quoted" {{ cookiecutter.x }}'
    repo.plant(".copier-answers.yml", "description: Predicts who leaves", "description: '" + text + "'")
    repo.plant(
        "pyproject.toml",
        'version = "0.1.0"',
        'version = "0.1.0"\ndescription = "' + text.replace("\\", "\\\\").replace('"', '\\"') + '"',
    )
    repo.append("README.md", text.replace("\\", "\\\\").replace("<", "&lt;").replace(">", "&gt;") + "\n")
    assert repo.check("TEXT") == []


@pytest.mark.parametrize(
    "word", ["CHANGEME", "CHANGE_ME", "<your-registry>", "YOUR_TOKEN_HERE", "TODO(template)", "<insert name>"]
)
def test_text102_points_at_a_placeholder(repo: RepoBuilder, word: str) -> None:
    line = repo.append("params.yaml", f"registry: '{word}'\n")
    finding = repo.only("TEXT102")
    assert (finding.path, finding.line) == ("params.yaml", line)
    assert f"'{word}' is a placeholder" in finding.message


def test_text102_is_quiet_about_the_teams_own_notes(repo: RepoBuilder) -> None:
    repo.append(
        "README.md",
        "TODO: look at ages. TODO answer the mail? No: `make champion MODEL=<digest>`. Exchanges.\n".replace(
            "TODO answer", "Then answer"
        ),
    )
    assert repo.check("TEXT102") == []


def test_text103_points_at_a_conflict_and_a_rejected_patch(repo: RepoBuilder) -> None:
    line = repo.append("params.yaml", "<<<<<<< before updating\na: 1\n=======\na: 2\n>>>>>>> after updating\n")
    repo.write("Makefile.rej", "+x\n")
    assert [(f.path, f.line) for f in repo.check("TEXT103")] == [("Makefile.rej", 1), ("params.yaml", line)]


def test_text103_is_quiet_about_headlines(repo: RepoBuilder) -> None:
    repo.append("docs/runbook.md", "Title\n=======\n<<<<<<< not a conflict alone\n")
    assert repo.check("TEXT103") == []


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (KEY, "a private key"),
        (f"key = {AWS}", "an AWS access key"),
        ("aws_secret_access_key = " + "aB3/" * 10, "an AWS secret key"),
        (f"url: {GITHUB}", "a GitHub token"),
        ("glpat-" + "a1B2c" * 4, "a GitLab token"),
        ("hf_" + "aBcDeFgHiJ" * 3 + "kLmN", "a Hugging Face token"),
        ("password: 'hunter2hunter2hunter2'", "assigns a secret"),
    ],
)
def test_sec101_points_at_a_secret_without_repeating_it(repo: RepoBuilder, text: str, phrase: str) -> None:
    line = repo.append("docs/runbook.md", text + "\n")
    finding = repo.only("SEC101")
    assert (finding.path, finding.line) == ("docs/runbook.md", line)
    assert phrase in finding.message
    assert text not in finding.message


def test_sec101_is_quiet_about_names_variables_and_digests(repo: RepoBuilder) -> None:
    repo.append(
        "params.yaml",
        "token: ${{ secrets.GITHUB_TOKEN }}\npassword: '${DATABASE_PASSWORD_1}'\ndigest: " + "ab" * 32 + "\n",
    )
    repo.append("mlops/metrics.py", "TOKEN = os.environ['MLFLOW_TRACKING_TOKEN']\nSECRET_NAME = 'mlflow-password'\n")
    assert repo.check("SEC101") == []


def test_sec102_points_at_a_password_in_an_address(repo: RepoBuilder) -> None:
    line = repo.append("params.yaml", "uri: postgresql://mlflow:hunter2@db.acme.dev/mlflow\n")
    finding = repo.only("SEC102")
    assert (finding.path, finding.line) == ("params.yaml", line)
    assert "hunter2" not in finding.message


def test_sec102_is_quiet_about_variables_and_names_without_password(repo: RepoBuilder) -> None:
    repo.append(
        "README.md",
        "postgresql://mlflow:${PASSWORD}@db/x https://user:<token>@x.dev ssh://git@x.dev:22/a http://x:80/@b\n",
    )
    assert repo.check("SEC102") == []


def test_sec103_points_at_a_secret_with_values_and_at_a_literal_variable(repo: RepoBuilder) -> None:
    repo.write("deploy/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  password: x\n")
    line = repo.plant(
        "deploy/base/deployment.yaml",
        "image: model\n",
        "image: model\n          env:\n            - {name: DB_PASSWORD, value: x}\n",
    )
    assert {(f.path, f.line) for f in repo.check("SEC103")} == {
        ("deploy/secret.yaml", 4),
        ("deploy/base/deployment.yaml", line + 2),
    }


def test_sec103_is_quiet_about_references_and_empty_secrets(repo: RepoBuilder) -> None:
    repo.write("deploy/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata: {}\n")
    repo.plant(
        "deploy/base/deployment.yaml",
        "image: model\n",
        "image: model\n          env:\n            - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: p}}}\n",
    )
    assert repo.check("SEC103") == []


def test_sec104_points_at_a_credential_in_dvcs_settings(repo: RepoBuilder) -> None:
    repo.write(".dvc/config", "['remote \"s3\"']\n    url = s3://bucket\n    secret_access_key = abc\n")
    finding = repo.only("SEC104")
    assert (finding.path, finding.line) == (".dvc/config", 3)
    assert "'secret_access_key' is a credential" in finding.message


def test_sec104_is_quiet_about_addresses_and_roles(repo: RepoBuilder) -> None:
    repo.write(".dvc/config", "[core]\n    remote = s3\n['remote \"s3\"']\n    url = s3://bucket\n    profile = ml\n")
    assert repo.check("SEC104") == []


@pytest.mark.parametrize("home", ["/home/jane/data", "/Users/jane.doe/x", "C:\\Users\\jane", "file:///home/jane/x"])
def test_id101_points_at_a_path_in_a_home_directory(repo: RepoBuilder, home: str) -> None:
    line = repo.append("params.yaml", f"path: {home}\n")
    finding = repo.only("ID101")
    assert (finding.path, finding.line) == ("params.yaml", line)
    assert "in a user's home directory" in finding.message


def test_id101_is_quiet_about_images_addresses_and_answers(repo: RepoBuilder) -> None:
    repo.append(
        ".copier-answers.yml",
        "data_remote_url: /home/jane/remote\n_src_path: /home/jane/espalier\n".replace("_src_path", "_src"),
    )
    repo.write(".dvc/config", "url = /home/jane/remote\n")
    repo.append("docker/serve.Dockerfile", "RUN useradd -m serving\nWORKDIR /home/serving\nENV HOME=/home/app\n")
    repo.append("README.md", "https://x.dev/home/jane and /homes/x and $HOME/x and ~/home/jane\n")
    assert repo.check("ID101") == []


def test_id102_points_at_an_address_that_is_not_an_answer(repo: RepoBuilder) -> None:
    line = repo.append("docs/runbook.md", "Ask jane.doe@template-authors.io.\n")
    finding = repo.only("ID102")
    assert (finding.path, finding.line) == ("docs/runbook.md", line)
    assert "'jane.doe@template-authors.io'" in finding.message


def test_id102_is_quiet_about_answers_owners_examples_and_similar_text(repo: RepoBuilder) -> None:
    repo.write(".github/CODEOWNERS", "* owner@acme.dev\n")
    repo.append(
        "README.md",
        "ml-team@acme-data.com owner@acme.dev x@example.com git@github.com:a/b.git actions/x@v4.2.io 1@2.3\n",
    )
    repo.append("mlops/metrics.py", "@app.get\n@pytest.fixture\ndef f(a, b): return a@b.T\n")
    assert repo.check("ID102") == []


def test_id103_points_at_an_author_and_at_a_foreign_holder(repo: RepoBuilder) -> None:
    line = repo.append("mlops/metrics.py", '__author__ = "Jane Doe"\n')
    repo.plant("LICENSE", "2026 Acme", "2024-2026 Jane Doe")
    assert {(f.path, f.line) for f in repo.check("ID103")} == {("mlops/metrics.py", line), ("LICENSE", 3)}


def test_id103_is_quiet_about_the_organization_and_license_texts(repo: RepoBuilder) -> None:
    repo.write(
        "LICENSE",
        "Copyright 2026 Acme\n\n   Copyright [yyyy] [name of copyright owner]\n   copyright notice that is included\n",
    )
    repo.append("mlops/metrics.py", "# author: Acme\nauthor = commit.author\n")
    assert repo.check("ID103") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("params.yaml", 'db_password: "hunter2hunter2"\n'),
        ("params.yaml", 'DB_PASSWORD: "Tr0ub4dor&3:xyz"\n'),
        ("docker/serve.Dockerfile", "ENV API_TOKEN=abcd1234efgh5678ijkl\n"),
        ("params.yaml", "api_key: abcd1234efgh5678ijkl\n"),
        ("src/churn_model/model.py", "PASSWORD = 'hunter2hunter'\n"),
    ],
)
def test_sec101_points_at_a_password_chosen_by_a_person(repo: RepoBuilder, path: str, text: str) -> None:
    line = repo.append(path, text)
    finding = repo.only("SEC101")
    assert (finding.path, finding.line) == (path, line)


def test_sec101_is_quiet_about_names_of_secrets_and_code(repo: RepoBuilder) -> None:
    repo.append(
        "params.yaml",
        "token: text\nsecret_name: team-2024-database-secret\npassword: ${PASSWORD_OF_2024_DATABASE}\n"
        "tokenizer: bert-base-uncased-2024-v1\nmax_tokens: 4096\n",
    )
    repo.append("src/churn_model/model.py", "token=reader_of_tokens_2024_v2\npassword = read('x1')\n")
    assert repo.check("SEC101") == []


def test_id103_points_at_an_author_of_the_project_who_is_not_in_the_answers(repo: RepoBuilder) -> None:
    line = repo.plant("pyproject.toml", 'version = "0.1.0"', 'authors = [{name = "Jane Doe"}]\nversion = "0.1.0"')
    finding = repo.only("ID103")
    assert (finding.path, finding.line) == ("pyproject.toml", line)


def test_id103_is_quiet_about_the_organization_as_author(repo: RepoBuilder) -> None:
    repo.plant("pyproject.toml", 'version = "0.1.0"', 'authors = [{name = "Acme"}]\nversion = "0.1.0"')
    assert repo.check("ID103") == []


def test_text101_points_at_the_name_of_a_question_in_other_braces(repo: RepoBuilder) -> None:
    line = repo.append("params.yaml", "name: '{{ project_name }}'\n")
    finding = repo.only("TEXT101")
    assert (finding.path, finding.line) == ("params.yaml", line)


def test_text101_is_quiet_about_the_braces_of_workflows_charts_and_playbooks(repo: RepoBuilder) -> None:
    repo.append("docs/runbook.md", "{{ .Release.Namespace }} {{ namespace }} ${{ project_slug }} {{workflow.name}}\n")
    repo.write("playbooks/templates/unit.conf", "{{ project_slug }}\n").write("x.j2", "{{ image_registry }}\n")
    assert repo.check("TEXT101") == []


def test_text102_is_quiet_about_values_of_each_reader(repo: RepoBuilder) -> None:
    repo.append("docs/runbook.md", "`export API_TOKEN=<your token>`, then `git checkout <your-branch>`.\n")
    assert repo.check("TEXT102") == []
