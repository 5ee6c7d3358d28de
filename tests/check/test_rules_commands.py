"""CMD: commands and links name targets that exist."""

# ruff: noqa: E501 (tables of cases, one case a line)

import pytest

from support.check_repository import SHA, RepoBuilder

CI = ".github/workflows/ci.yml"


def test_cmd101_points_at_the_line_that_calls_a_missing_target(repo: RepoBuilder) -> None:
    line = repo.plant(CI, "run: make setup", "run: make stup")
    finding = repo.only("CMD101")
    assert (finding.path, finding.line) == (CI, line)
    assert "did you mean 'setup'?" in finding.message


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("README.md", "make setup", "make setpu"),
        ("README.md", "`make gates`", "`make gate`"),
        ("scripts/smoke.sh", "make gates", "cd . && make -C . gate"),
        ("Makefile", "train: setup", "train: setpu"),
        ("Makefile", ".PHONY: setup", ".PHONY: setpu"),
        ("Makefile", "\t@$(PYTHON) -m mlops gate", "\t@$(MAKE) gatse"),
    ],
)
def test_cmd101_checks_every_caller(repo: RepoBuilder, path: str, old: str, new: str) -> None:
    line = repo.plant(path, old, new)
    finding = repo.only("CMD101")
    assert (finding.path, finding.line) == (path, line)


def test_cmd101_reports_a_missing_makefile(repo: RepoBuilder) -> None:
    repo.remove("Makefile")
    assert {(f.path, "there is no Makefile" in f.message) for f in repo.check("CMD101")} == {
        (CI, True),
        ("scripts/smoke.sh", True),
    }


def test_cmd101_is_quiet_about_pattern_rules_files_flags_and_variables(repo: RepoBuilder) -> None:
    repo.append("Makefile", "report-%:\n\t@echo $*\nall: README.md params.yaml\n\tmake -j 4 CC=gcc setup gates\n")
    repo.append("scripts/smoke.sh", 'make report-html\nmake -f other.mk anything\nmake "$TARGET"\necho make nothing\n')
    assert repo.check("CMD101") == []


def test_cmd102_points_at_the_line_that_calls_a_missing_verb(repo: RepoBuilder) -> None:
    line = repo.plant(CI, "python -m mlops gate", "python -m mlops gates")
    finding = repo.only("CMD102")
    assert (finding.path, finding.line) == (CI, line)
    assert "did you mean 'gate'?" in finding.message


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("dvc.yaml", "python -m mlops train", "python -m mlops trian"),
        ("Makefile", "-m mlops gate", "-m mlops gaet"),
        ("docker/serve.Dockerfile", '"mlops", "serve"', '"mlops", "sevre"'),
        ("README.md", "python -m mlops train", "python -m mlops trian"),
        (
            "deploy/base/deployment.yaml",
            "image: model\n",
            'image: model\n          args: ["python", "-m", "mlops", "srve"]\n',
        ),
        ("scripts/smoke.sh", "make gates", 'out="$(.venv/bin/python -X dev -m mlops statsu)"'),
    ],
)
def test_cmd102_checks_every_caller(repo: RepoBuilder, path: str, old: str, new: str) -> None:
    repo.plant(path, old, new)
    finding = repo.only("CMD102")
    assert finding.path == path
    word = new.split("mlops")[-1].split()[-1].strip("\"')]")
    assert finding.line == repo.line_of(path, word) or path == "deploy/base/deployment.yaml"


def test_cmd102_finds_the_callers_of_a_verb_that_was_deleted(repo: RepoBuilder) -> None:
    repo.remove("mlops/verbs/gate.py")
    assert {f.path for f in repo.check("CMD102")} == {CI, "Makefile"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".gitlab-ci.yml", "test:\n  script:\n    - make setup\n    - python -m mlops jduge\n"),
        ("Jenkinsfile", "node {\n  sh 'make setup'\n  sh '''\n    python -m mlops jduge\n  '''\n}\n"),
        (
            "pipelines/train.yaml",
            "kind: Workflow\nspec:\n  templates:\n    - name: a\n      script:\n        image: a:1\n"
            "        command: [sh]\n        source: |\n          python -m mlops jduge\n",
        ),
        (".pre-commit-config.yaml", "repos:\n  - repo: local\n    hooks:\n      - entry: python -m mlops jduge\n"),
    ],
)
def test_cmd102_reads_other_pipelines_too(repo: RepoBuilder, path: str, text: str) -> None:
    repo.write(path, text)
    finding = repo.only("CMD102")
    assert (finding.path, finding.line) == (path, repo.line_of(path, "jduge"))


