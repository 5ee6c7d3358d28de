"""Terraform and an emulator of AWS, controlled from Python, for the tests of ``infra/``."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import python_terraform
import yaml

from support.user_cache import user_cache
from support.working_tree import ROOT

MODULES = ROOT / "infra" / "modules"
QUIRKS = Path(__file__).with_name("quirks.yaml")
PROVIDER = Path("registry.terraform.io") / "hashicorp" / "aws"
REGION = "us-east-1"

# The services whose calls go to the emulator, by the names of the provider's endpoints block.
# fmt: off
SERVICES = [
    "acm", "apigatewayv2", "appautoscaling", "autoscaling", "budgets", "cloudtrail", "cloudwatch", "dynamodb", "ec2",
    "ecr", "ecs", "elbv2", "events", "iam", "kms", "lambda", "logs", "rds", "route53", "s3", "s3control",
    "scheduler", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm", "sts", "wafv2",
]
# fmt: on

# The part of the provider's log that is printed if a command fails: a dozen requests with their responses.
PROVIDER_LINES, PROVIDER_COLUMNS = 30, 1000


class TerraformError(RuntimeError):
    """Terraform ended with an error; the message contains its command and all output."""


def mirror() -> Path | None:
    """Return a folder with the provider as a filesystem mirror; if it is None, terraform uses its registry."""
    data_home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    data_dirs = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    places = [Path(os.environ[name]) for name in ("TF_PLUGIN_MIRROR", "TF_PLUGIN_CACHE_DIR") if os.environ.get(name)]
    places.append(Path.home() / ".terraform.d" / "plugins")
    places += [Path(base) / "terraform" / "plugins" for base in (data_home, *data_dirs.split(os.pathsep))]
    for parent in (Path("/opt"), Path("/usr/local/share"), Path("/usr/share")):
        places += sorted(path for path in parent.glob("*") if path.is_dir())
    return next((place for place in places if any((place / PROVIDER).glob("*"))), None)


@dataclass(frozen=True)
class Change:
    """One line of a plan: the change of one resource."""

    address: str
    actions: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    unknown: Mapping[str, Any]

    @property
    def attributes(self) -> set[str]:
        """Return the top-level attributes that would change, including those only known after the apply."""
        names = self.before.keys() | self.after.keys() | {name for name, value in self.unknown.items() if value}
        return {name for name in names if self.unknown.get(name) or self.before.get(name) != self.after.get(name)}


@dataclass(frozen=True)
class Plan:
    """A plan as terraform shows it; ``changes`` does not contain reads and unchanged resources."""

    document: Mapping[str, Any]

    @property
    def changes(self) -> list[Change]:
        found = []
        for entry in self.document.get("resource_changes", []):
            change = entry["change"]
            actions = tuple(change["actions"])
            if actions in (("no-op",), ("read",)):
                continue
            unknown = change.get("after_unknown") or {}
            found.append(
                Change(entry["address"], actions, change["before"] or {}, change["after"] or {}, unknown or {})
            )
        return found

    @property
    def output_changes(self) -> set[str]:
        """Return the outputs that would get another value."""
        entries = self.document.get("output_changes", {})
        return {name for name, change in entries.items() if change["actions"] != ["no-op"]}


class Terraform:
    """Terraform in one root folder, which must be a writable copy (see ``stage``).

    Each plan, apply and destroy gets ``variables``. ``log`` contains every command and all its output.
    """

    def __init__(self, root: Path, variables: Mapping[str, object] | None = None) -> None:
        self.root = root
        self.attached: dict[
            str, str
        ] = {}  # variables that make terraform use a running provider instead of starting one
        self.variables = dict(variables or {})
        self.log = ""
        self._out = ""
        if not shutil.which("terraform"):
            raise TerraformError("terraform is missing: install 1.11 or later, see developer.hashicorp.com")
        self._terraform = python_terraform.Terraform(working_dir=str(root), terraform_bin_path="terraform")

    def run(self, command: str, *arguments: str, **options: object) -> str:
        """Run a command and return its standard output.

        Raises:
            TerraformError: it ended with another code than 0.
        """
        self._call(command, options, arguments)
        return self._out

    def _call(
        self, command: str, options: Mapping[str, object], arguments: Sequence[str] = (), accepted: Sequence[int] = (0,)
    ) -> int:
        with self._environment():
            code, out, err = self._terraform.cmd(command, *arguments, **options)
        self._out = str(out)
        self.log += f"$ terraform {command} {' '.join(arguments)}\n{out}{err}"
        if code not in accepted:
            raise TerraformError(f"terraform {command} in {self.root} ended with {code}:\n{out}{err}")
        return int(code)

    @property
    def warnings(self) -> list[str]:
        """Return the warnings of all commands, except that a mirror has the checksums of only one platform."""
        found = re.findall(r"Warning: (.*)", self.log)
        return [line for line in found if line != "Incomplete lock file information for providers"]

    def init(self) -> None:
        self.run("init", input=False, no_color=python_terraform.IsFlagged)

    @contextlib.contextmanager
    def one_provider(self) -> Iterator[None]:
        """Use one running provider for all commands in the context, as the provider's developers do to debug it.

        By default terraform starts the provider several times for a command, and for each run of ``terraform test``;
        each start costs a second of processor time. The running provider is the program that ``init`` selected, so run
        ``init`` first; it gets the same calls in the same folder. If a command fails, its last requests are reported.
        """
        [program] = (self.root / ".terraform" / "providers" / PROVIDER).glob("*/*/terraform-provider-aws*")
        log = self.root / "provider.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [str(program), "-debug"],
                cwd=self.root,
                env=environment(self.root) | {"TF_LOG": "DEBUG", "TF_LOG_SDK": "OFF"},
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        try:
            assert process.stdout is not None
            matches = (re.search(r"TF_REATTACH_PROVIDERS='(.*)'", line) for line in process.stdout)
            found = next(filter(None, matches), None)
            if found is None:
                raise TerraformError(f"the provider ended with {process.wait()}")
            self.attached = {"TF_REATTACH_PROVIDERS": found[1]}
            yield
        except TerraformError as error:
            lines = log.read_text().splitlines()[-PROVIDER_LINES:]
            error.add_note("\n".join(["the last lines of the provider:", *(line[:PROVIDER_COLUMNS] for line in lines)]))
            raise
        finally:
            self.attached = {}
            process.kill()
            process.communicate()

    def validate(self) -> list[str]:
        """Validate the configuration and return the warnings, each as one text."""
        answer = json.loads(self.run("validate", json=python_terraform.IsFlagged))
        return [f"{found['summary']}: {found.get('detail', '')}" for found in answer["diagnostics"]]

    def fmt_check(self) -> list[str]:
        """Return the files that ``terraform fmt`` would change."""
        self._call(
            "fmt", {"check": python_terraform.IsFlagged, "recursive": python_terraform.IsFlagged}, accepted=(0, 3)
        )
        return self._out.split()

    def plan(self, *, refresh: bool = True, **variables: object) -> Plan:
        """Return the plan, with these variables in addition to those of the root."""
        file = "plan.tfplan"
        wanted = self.variables | variables
        flags = {"no_color": python_terraform.IsFlagged, "detailed_exitcode": python_terraform.IsFlagged}
        options = {"out": file, "input": False, "refresh": refresh, "var": wanted, **flags}
        if self._call("plan", options, accepted=(0, 2)) == 0:  # without changes, `terraform show` is not needed
            return Plan({})
        return Plan(json.loads(self.run("show", file, json=python_terraform.IsFlagged)))

    def apply(self, **variables: object) -> None:
        """Apply; later commands also use ``variables``."""
        self.variables |= variables
        self.run("apply", input=False, auto_approve=True, no_color=python_terraform.IsFlagged, var=self.variables)

    def destroy(self) -> None:
        """Destroy everything in the state without a refresh, which takes up to a minute on the emulator."""
        # through cmd: python-terraform's own destroy uses -force, which terraform no longer supports
        options = {"input": False, "auto_approve": True, "refresh": False, "no_color": python_terraform.IsFlagged}
        self.run("destroy", var=self.variables, **options)

    def outputs(self) -> dict[str, Any]:
        answer = json.loads(self.run("output", json=python_terraform.IsFlagged))
        return {name: output["value"] for name, output in answer.items()}

    def state(self) -> str:
        """Return the text of the state from the file or the backend, in which a test can look for secrets."""
        return self.run("state pull")

    def addresses(self) -> list[str]:
        """Return the addresses of the resources in the state, without data sources."""
        listed = self.run("state list").split("\n")
        return [line for line in listed if line and not re.search(r"(^|\.)data\.", line)]

    def test(self) -> str:
        """Run ``tests/*.tftest.hcl`` of the root.

        Raises:
            TerraformError: an assertion fails, or there are no assertions.
        """
        output = self.run("test", no_color=python_terraform.IsFlagged)
        if "Success!" not in output or "Success! 0 passed" in output:
            raise TerraformError(f"terraform test in {self.root} ran nothing:\n{output}")
        return output

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        """Use the caller's environment without its settings of terraform and AWS, and the provider from the mirror."""
        kept = dict(os.environ)
        wanted = environment(self.root) | self.attached
        os.environ.clear()
        os.environ.update(wanted)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(kept)


@dataclass
class Emulator:
    """A moto server in a separate process, which ``stop`` ends."""

    url: str
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, log: Path) -> "Emulator":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        }  # AWS has ReadOnlyAccess and other managed policies
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        emulator = cls(f"http://127.0.0.1:{port}", process)
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{emulator.url}/moto-api/", timeout=5).close()
                return emulator
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.monotonic() > deadline:
                    emulator.stop()
                    raise RuntimeError(f"the emulator does not respond:\n{log.read_text()[-2000:]}") from None
                time.sleep(0.1)

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a boto3 client for a service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def reset(self) -> None:
        """Delete everything in the emulator."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def environment(folder: Path) -> dict[str, str]:
    """Return this process's environment without its settings of terraform and AWS, and with the provider's mirror.

    The settings file with the mirror is written into the folder.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    settings, place = folder / "cli.tfrc", mirror()
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{place}"\n  }}\n}}\n' if place else "",
        encoding="utf-8",
    )
    kept |= {"TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    if place is None:  # otherwise each root would download 600 MB
        cache = user_cache() / "terraform-plugins"
        cache.mkdir(parents=True, exist_ok=True)
        kept["TF_PLUGIN_CACHE_DIR"] = str(cache)
    return kept


def modules() -> list[str]:
    """Return the names of all modules."""
    return sorted(path.name for path in MODULES.iterdir() if (path / "main.tf").is_file()) if MODULES.is_dir() else []


def examples(module: str) -> list[str]:
    """Return the names of a module's examples."""
    return sorted(path.parent.name for path in (MODULES / module / "examples").glob("*/main.tf"))


