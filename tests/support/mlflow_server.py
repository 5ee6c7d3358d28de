"""The environment of the MLflow registry on one machine: a network with a database, an S3 and a TLS load balancer.

Inside the network everything has the names and ports of the task definitions, so that command and environment run as
they are rendered. This module adds what the platform adds in a cloud: the region, rights in S3, and the address of S3.
"""

import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from support.images import Builder, Built, Container, cached_base, command_line
from support.infra import MODULES, REGION, Terraform, copy_infra

PROGRAMS = Path(__file__).parent / "programs"  # each runs as a separate process
MODULE = MODULES / "mlflow-registry"
# The secrets in tests/rendered.tftest.hcl; none of them may appear in any output.
SECRETS = {
    "database": "planted-database-password-1",
    "admin": "planted-admin-password-2",
    "session": "planted-session-key-of-32-characters-3",
}
UNPRIVILEGED = 65534  # PostgreSQL refuses to run as root
S3_PORT = 9000


@dataclass(frozen=True)
class Task:
    """One container of a rendered task definition."""

    definition: Mapping[str, Any]
    command: list[str]
    environment: dict[str, str]
    host: str  # of the database
    bucket: str


def rendered(tmp: Path) -> tuple[dict[str, Task], str]:
    """Return the task definitions that an apply renders, by container, and the output of terraform."""
    terraform = Terraform(copy_infra(tmp / "infra") / "modules" / MODULE.name)
    terraform.init()
    output = terraform.run("test", "-json", "-verbose", "-filter=tests/rendered.tftest.hcl")
    [state] = [json.loads(line)["test_state"] for line in output.splitlines() if '"type":"test_state"' in line]
    resources = state["root_module"]["resources"]
    [bucket] = [item["values"]["bucket"] for item in resources if item["type"] == "aws_s3_bucket"]
    tasks = {}
    for resource in resources:
        if resource["type"] == "aws_ecs_task_definition":
            [definition] = json.loads(resource["values"]["container_definitions"])
            environment = {item["name"]: item["value"] for item in definition["environment"]}
            for secret in definition["secrets"]:  # as the platform does: <arn of seven parts>:<key>::<version>
                environment[secret["name"]] = SECRETS[secret["valueFrom"].split(":")[7]]
            tasks[definition["name"]] = Task(
                definition, definition["command"], environment, environment["PGHOST"], bucket
            )
    return tasks, terraform.log


@dataclass(frozen=True)
class Authority:
    """A certificate authority and its certificates."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "authority.pem"

    @classmethod
    def make(cls, folder: Path, *names: str) -> "Authority":
        """Return an authority, with <name>.pem and <name>.key for each name."""
        folder.mkdir()
        own = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        now = datetime.datetime.now(datetime.UTC)
        span = (now - datetime.timedelta(hours=1), now + datetime.timedelta(days=2))
        root = (
            x509.CertificateBuilder(subject, subject, own.public_key(), x509.random_serial_number(), *span)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(own, hashes.SHA256())
        )
        (folder / "authority.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
        for name in names:
            key = ec.generate_private_key(ec.SECP256R1())
            leaf = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
            alternative: list[x509.GeneralName] = [x509.DNSName(name)]
            certificate = (
                x509.CertificateBuilder(subject, leaf, key.public_key(), x509.random_serial_number(), *span)
                .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
                .sign(own, hashes.SHA256())
            )
            (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
            (folder / f"{name}.key").write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        return cls(folder)


def build(folder: Path, tool: Callable[[str], str], authority: Authority) -> tuple[Builder, Built]:
    """Build the image of docker/mlflow.Dockerfile, with the tests' authority instead of the certificates of RDS."""
    context = folder / "context"
    shutil.copytree(MODULE / "docker", context / "docker")
    shutil.copy(authority.certificate, context / "docker" / "authority.pem")
    lock = MODULE / "docker" / "requirements.txt"
    base = cached_base(tool("debootstrap"))
    builder = Builder(tool("buildah"), folder, "mlflow-registry", base, [lock])
    image = builder.image(context, "mlflow.Dockerfile", COMMIT="1" * 40, RDS_CERTIFICATES="docker/authority.pem")
    return builder, image


def wait_until(true: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)


