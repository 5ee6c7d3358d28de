"""Start the rendered tasks: the image of the module, PostgreSQL with TLS, S3, and a client over TLS.

One story for the whole file: the fixtures bring the registry up once, and each test leaves it running.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from support import mlflow_server
from support.mlflow_server import MODULE, Authority, Network, Postgres, Registry, rendered, start_s3

pytestmark = [pytest.mark.slow, pytest.mark.long(place=5)]
UNLIKE = re.compile(r"^\\(un)?restrict .*$", re.M)  # contains a random word in newer versions of pg_dump


@dataclass
class Story:
    """A running registry and the results of its start."""

    registry: Registry
    postgres: Postgres  # replaced by the restore
    logged: dict[str, Any]
    migration: str  # output of the first migration
    terraform: str  # output of terraform


@pytest.fixture(scope="module")
def story(tool: Callable[[str], str], terraform_bin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    if os.geteuid() != 0:
        pytest.fail("these tests mount and make networks: run them as root, for instance in a container")
    for name in ("unshare", "nsenter", "setpriv", "chroot"):
        tool(name)
    folder = tmp_path_factory.mktemp("registry")
    tasks, said = rendered(folder)
    server = tasks["server"]
    authority = Authority.make(folder / "authority", server.host, "mlflow.example.org")
    builder, image = mlflow_server.build(folder, tool, authority)
    network = Network.make(folder, server.host, "mlflow.example.org")
    story = None
    try:
        postgres = Postgres(network, authority, server.host, folder / "postgres.log")
        registry = Registry(network, image, tasks, authority)
        story = Story(registry, postgres, {}, "", said)
        postgres.start()
        postgres.create()
        start_s3(network, server.bucket, folder / "s3.log")
        leaf = authority.folder / "mlflow.example.org"
        port = str(server.definition["portMappings"][0]["containerPort"])
        proxy = [str(mlflow_server.PROGRAMS / "tls_proxy.py"), f"{leaf}.pem", f"{leaf}.key", port]
        network.start([sys.executable, *proxy], folder / "proxy.log")
        migration = registry.migrate()
        story.migration = migration.stdout + migration.stderr
        assert migration.returncode == 0, story.migration
        registry.start()
        story.logged = registry.ask("log")
        yield story
    finally:
        if story:
            story.registry.kill()
            story.postgres.remove()
        network.stop()
        builder.remove()


def test_the_image_runs_as_a_numeric_user_with_the_locked_versions(story: Story) -> None:
    image = story.registry.image
    assert image.config["User"] == "10001:10001"
    locked: dict[str, set[str]] = {}  # some packages have a version for each Python
    lock = (MODULE / "docker/requirements.txt").read_text()
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", lock, re.M):
        locked.setdefault(name, set()).add(version)
    [wanted] = locked["mlflow"]
    assert f"mlflow[auth]=={wanted}" in (MODULE / "docker/requirements.in").read_text()
    installed = {}
    for path in image.site_packages.glob("*.dist-info"):
        name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
        installed[re.sub(r"[-_.]+", "-", name).lower()] = version
    assert {"mlflow", "psycopg2-binary", "boto3", "flask-wtf"} <= set(installed)
    assert {name: version for name, version in installed.items() if version not in locked.get(name, set())} == {}
    for program in ("gcc", "cc", "make", "git"):
        assert not (image.root / "usr" / "bin" / program).exists(), program


def test_the_migration_creates_both_databases_and_a_second_one_changes_nothing(story: Story) -> None:
    for line in ("database mlflow_auth: created", "user admin: created", "migrated"):
        assert line in story.migration
    before = [story.postgres.run("pg_dump", name) for name in ("mlflow", "mlflow_auth")]
    again = story.registry.migrate()
    assert again.returncode == 0, again.stdout + again.stderr
    assert "made" not in again.stdout
    after = [story.postgres.run("pg_dump", name) for name in ("mlflow", "mlflow_auth")]
    assert [UNLIKE.sub("", text) for text in before] == [UNLIKE.sub("", text) for text in after]


# The database of an older MLflow: the initial tables and the migrations up to a revision.
OLDER = """
from alembic import command
from alembic.script import ScriptDirectory
from mlflow.store.db import utils
engine = utils.create_sqlalchemy_engine("postgresql+psycopg2:///mlflow")
utils.InitialBase.metadata.create_all(engine)
config = utils._get_alembic_config("postgresql+psycopg2:///mlflow")
revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
with engine.begin() as connection:
    config.attributes["connection"] = connection
    command.upgrade(config, revisions[10])
