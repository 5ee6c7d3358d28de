"""Terraform and an emulator of AWS, driven from Python: what all tests of ``infra/`` share."""

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

# What is shown of the provider's own log when a command fails: a dozen requests with their answers.
PROVIDER_LINES, PROVIDER_COLUMNS = 30, 1000


class TerraformError(RuntimeError):
    """Terraform ended with an error; the text is its command and all it said."""


def mirror() -> Path | None:
    """A folder that holds the provider as a filesystem mirror; None leaves terraform to its registry."""
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
    """One line of a plan: what terraform would do to one resource."""

    address: str
    actions: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    unknown: Mapping[str, Any]

    @property
    def attributes(self) -> set[str]:
        """The top-level attributes that would change, those only known after the apply among them."""
        names = self.before.keys() | self.after.keys() | {name for name, value in self.unknown.items() if value}
        return {name for name in names if self.unknown.get(name) or self.before.get(name) != self.after.get(name)}


@dataclass(frozen=True)
class Plan:
    """A plan as terraform shows it: ``changes`` leaves out what is read or stays as it is."""

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
        """The outputs that would get another value."""
        entries = self.document.get("output_changes", {})
        return {name for name, change in entries.items() if change["actions"] != ["no-op"]}


class Terraform:
    """Terraform in one root folder, which must be a copy that may be written to (see ``stage``).

    ``variables`` are given to each plan, apply and destroy. ``log`` holds every command and all its output.
    """

    def __init__(self, root: Path, variables: Mapping[str, object] | None = None) -> None:
        self.root = root
        self.attached: dict[str, str] = {}  # what has terraform use a provider that runs, in place of starting its own
        self.variables = dict(variables or {})
        self.log = ""
        self._out = ""
        if not shutil.which("terraform"):
            raise TerraformError("terraform is missing: it is to be 1.11 or later; see developer.hashicorp.com")
        self._terraform = python_terraform.Terraform(working_dir=str(root), terraform_bin_path="terraform")

    def run(self, command: str, *arguments: str, **options: object) -> str:
        """Any command, with its standard output returned.

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
        """The warnings of all commands; that a mirror knows the checksums of one platform only is none."""
        said = re.findall(r"Warning: (.*)", self.log)
        return [line for line in said if line != "Incomplete lock file information for providers"]

    def init(self) -> None:
        self.run("init", input=False, no_color=python_terraform.IsFlagged)

    @contextlib.contextmanager
    def one_provider(self) -> Iterator[None]:
        """Keep one provider running for the commands within, as its own developers attach a debugger to it.

        By itself terraform starts the provider several times for a command, and for each run of ``terraform test``;
        each start costs a second of processor time. What is attached is the program that ``init`` chose, which must
        have been run; it gets the same calls, in the same folder. When one fails, its last requests are told.
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
            said = (re.search(r"TF_REATTACH_PROVIDERS='(.*)'", line) for line in process.stdout)
            found = next(filter(None, said), None)
            if found is None:
                raise TerraformError(f"the provider ended with {process.wait()}")
            self.attached = {"TF_REATTACH_PROVIDERS": found[1]}
            yield
        except TerraformError as error:
            lines = log.read_text().splitlines()[-PROVIDER_LINES:]
            error.add_note("\n".join(["the provider said last:", *(line[:PROVIDER_COLUMNS] for line in lines)]))
            raise
        finally:
            self.attached = {}
            process.kill()
            process.communicate()

    def validate(self) -> list[str]:
        """What terraform has to say of the configuration: its warnings, each as one text."""
        answer = json.loads(self.run("validate", json=python_terraform.IsFlagged))
        return [f"{said['summary']}: {said.get('detail', '')}" for said in answer["diagnostics"]]

    def fmt_check(self) -> list[str]:
        """The files that ``terraform fmt`` would write otherwise."""
        self._call(
            "fmt", {"check": python_terraform.IsFlagged, "recursive": python_terraform.IsFlagged}, accepted=(0, 3)
        )
        return self._out.split()

    def plan(self, *, refresh: bool = True, **variables: object) -> Plan:
        """What would be done, with these variables over those of the root."""
        file = "plan.tfplan"
        wanted = self.variables | variables
        flags = {"no_color": python_terraform.IsFlagged, "detailed_exitcode": python_terraform.IsFlagged}
        options = {"out": file, "input": False, "refresh": refresh, "var": wanted, **flags}
        if self._call("plan", options, accepted=(0, 2)) == 0:  # nothing to do: it need not be shown
            return Plan({})
        return Plan(json.loads(self.run("show", file, json=python_terraform.IsFlagged)))

    def apply(self, **variables: object) -> None:
        """Apply; what is given in ``variables`` stays for the commands after it."""
        self.variables |= variables
        self.run("apply", input=False, auto_approve=True, no_color=python_terraform.IsFlagged, var=self.variables)

    def destroy(self) -> None:
        """Destroy what the state holds, as the state has it: reading all of it again costs up to a minute here."""
        # through cmd: python-terraform's own destroy says -force, which terraform no longer knows
        options = {"input": False, "auto_approve": True, "refresh": False, "no_color": python_terraform.IsFlagged}
        self.run("destroy", var=self.variables, **options)

    def outputs(self) -> dict[str, Any]:
        answer = json.loads(self.run("output", json=python_terraform.IsFlagged))
        return {name: output["value"] for name, output in answer.items()}

    def state(self) -> str:
        """The state as it lies in the file or the backend: a secret that is in it can be found there."""
        return self.run("state pull")

    def addresses(self) -> list[str]:
        """What the state holds; data sources are not counted."""
        listed = self.run("state list").split("\n")
        return [line for line in listed if line and not re.search(r"(^|\.)data\.", line)]

    def test(self) -> str:
        """Run ``tests/*.tftest.hcl`` of the root.

        Raises:
            TerraformError: an assertion does not hold, or there is none.
        """
        said = self.run("test", no_color=python_terraform.IsFlagged)
        if "Success!" not in said or "Success! 0 passed" in said:
            raise TerraformError(f"terraform test in {self.root} ran nothing:\n{said}")
        return said

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        """The caller's environment without its own settings of terraform and AWS; the provider from the mirror."""
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
    """A moto server of its own in a process; ``stop`` ends it by its pid."""

    url: str
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, log: Path) -> "Emulator":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}  # AWS has ReadOnlyAccess and its like
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
                    raise RuntimeError(f"the emulator does not answer:\n{log.read_text()[-2000:]}") from None
                time.sleep(0.1)

    def client(self, service: str, region: str = REGION) -> Any:
        """A boto3 client, by boto3's name of the service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def reset(self) -> None:
        """Forget everything that was made."""
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
    """This process's environment without its own settings of terraform and AWS; the provider from the mirror.

    The settings file that names the mirror is written into the folder.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    settings, place = folder / "cli.tfrc", mirror()
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{place}"\n  }}\n}}\n' if place else "",
        encoding="utf-8",
    )
    kept |= {"TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    if place is None:  # then each root would load 600 MB
        cache = user_cache() / "terraform-plugins"
        cache.mkdir(parents=True, exist_ok=True)
        kept["TF_PLUGIN_CACHE_DIR"] = str(cache)
    return kept


def modules() -> list[str]:
    """The modules there are."""
    return sorted(path.name for path in MODULES.iterdir() if (path / "main.tf").is_file()) if MODULES.is_dir() else []


def examples(module: str) -> list[str]:
    """The examples of a module."""
    return sorted(path.parent.name for path in (MODULES / module / "examples").glob("*/main.tf"))


@dataclass(frozen=True)
class Quirk:
    """What the emulator does otherwise than AWS; see quirks.yaml for the meaning of the keys."""

    id: str
    module: str
    what: str
    reason: str
    address: str = ""
    attributes: tuple[str, ...] = ()
    override: str = ""

    def explains(self, change: Change) -> bool:
        """The change is an update in place of the named resource, of the named attributes and no other."""
        return (
            bool(self.attributes)
            and change.actions == ("update",)
            and without_keys(change.address).endswith(self.address)
            and change.attributes <= set(self.attributes)
        )


def without_keys(address: str) -> str:
    """An address without the keys of count and for_each."""
    parts = address.split("[")
    return parts[0] + "".join(part.partition("]")[2] for part in parts[1:])


def quirks(module: str | None = None) -> list[Quirk]:
    """The allow-list, or the part of it that is about one module."""
    found = []
    for entry in yaml.safe_load(QUIRKS.read_text(encoding="utf-8")) or []:
        entry["attributes"] = tuple(entry.get("attributes", ()))
        found.append(Quirk(**entry))
    return [quirk for quirk in found if module in (None, quirk.module)]


def unexplained(plan: Plan, module: str) -> list[Change]:
    """The changes that no quirk of the module explains."""
    known = quirks(module)
    return [change for change in plan.changes if not any(quirk.explains(change) for quirk in known)]


def copy_infra(target: Path) -> Path:
    """A copy of ``infra/`` without what terraform left in it."""
    left_behind = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*", "__pycache__", "*.tfplan")
    shutil.copytree(ROOT / "infra", target, ignore=left_behind)
    return target


def point_at(emulator: Emulator, root: Path, providers: Sequence[str] = ("aws",)) -> None:
    """Have the root's provider talk to the emulator; the root itself stays as it is."""
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
    """A copy of an example, with its module beside it, that is applied to the emulator.

    What the emulator cannot do is overridden in the copy of the module, by the quirks that say ``override``.
    """
    infra = copy_infra(tmp / "infra")
    for quirk in quirks():
        if quirk.override:
            with (infra / "modules" / quirk.module / "emulator_override.tf").open("a", encoding="utf-8") as file:
                file.write(quirk.override + "\n")
    root = infra / "modules" / module / "examples" / example
    point_at(emulator, root)
    return root
