"""Both images, built and run: their contents, their user, and the responses of the app."""

import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from mlops import model
from support.delivery import Render, Tool, commit, until
from support.images import BASE, Builder, Built, cached_base, run, running

pytestmark = [pytest.mark.slow, pytest.mark.long(place=7)]

COMPILERS = {"gcc", "g++", "cc", "c++", "clang", "ld", "as", "make", "cpp", "rustc", "cargo", "go"}
OTHER_USER = "54321:0"  # as OpenShift runs containers: any uid, group 0


@pytest.fixture(scope="module")
def builder(tool: Tool, rendered: Render, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    if os.geteuid() != 0:
        pytest.fail("the image tests mount and chroot: run them as root, for instance in a container")
    for name in ("unshare", "nsenter", "setpriv", "chroot"):
        tool(name)
    lock = rendered() / "constraints.txt"
    base = cached_base(tool("debootstrap"))
    builder = Builder(tool("buildah"), tmp_path_factory.mktemp("images"), "delivery", base, [lock])
    yield builder
    builder.remove()


@pytest.fixture(scope="module")
def checkout(rendered: Render, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed repository that the user of the train image can write to."""
    path = tmp_path_factory.mktemp("checkout") / "repository"
    shutil.copytree(rendered(), path, symlinks=True)
    commit(path)
    for parent in (path.parent, path.parent.parent):
        parent.chmod(0o755)
    subprocess.run(["chown", "--recursive", "10001:0", str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def train_image(builder: Builder, checkout: Path) -> Built:
    return builder.image(checkout, "train.Dockerfile", COMMIT="1" * 40)


@pytest.fixture(scope="module")
def trained(train_image: Built, checkout: Path) -> Path:
    """The checkout after the train image's own command ran in it."""
    result = run(train_image, train_image.config["Cmd"], bind=checkout)
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
    assert "VERDICT PASS" in result.stdout
    return checkout


@pytest.fixture(scope="module")
def serve_image(builder: Builder, trained: Path) -> Built:
    digest = model.digest(trained / "models" / "candidate")
    return builder.image(trained, "serve.Dockerfile", COMMIT="2" * 40, MODEL_DIGEST=digest)


def test_a_store_is_cached_for_one_run_at_a_time_until_its_inputs_change(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    base, lock = tmp_path / "base.tar", tmp_path / "lock.txt"
    lock.write_text("pandas==1\n")
    with tarfile.open(base, "w") as archive:
        archive.add(lock, "etc/lock.txt")

    def opened(run: str) -> Builder:
        (tmp_path / run).mkdir()
        return Builder(tool("buildah"), tmp_path / run, "scratch", base, [lock])

    first = opened("first")
    if not first.kept:
        first.remove()
        pytest.skip("this file system does not support overlays, so no store is cached here")
    beside = opened("beside")
    assert not beside.kept
    first.must("tag", BASE, "localhost/built:test")
    first.must("mount", first.must("from", "--pull-never", BASE))
    assert "built" not in beside.must("images")
    beside.remove()
    first.lock.close()  # as when the run is killed

    second = opened("second")
    assert second.kept
    assert "built" in second.must("images")
    assert second.must("containers", "--quiet") == ""
    second.remove()
    lock.write_text("pandas==2\n")
    third = opened("third")
    assert third.kept
    assert "built" not in third.must("images")
    third.remove()


def distributions(image: Built) -> dict[str, str]:
    """Return the installed distributions by normalized name."""
    found = {}
    for path in image.site_packages.glob("*.dist-info"):
        name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
        found[re.sub(r"[-_.]+", "-", name).lower()] = version
    return found


@pytest.mark.parametrize("fixture", ["serve_image", "train_image"])
def test_an_image_runs_as_a_numeric_user_without_root_or_compiler(
    fixture: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    image: Built = request.getfixturevalue(fixture)
    with capsys.disabled():
        print(f"\n{image.name}: {image.size / 1e6:.0f} MB, built in {image.seconds:.0f} s")
    user = image.config["User"].split(":")[0]
    assert user.isdigit()
    assert int(user) > 0
    places = [image.root / part.lstrip("/") for part in ("bin", "usr/bin", "usr/local/bin", "opt/venv/bin")]
    programs = {path.name for place in places if place.is_dir() for path in place.iterdir()}
    assert "python3" in programs
    assert not {name for name in programs if name in COMPILERS or re.match(r"(.*-)?(gcc|g\+\+|clang)(-\d+)?$", name)}
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.revision"] in {"1" * 40, "2" * 40}
    assert labels["org.opencontainers.image.base.name"] == BASE


@pytest.mark.parametrize("fixture", ["serve_image", "train_image"])
def test_an_image_contains_the_locked_versions(fixture: str, request: pytest.FixtureRequest, checkout: Path) -> None:
    image: Built = request.getfixturevalue(fixture)
    lines = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", (checkout / "constraints.txt").read_text(), re.M
    )
    locked: dict[str, set[str]] = {}
    for name, version in lines:
        locked.setdefault(re.sub(r"[-_.]+", "-", name).lower(), set()).add(version)
    installed = distributions(image)
    assert {"scikit-learn", "pandas", "pydantic"} <= set(installed)
    loose = {name: version for name, version in installed.items() if version not in locked.get(name, set())}
    assert set(loose) <= {"pip", "setuptools"}, loose  # these come with the interpreter's own venv module


def test_the_serving_image_contains_only_the_dependencies_of_serving(serve_image: Built) -> None:
    installed = set(distributions(serve_image))
    assert {"fastapi", "uvicorn", "prometheus-client"} <= installed
    assert not installed & {
        "mlflow",
        "mlflow-skinny",
        "dvc",
        "pandera",
        "pytest",
        "httpx",
        "ruff",
        "mypy",
        "pyarrow",
    }
    assert not installed & {"pip", "setuptools", "wheel", "matplotlib"}
    app = {path.name for path in (serve_image.root / "app").iterdir()}
    assert app == {"constraints.txt", "mlops", "model", "pyproject.toml", "src"}
    for secret in ("etc/pip.conf", "run/secrets"):
        assert not (serve_image.root / secret).exists(), secret


@pytest.mark.parametrize("user", [None, OTHER_USER])
def test_the_container_serves_with_a_read_only_root_as_any_user(
    serve_image: Built, trained: Path, user: str | None
) -> None:
    predictor = model.load(trained / "models" / "candidate")
    example = predictor.signature.example
    with running(serve_image, user=user) as container:
        until(lambda: container.request("/readyz")[0] == 200)
        status, answer = container.request("/predict", {"instances": [example]})
        assert status == 200
        expected = predictor.predict(pd.DataFrame([example]))
        assert answer["predictions"][0]["score"] == pytest.approx(expected.score[0], rel=1e-9)
        assert answer["model"]["digest"] == predictor.digest
        status, answer = container.request("/predict", {"instances": [{**example, "bmi": "high"}]})
        assert (status, answer["detail"][0]["loc"]) == (422, ["body", "instances", 0, "bmi"])
        assert container.request("/version")[1]["commit"] == "2" * 40

        # the user and its rights
        facts = Path(f"/proc/{container.pid}/status").read_text()
        assert user_of(container.pid) == int((user or serve_image.config["User"]).split(":")[0]) != 0
        assert int(re.findall(r"^CapEff:\s+(\w+)", facts, re.MULTILINE)[0], 16) == 0
        for place in ("/app/x", "/opt/venv/x", "/x", "/etc/x"):
            refused = container.execute(["python", "-c", f"open('{place}', 'w')"])
            assert "Read-only file system" in refused.stderr, refused.stderr
        assert container.execute(["python", "-c", "open('/tmp/x', 'w')"]).returncode == 0

        # the image's own health check
        kind, *command = serve_image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        assert container.execute(command).returncode == 0

        os.kill(container.pid, signal.SIGTERM)
        until(lambda: container.request("/readyz")[0] == 503, seconds=5)
        assert container.execute(command).returncode != 0
        assert container.process.wait(timeout=30) == 0


def user_of(pid: int) -> int:
    facts = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"^Uid:\s+(\d+)", facts, re.MULTILINE)[0])


def test_a_container_ends_when_its_test_fails(builder: Builder) -> None:
    root = Path(builder.must("mount", builder.must("from", "--pull-never", BASE)))
    config = {"Env": ["PATH=/usr/bin:/bin"], "WorkingDir": "/", "User": OTHER_USER, "Cmd": ["sleep", "300"]}
    # the block is the test that fails
    with pytest.raises(ZeroDivisionError), running(Built("base", config, 0, 0.0, root)) as container:  # noqa: PT012
        pid = container.pid
        until(lambda: user_of(pid) == int(OTHER_USER.split(":")[0]))  # it no longer runs as root
        raise ZeroDivisionError
    until(lambda: not Path(f"/proc/{pid}").exists(), seconds=5)


def test_a_model_with_another_digest_stops_the_build(builder: Builder, trained: Path, serve_image: Built) -> None:
    result = builder.build(trained, "serve.Dockerfile", "--target=build", MODEL_DIGEST="sha256:" + "0" * 64)
    assert result.returncode != 0
    assert "was not loaded" in result.stdout + result.stderr


def test_the_train_image_writes_evidence_for_the_commit_of_the_checkout(trained: Path) -> None:
    evidence = json.loads((trained / "reports" / "evidence" / "evidence.json").read_text(encoding="utf-8"))
    head = subprocess.run(
        ["git", "-c", "safe.directory=*", "rev-parse", "HEAD"],
        cwd=trained,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (evidence["commit"], evidence["dirty"]) == (head.stdout.strip(), False)


def test_the_train_image_trains_without_a_checkout_as_any_user(train_image: Built) -> None:
    script = " && ".join(f"python -m mlops {verb}" for verb in ("data", "validate", "split", "train"))
    command = ["sh", "-c", f"umask 002 && {script} && ls -n models/candidate"]
    result = run(train_image, command, user=OTHER_USER, read_only=False)
    assert result.returncode == 0, (result.stdout + result.stderr)[-3000:]
    assert re.search(r" 54321 .*model\.joblib", result.stdout)