@dataclass
class Network:
    """A network namespace with a loopback interface, and the processes that run in it."""

    folder: Path
    hosts: Path
    processes: list[subprocess.Popen[Any]] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, *names: str) -> "Network":
        hosts = folder / "hosts"
        hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in ("localhost", *names)))
        network = cls(folder, hosts)
        holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        network.processes.append(holder)
        own = Path("/proc/self/ns/net").stat().st_ino
        wait_until(lambda: Path(f"/proc/{holder.pid}/ns/net").stat().st_ino != own, 10, lambda: "no network namespace")
        # the loopback interface up
        up = "import fcntl, socket, struct as s; fcntl.ioctl(socket.socket(), 0x8914, s.pack('16sh', b'lo', 0x41))"
        subprocess.run(network.inside([sys.executable, "-c", up]), check=True)
        return network

    def inside(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs a command in the network, with the network's host names."""
        names = 'mount --make-rprivate / && mount --bind "$0" /etc/hosts && exec "$@"'
        return [
            *("nsenter", f"--net=/proc/{self.processes[0].pid}/ns/net"),
            *("unshare", "--mount", "bash", "-c", names, str(self.hosts), *command),
        ]

    def start(self, command: Sequence[str], log: Path) -> subprocess.Popen[Any]:
        """Start a process that runs until the network ends."""
        with log.open("ab") as file:
            process = subprocess.Popen(self.inside(command), stdout=file, stderr=file)
        self.processes.append(process)
        return process

    def answers(self, port: int) -> bool:
        program = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        return subprocess.run(self.inside([sys.executable, "-c", program]), capture_output=True).returncode == 0

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Postgres:
    """A database server like that of RDS: TLS only, one user that may create databases, one database."""

    def __init__(self, network: Network, authority: Authority, host: str, log: Path) -> None:
        self.network, self.log = network, log
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # short, for the path of the socket
        self.bin = Path(
            subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        )
        for kind in ("pem", "key"):
            shutil.copy(authority.folder / f"{host}.{kind}", self.folder / f"server.{kind}")
        for path in (self.folder, *self.folder.iterdir()):
            os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
            path.chmod(0o700 if path.is_dir() else 0o600)
        self.run("initdb", "--username=postgres", "--auth=trust", "--no-sync", f"--pgdata={self.folder / 'data'}")
        hba = "local all postgres trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        (self.folder / "data" / "pg_hba.conf").write_text(hba)
        self.server: subprocess.Popen[Any] | None = None

    def as_user(self, program: str, *arguments: str) -> list[str]:
        who = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
        return [*who, str(self.bin / program), *arguments]

    def run(self, program: str, *arguments: str, text: str | None = None) -> str:
        """Run one of PostgreSQL's programs as its superuser and return the output."""
        environment = {
            "PATH": os.environ["PATH"],
            "PGHOST": str(self.folder),
            "PGUSER": "postgres",
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            self.as_user(program, *arguments), env=environment, input=text, capture_output=True, text=True, cwd="/"
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "ssl": "on",
            "ssl_cert_file": str(self.folder / "server.pem"),
            "ssl_key_file": str(self.folder / "server.key"),
            "fsync": "off",  # tests kill the server, not the machine
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.server = self.network.start(self.as_user("postgres", "-D", str(self.folder / "data"), *options), self.log)
        wait_until(self.ready, 30, self.log.read_text)

    def ready(self) -> bool:
        """Return whether it accepts sessions, which is later than its port is open."""
        return subprocess.run(self.as_user("pg_isready", f"--host={self.folder}"), capture_output=True).returncode == 0

    def create(self) -> None:
        """Create the user and the first database, as an apply does."""
        self.sql(f"CREATE ROLE mlflow LOGIN CREATEDB PASSWORD '{SECRETS['database']}'")
        self.sql("CREATE DATABASE mlflow OWNER mlflow")

    def sql(self, statement: str, database: str = "postgres") -> str:
        return self.run("psql", "--no-psqlrc", "-Atq", "-v", "ON_ERROR_STOP=1", database, text=statement)

    def stop(self) -> None:
        """Shut the server down and wait until its port is free."""
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)  # the "fast" shutdown, which ends all sessions
            self.server.wait(timeout=30)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)