def test_cmd102_is_quiet_about_verbs_that_exist_and_about_text(repo: RepoBuilder) -> None:
    repo.append(CI, "      - run: |\n          # python -m mlops nothing\n          python -m mlops check\n")
    repo.append(
        "README.md", "```python\npython -m mlops nothing\n```\n`python -m mlops <verb>` and `python -m mlops …`\n"
    )
    repo.append("scripts/smoke.sh", "cat <<EOF\npython -m mlops nothing\nEOF\npython -m mlops $VERB\n")
    assert repo.check("CMD102") == []


def test_cmd103_points_at_the_line_that_names_a_missing_script(repo: RepoBuilder) -> None:
    line = repo.plant(CI, "bash scripts/smoke.sh", "bash scripts/smok.sh")
    finding = repo.only("CMD103")
    assert (finding.path, finding.line) == (CI, line)
    assert "did you mean 'scripts/smoke.sh'?" in finding.message


@pytest.mark.parametrize(
    ("path", "old", "new", "missing"),
    [
        (CI, "python-version-file: .github/python-version", "python-version-file: .python-version", ".python-version"),
        (CI, "run: make setup", "run: pip install -r requirements.txt", "requirements.txt"),
        (CI, "run: make setup", "run: ./scripts/other.sh --fast", "scripts/other.sh"),
        (CI, "run: make setup", "run: FAST=1 uv run python scripts/x.py", "scripts/x.py"),
        (CI, "run: make setup", "run: cd scripts && bash smoke.sh && bash other.sh", "scripts/other.sh"),
        (CI, "run: make setup", "run: cd nowhere", "nowhere"),
        (CI, "run: make setup", "run: pytest tests/cod -k 'a/b'", "tests/cod"),
        (CI, "run: make setup", "working-directory: srcs\n        run: ls", "srcs"),
        (CI, "uses: actions/setup-python", "uses: ./.github/actions/setup\n      - uses: actions/setup-python", ".github/actions/setup/action.yml"),
        ("Makefile", "docker/serve.Dockerfile", "docker/sevre.Dockerfile", "docker/sevre.Dockerfile"),
        ("README.md", "make setup", "kubectl apply -k deploy/overlays/prod", "deploy/overlays/prod"),
        ("dvc.yaml", "cmd: python -m mlops data", "cmd: python scripts/load.py", "scripts/load.py"),
    ],
)  # fmt: skip
def test_cmd103_finds_the_files_that_a_command_needs(
    repo: RepoBuilder, path: str, old: str, new: str, missing: str
) -> None:
    repo.plant(path, old, new)
    finding = repo.only("CMD103")
    assert finding.path == path
    assert f"'{missing}'" in finding.message


def test_cmd103_is_quiet_about_existing_produced_and_unknown_files(repo: RepoBuilder) -> None:
    repo.append(
        "scripts/smoke.sh",
        '.venv/bin/pip install -r "$FILE"\n'
        "bash -c 'echo scripts/none.sh'\n"
        "python models/candidate/run.py data/x.py\n"
        "cat reports/report.md > /dev/null\n"
        "python -c \"open('none.py')\"\n"
        'cd "$(mktemp -d)"\n'
        "bash elsewhere.sh\n",
    )
    repo.append(
        "README.md", "```sh\ngit clone https://x.dev/churn-model\ncd churn-model\nbash scripts/unknown.sh\n```\n"
    )
    assert repo.check("CMD103") == []


def test_cmd104_points_at_an_application_that_its_module_does_not_define(repo: RepoBuilder) -> None:
    line = repo.plant(
        "docker/serve.Dockerfile",
        'CMD ["python", "-m", "mlops", "serve", "--port", "8080"]',
        'CMD ["uvicorn", "mlops.serving.app:app"]',
    )
    finding = repo.only("CMD104")
    assert (finding.path, finding.line) == ("docker/serve.Dockerfile", line)
    assert "mlops/serving/app.py defines no 'app'" in finding.message


def test_cmd104_points_at_a_missing_module(repo: RepoBuilder) -> None:
    line = repo.plant(CI, "run: make setup", "run: python -m churn_model.trian")
    finding = repo.only("CMD104")
    assert (finding.path, finding.line) == (CI, line)
    assert "no module 'churn_model.trian'" in finding.message


def test_cmd104_is_quiet_about_modules_of_others_and_names_that_exist(repo: RepoBuilder) -> None:
    repo.append(
        "scripts/smoke.sh",
        "python -m pip --version\npython -m churn_model.model\nuvicorn mlops.serving.app:create_app --factory\n",
    )
    assert repo.check("CMD104") == []


def test_cmd105_points_at_a_link_without_target(repo: RepoBuilder) -> None:
    line = repo.plant("README.md", "(docs/runbook.md#down)", "(docs/runbok.md#down)")
    finding = repo.only("CMD105")
    assert (finding.path, finding.line) == ("README.md", line)
    assert "did you mean 'docs/runbook.md'?" in finding.message