@dataclass(frozen=True)
class Quirk:
    """A difference between the emulator and AWS; quirks.yaml describes the keys."""

    id: str
    module: str
    what: str
    reason: str
    address: str = ""
    attributes: tuple[str, ...] = ()
    override: str = ""

    def explains(self, change: Change) -> bool:
        """Return whether the change is an update in place of only the named attributes of the named resource."""
        return (
            bool(self.attributes)
            and change.actions == ("update",)
            and without_keys(change.address).endswith(self.address)
            and change.attributes <= set(self.attributes)
        )


def without_keys(address: str) -> str:
    """Return an address without the keys of count and for_each."""
    parts = address.split("[")
    return parts[0] + "".join(part.partition("]")[2] for part in parts[1:])


def quirks(module: str | None = None) -> list[Quirk]:
    """Return the list of quirks, or those of one module."""
    found = []
    for entry in yaml.safe_load(QUIRKS.read_text(encoding="utf-8")) or []:
        entry["attributes"] = tuple(entry.get("attributes", ()))
        found.append(Quirk(**entry))
    return [quirk for quirk in found if module in (None, quirk.module)]


def unexplained(plan: Plan, module: str) -> list[Change]:
    """Return the changes that the quirks of the module do not explain."""
    known = quirks(module)
    return [change for change in plan.changes if not any(quirk.explains(change) for quirk in known)]