print("left at", revisions[10])
"""


def test_the_migration_upgrades_the_database_of_an_older_mlflow_to_the_same_schema(story: Story) -> None:
    registry, postgres = story.registry, story.postgres
    revision = "SELECT version_num FROM alembic_version"
    registry.kill()
    postgres.sql("ALTER DATABASE mlflow RENAME TO kept")
    postgres.sql("CREATE DATABASE mlflow OWNER mlflow")
    older = registry.run(["python", "-c", OLDER])
    assert older.returncode == 0, older.stdout + older.stderr
    assert f"left at {postgres.sql(revision, 'mlflow').strip()}" in older.stdout
    assert postgres.sql(revision, "mlflow") != postgres.sql(revision, "kept")
    migration = registry.migrate()
    assert migration.returncode == 0, migration.stdout + migration.stderr
    schemas = [UNLIKE.sub("", postgres.run("pg_dump", "--schema-only", name)) for name in ("mlflow", "kept")]
    assert schemas[0] == schemas[1]
    postgres.sql("DROP DATABASE mlflow")
    postgres.sql("ALTER DATABASE kept RENAME TO mlflow")
    registry.start()


def test_a_model_is_loaded_by_its_alias_and_an_artifact_through_the_server(story: Story) -> None:
    present = story.registry.ask("present")
    assert present["models"] == [["churn", {"champion": "1"}]]
    assert [run[1:] for run in present["runs"]] == [["FINISHED", {"accuracy": 0.75}]]
    experiment = next(item for item in present["experiments"] if item[1] == "churn")
    assert experiment[2].startswith("mlflow-artifacts:/")  # clients never access S3
    loaded = story.registry.ask("load")
    assert loaded == {"predictions": [2, 4, 6], "text": "a line that was logged\n", "bytes": 4 * 1024 * 1024}


def test_requests_without_authentication_are_refused(story: Story) -> None:
    host = "mlflow.example.org"
    run = story.logged["run"]
    for user in ("nobody", "wrong"):
        answers = story.registry.ask(
            "ask",
            f"{user} GET / {host}",
            f"{user} POST /api/2.0/mlflow/experiments/search {host}",
            f"{user} GET /api/2.0/mlflow/runs/get?run_id={run} {host}",
            f"{user} POST /ajax-api/2.0/mlflow/runs/search {host}",
            f"{user} GET /api/2.0/mlflow-artifacts/artifacts {host}",
            f"{user} GET /get-artifact?run_id={run}&path=weights.bin {host}",
            f"{user} POST /api/2.0/mlflow/users/create {host}",
            f"{user} POST /graphql {host}",
            f"{user} GET /no-such-page {host}",
        )
        assert {status for _, status in answers} == {401}, answers
    assert story.registry.ask("ask", f"nobody GET /health {host}", f"self GET / {host}") == [
        [f"nobody GET /health {host}", 200],
        [f"self GET / {host}", 200],
    ]


def test_another_host_name_is_refused_even_with_a_password(story: Story) -> None:
    path = "self POST /api/2.0/mlflow/experiments/search"
    assert [status for _, status in story.registry.ask("ask", f"{path} other.example.org")] == [403]


def test_a_second_user_reads_but_does_not_delete_what_another_registered(story: Story) -> None:
    password = "another-password-of-16"
    assert story.registry.ask("add_user", "reader", password) == {"name": "reader", "admin": False}
    assert story.registry.ask("load", user="reader", password=password)["predictions"] == [2, 4, 6]
    refused = story.registry.ask("delete_model", user="reader", password=password)
    assert refused == {"refused": "PERMISSION_DENIED"}


def test_the_database_accepts_only_tls(story: Story) -> None:
    sessions = story.postgres.sql(
        "SELECT DISTINCT usename, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'mlflow'"
    )
    assert sessions.split() == ["mlflow|t"]
    assert story.registry.tasks["server"].environment["PGSSLMODE"] == "verify-full"


def test_nothing_registered_is_lost_if_the_server_is_killed_during_an_upload(story: Story) -> None:
    registry = story.registry
    before = registry.ask("present")
    run = story.logged["run"]
    experiment = next(item[0] for item in before["experiments"] if item[1] == "churn")
    path = f"{experiment}/{run}/artifacts/large.bin"
    admin = registry.environment("admin", registry.admin)
    with subprocess.Popen(
        registry.client("upload", path), env=admin, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as upload:
        assert upload.stdout
        assert upload.stdin
        assert upload.stdout.readline() == "half\n"
        registry.kill()
        rest, _ = upload.communicate("go on\n", timeout=120)
    assert "error" in rest, rest  # the client does not report success

    registry.start()
    assert registry.ask("present") == before
    assert registry.ask("load")["predictions"] == [2, 4, 6]
    assert "large.bin" not in registry.ask("artifacts", run)  # and no partial file

    with subprocess.Popen(
        registry.client("upload", path), env=admin, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as upload:
        assert upload.stdout
        assert upload.stdout.readline() == "half\n"
        rest, _ = upload.communicate("go on\n", timeout=120)
    assert '"status": 200' in rest, rest
    assert registry.ask("artifacts", run)["large.bin"] == 16 * 1024 * 1024


def test_a_backup_is_restored_into_a_new_database_with_its_own_admin_password(story: Story) -> None:
    """Follow docs/how-to/restore-the-registry.md; the tests below use the new database."""
    registry, old = story.registry, story.postgres
    before = registry.ask("present")
    dumps = {name: old.run("pg_dump", "--no-owner", name) for name in ("mlflow", "mlflow_auth")}
    registry.kill()
    old.stop()
    new = story.postgres = Postgres(registry.network, registry.authority, registry.tasks["server"].host, old.log)
    old.remove()
    new.start()
    new.create()
    new.sql("CREATE DATABASE mlflow_auth OWNER mlflow")
    for name, dump in dumps.items():
        new.sql(f"SET ROLE mlflow;\n{dump}", name)  # as the user of the server, which must own the restored tables

    rotated = "planted-rotated-password-4"
    migration = registry.migrate(MLFLOW_AUTH_ADMIN_PASSWORD=rotated)
    assert migration.returncode == 0, migration.stdout + migration.stderr
    assert "user admin: password changed" in migration.stdout
    registry.start()
    call = "self POST /api/2.0/mlflow/experiments/search mlflow.example.org"
    assert [status for _, status in registry.ask("ask", call)] == [401]  # the previous password
    registry.admin = rotated
    assert registry.ask("present") == before
    assert registry.ask("load")["predictions"] == [2, 4, 6]


def test_a_wrong_database_password_fails_the_migration_without_showing_it(story: Story) -> None:
    failed = story.registry.migrate(PGPASSWORD="planted-wrong-password-5")
    assert failed.returncode != 0
    assert "password authentication failed" in failed.stderr
    assert "planted" not in failed.stdout + failed.stderr


def test_no_planted_secret_is_in_terraform_or_in_a_log(story: Story) -> None:
    """Run last, since the logs contain the output of all tests above."""
    folder = story.registry.network.folder
    logs = {path.name: path.read_text(errors="replace") for path in folder.glob("*.log")}
    assert set(logs) == {"postgres.log", "proxy.log", "s3.log", "tasks.log"}
    assert "Uvicorn running" in logs["tasks.log"]
    for name, text in {**logs, "terraform": story.terraform}.items():
        assert "planted" not in text, name