def test_cmd105_is_quiet_about_addresses_anchors_code_and_files_that_a_run_creates(repo: RepoBuilder) -> None:
    repo.append(
        "docs/runbook.md",
        "[a](https://x.dev/none.md) [b](#here) `[c](none.md)` [d](../reports/gone.html) [e](../mlops/)\n",
    )
    repo.append("docs/runbook.md", "```\n[f](none.md)\n```\n")
    assert repo.check("CMD105") == []


def test_cmd106_points_at_the_line_that_calls_a_missing_stage(repo: RepoBuilder) -> None:
    line = repo.plant("Makefile", "-m dvc repro train", "-m dvc repro fit")
    finding = repo.only("CMD106")
    assert (finding.path, finding.line) == ("Makefile", line)
    assert "there are data, train" in finding.message


def test_cmd106_is_quiet_about_stages_options_and_whole_pipelines(repo: RepoBuilder) -> None:
    repo.append(
        "scripts/smoke.sh",
        "dvc repro\ndvc repro --force data train\ndvc exp run -S train.C=2 -n name\ndvc repro dvc.yaml\n",
    )
    assert repo.check("CMD106") == []


@pytest.mark.parametrize(
    "text",
    [
        "curl -sSfLo get.sh https://x.dev/get.sh\nbash get.sh\n",
        "mkdir -p build/deep && cd build && bash ../scripts/smoke.sh\n",
        "printf 'make' > made.sh\nbash made.sh\n",
        "git clone https://x.dev/tools.git\ncd tools\nbash any.sh\n",
        "cp scripts/smoke.sh other.sh && bash other.sh\n",
        ". ./smoke.sh\n",  # a script may be called from its own folder
    ],
)
def test_cmd103_is_quiet_about_files_that_an_earlier_command_creates(repo: RepoBuilder, text: str) -> None:
    repo.append("scripts/smoke.sh", text)
    assert repo.check("CMD103") == []


def test_cmd103_is_quiet_about_files_that_an_earlier_step_creates(repo: RepoBuilder) -> None:
    repo.append(
        CI,
        f"      - uses: actions/checkout@{SHA}\n        with: {{repository: x/tools, path: tools}}\n"
        "      - run: bash go.sh\n        working-directory: tools\n",
    )
    assert repo.check("CMD103") == []


def test_an_included_makefile_runs_in_the_folder_of_the_including_one(repo: RepoBuilder) -> None:
    repo.append("Makefile", "-include tools/more.mk\n")
    repo.write("tools/more.mk", "smoke: setup\n\t@bash scripts/smoke.sh\n")
    assert repo.check("CMD101", "CMD103") == []
    repo.append("tools/more.mk", "other: sutep\n\t@bash more.sh\n")
    assert [(finding.rule, finding.line) for finding in repo.check("CMD101", "CMD103")] == [
        ("CMD101", 3),
        ("CMD103", 4),
    ]


def test_cmd103_points_at_a_script_that_an_image_cannot_have(repo: RepoBuilder) -> None:
    line = repo.append("docker/serve.Dockerfile", "RUN python mlops/environ.py --extra serve\n")
    finding = repo.only("CMD103")
    assert (finding.path, finding.line) == ("docker/serve.Dockerfile", line)
    assert "'mlops/environ.py'" in finding.message


def test_cmd103_is_quiet_about_scripts_that_an_image_may_have(repo: RepoBuilder) -> None:
    repo.append(
        "docker/serve.Dockerfile",
        "RUN bash smoke.sh && python /opt/elsewhere.py\nADD https://x.dev/get.sh .\nRUN sh get.sh\n",
    )
    assert repo.check("CMD103") == []


def test_cmd103_checks_a_command_in_running_text_if_its_folders_exist(repo: RepoBuilder) -> None:
    line = repo.append("README.md", "Run `docker build -f docker/sevre.Dockerfile .`, no longer `python train.py`.\n")
    finding = repo.only("CMD103")
    assert (finding.path, finding.line) == ("README.md", line)
    assert "did you mean 'docker/serve.Dockerfile'?" in finding.message


def test_cmd101_is_quiet_about_other_repositories_and_other_languages(repo: RepoBuilder) -> None:
    repo.append(
        "docs/runbook.md",
        "```sh\ngit clone https://x.dev/libfoo && cd libfoo && make install\ncd ~/tools && make world\n```\n"
        "```js\nconst words = `make believe`\n```\n",
    )
    assert repo.check("CMD101") == []


def test_cmd101_follows_a_page_into_the_clone_of_this_repository(repo: RepoBuilder) -> None:
    repo.append("docs/runbook.md", "```sh\ngit clone https://x.dev/churn-model\ncd churn-model\nmake setpu\n```\n")
    assert "did you mean 'setup'?" in repo.only("CMD101").message