def copy_infra(target: Path) -> Path:
    """Copy ``infra/`` without the files that terraform left in it."""
    left_behind = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*", "__pycache__", "*.tfplan")
    shutil.copytree(ROOT / "infra", target, ignore=left_behind)
    return target


def point_at(emulator: Emulator, root: Path, providers: Sequence[str] = ("aws",)) -> None:
    """Make the root's provider use the emulator, with an override file; the root's own files do not change."""
    endpoints = "".join(f'    {service} = "{emulator.url}"\n' for service in SERVICES)
    (root / "emulator_override.tf").write_text(
        "".join(
            f'provider "{provider}" {{\n'
            '  access_key        = "testing"\n  secret_key        = "testing"\n  s3_use_path_style = true\n'
            f"  endpoints {{\n{endpoints}  }}\n}}\n"
            for provider in providers
        ),
        encoding="utf-8",
    )


def stage(tmp: Path, module: str, example: str, emulator: Emulator) -> Path:
    """Return a copy of an example and its module for the emulator.

    The overrides of the quirks replace what the emulator does not support in the copy of the module.
    """
    infra = copy_infra(tmp / "infra")
    for quirk in quirks():
        if quirk.override:
            with (infra / "modules" / quirk.module / "emulator_override.tf").open("a", encoding="utf-8") as file:
                file.write(quirk.override + "\n")
    root = infra / "modules" / module / "examples" / example
    point_at(emulator, root)
    return root