class Registry:
    """Containers of the image in the network, with the settings of the rendered tasks."""

    def __init__(self, network: Network, image: Built, tasks: Mapping[str, Task], authority: Authority) -> None:
        self.network, self.image, self.tasks, self.authority = network, image, tasks, authority
        self.server: Container | None = None
        self.admin = SECRETS["admin"]  # the password of the user admin
        self.logs = network.folder / "tasks.log"
        self.logs.touch()
        shutil.copy(network.hosts, image.root / "etc" / "hosts")  # as a container runtime does

    def line(self, name: str, command: Sequence[str], secrets: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
        task = self.tasks[name]
        platform = {
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{S3_PORT}",
        }
        environment = {**platform, **task.environment, **secrets}
        read_only = task.definition["readonlyRootFilesystem"]
        line, outside = command_line(self.image, command, environment=environment, read_only=read_only)
        line.remove("--net")  # it uses this network instead of a new one
        return ["nsenter", f"--net=/proc/{self.network.processes[0].pid}/ns/net", *line], outside

    def run(self, command: Sequence[str], **secrets: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the settings of the migration task; ``secrets`` replace those of the tests."""
        line, environment = self.line("migration", command, secrets)
        done = subprocess.run(line, env=environment, capture_output=True, text=True)
        with self.logs.open("a") as file:
            file.write(done.stdout + done.stderr)
        return done

    def migrate(self, **secrets: str) -> subprocess.CompletedProcess[str]:
        """Run the migration task as it is rendered."""
        return self.run(self.tasks["migration"].command, **secrets)

    def start(self) -> Container:
        """Start the server and wait until its health check succeeds."""
        line, environment = self.line("server", self.tasks["server"].command, {})
        with self.logs.open("ab") as file:
            process = subprocess.Popen(line, env=environment, stdout=file, stderr=file)
        self.server = container = Container(self.image, process, {})
        kind, *check = self.tasks["server"].definition["healthCheck"]["command"]
        assert kind == "CMD"

        def healthy() -> bool:
            assert process.poll() is None, self.logs.read_text()[-4000:]
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            return bool(children.read_text()) and container.execute(check).returncode == 0

        wait_until(healthy, 300, lambda: self.logs.read_text()[-4000:])
        return container

    def kill(self) -> None:
        """Kill the server and all its processes immediately, without draining connections."""
        if self.server and self.server.process.poll() is None:
            os.kill(self.server.pid, signal.SIGKILL)
            self.server.process.wait(timeout=30)

    def environment(self, user: str, password: str) -> dict[str, str]:
        # without a proxy, and without rights in S3
        names = {name: text for name, text in os.environ.items() if not re.match("(?i)aws_|.*_proxy$", name)}
        return {
            **names,
            "MLFLOW_TRACKING_URI": "https://mlflow.example.org",  # the output `url`
            "MLFLOW_TRACKING_USERNAME": user,
            "MLFLOW_TRACKING_PASSWORD": password,
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "REQUESTS_CA_BUNDLE": str(self.authority.certificate),
        }

    def client(self, *arguments: str) -> list[str]:
        return self.network.inside([sys.executable, str(PROGRAMS / "mlflow_client.py"), *arguments])

    def ask(self, *arguments: str, user: str = "admin", password: str | None = None) -> Any:
        """Return the output of mlflow_client.py."""
        done = subprocess.run(
            self.client(*arguments), env=self.environment(user, password or self.admin), capture_output=True, text=True
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr[-3000:]}\n{self.logs.read_text()[-3000:]}"
        return json.loads(done.stdout.splitlines()[-1])


def start_s3(network: Network, bucket: str, log: Path) -> None:
    """Start an S3 with the bucket, at the port in the settings of the tasks."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(S3_PORT)]
    network.start(command, log)
    wait_until(lambda: network.answers(S3_PORT), 60, log.read_text)
    program = (
        "import boto3; boto3.client('s3', region_name='us-east-1', aws_access_key_id='testing',"
        f" aws_secret_access_key='testing', endpoint_url='http://127.0.0.1:{S3_PORT}').create_bucket(Bucket='{bucket}')"
    )
    subprocess.run(network.inside([sys.executable, "-c", program]), check=True)
