"""A container builder for the tests of images: buildah without a daemon, and a base image from debootstrap.

No setting of this machine is written into the repository. A build gets them at build time: the certificates are in the
base image, pip's settings are a build secret, and buildah passes the proxy settings on.
"""

import configparser
import datetime
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from support.delivery import until
from support.user_cache import digest_of, user_cache

SUITE = "bookworm"
PACKAGES = "python3,python3-venv,ca-certificates"
BASE = "localhost/base:test"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
PIP_FILES = ("/etc/xdg/pip/pip.conf", "/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")


def cached_base(debootstrap: str) -> Path:
    """Return a tar file with a Debian root and Python; it is created once and kept outside the clone."""
    cache = user_cache()
    archive = cache / f"{SUITE}-{PACKAGES.replace(',', '-')}.tar"
    if archive.exists():
        return archive
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / f"root-{os.getpid()}"
    partial = archive.with_suffix(f".{os.getpid()}")
    mirror = os.environ.get("DEBIAN_MIRROR", "")
    command = [
        debootstrap,
        "--variant=minbase",
        f"--include={PACKAGES}",
        SUITE,
        str(root),
        *([mirror] if mirror else []),
    ]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, (
            f"debootstrap failed (DEBIAN_MIRROR names another mirror):\n{result.stdout[-2000:]}"
        )
        for leftover in ("var/cache/apt/archives", "var/lib/apt/lists"):
            for path in (root / leftover).rglob("*"):
                if path.is_file():
                    path.unlink()
        subprocess.run(["tar", "-C", str(root), "-cf", str(partial), "."], check=True)
        partial.rename(archive)
    finally:
        shutil.rmtree(root, ignore_errors=True)
        partial.unlink(missing_ok=True)
    return archive


def pip_settings(certificates: bool) -> str:
    """Return a pip.conf with which pip in a build reaches the same index as pip on this machine."""
    parser = configparser.RawConfigParser()
    named = os.environ.get("PIP_CONFIG_FILE")
    parser.read([*(Path(name).expanduser() for name in PIP_FILES), *([named] if named else [])])
    found: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            found |= {key: value for key, value in parser.items(section) if key in PIP_KEYS}
    if uv := os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL"):
        found.setdefault("index-url", uv)
    variables = {key: os.environ.get(f"PIP_{key.upper().replace('-', '_')}") for key in PIP_KEYS}
    found |= {key: value for key, value in variables.items() if value}
    if certificates:
        found["cert"] = str(CERTIFICATES)
    return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in found.items())


@dataclass(frozen=True)
class Built:
    """An image with its configuration and its root filesystem, which is mounted on this machine."""

    name: str
    config: dict[str, Any]
    size: int
    seconds: float
    root: Path

    @property
    def site_packages(self) -> Path:
        [folder] = (self.root / "opt" / "venv" / "lib").glob("python3.*/site-packages")
        return folder


class Builder:
    """buildah with its own store, for the images of one test file.

    If the file system supports overlays, the store is in the user's cache and its layers are reused: a line of a
    Dockerfile runs again only if it, an earlier line or a file that it copies has changed. If not, or while another
    test run uses the store, the store is in ``folder`` and is removed with it.
    """

    def __init__(self, buildah: str, folder: Path, name: str, base: Path, locks: Sequence[Path]) -> None:
        """Open the store.

        Args:
            buildah: path of the program.
            folder: for temporary files.
            name: the name of the store, different for each test file.
            base: the root of the base image as a tar file.
            locks: files that pin the contents of the images; if one changes, the old store is removed.
        """
        self.folder, self.base = folder, base
        self.pip = folder / "pip.conf"
        self.pip.write_text(pip_settings(CERTIFICATES.exists()))
        probe = [buildah, f"--root={folder / 'probe'}", f"--runroot={folder / 'run'}", "--storage-driver=overlay"]
        overlay = subprocess.run([*probe, "info"], capture_output=True, check=False).returncode == 0
        store = user_cache() / "images" / name
        store.mkdir(parents=True, exist_ok=True)
        self.lock = (store / "lock").open("w")
        self.kept = overlay and locked(self.lock)
        if not self.kept:
            store = folder
        driver = "overlay" if overlay else "vfs"
        root, state = f"--root={store / 'store'}", f"--runroot={store / 'run'}"
        self.command = [buildah, root, state, f"--storage-driver={driver}"]
        if self.kept:
            self._keep(store, locks)
        if not self.kept or self.buildah("inspect", "--type=image", BASE).returncode != 0:
            self._import_base()

    def _keep(self, store: Path, locks: Sequence[Path]) -> None:
        """End what an interrupted run left, and remove the store if the locks changed or a new month began."""
        self.must("rm", "--all")
        # a new month, because a cached layer of `apt-get install` gets no updates
        month = datetime.date.today().strftime("%Y-%m")
        inputs = digest_of([self.base, *locks, *(path for path in [CERTIFICATES] if path.exists())], month)
        stamp = store / "made-of"
        if not stamp.exists() or stamp.read_text() != inputs:
            self.must("rmi", "--all", "--force")
            stamp.write_text(inputs)

    def buildah(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [*self.command, *(str(argument) for argument in arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def must(self, *arguments: str | Path) -> str:
        result = self.buildah(*arguments)
        assert result.returncode == 0, f"buildah {arguments[0]}: {(result.stdout + result.stderr)[-3000:]}"
        return result.stdout.strip()

    def _import_base(self) -> None:
        context = self.folder / "base"
        context.mkdir()
        (context / "base.tar").hardlink_to(self.base) if same_disk(self.base, context) else shutil.copy(
            self.base, context / "base.tar"
        )
        lines = ["FROM scratch", "ADD base.tar /"]
        if CERTIFICATES.exists():
            shutil.copy(CERTIFICATES, context)
            lines.append(f"COPY {CERTIFICATES.name} {CERTIFICATES}")
        (context / "Dockerfile").write_text("\n".join(lines) + "\n")
        self.must("build", "--quiet", "--isolation=chroot", f"--tag={BASE}", context)
        shutil.rmtree(context)

    def build(
        self, repository: Path, dockerfile: str, *options: str, **arguments: str
    ) -> subprocess.CompletedProcess[str]:
        given = {"BASE_IMAGE": BASE, **arguments}
        return self.buildah(
            "build",
            "--isolation=chroot",
            "--format=docker",  # the OCI format does not support health checks
            f"--layers={str(self.kept).lower()}",
            *(f"--build-arg={key}={value}" for key, value in given.items()),
            f"--secret=id=pip,src={self.pip}",
            f"--file={repository / 'docker' / dockerfile}",
            *options,
            repository,
        )

    def image(self, repository: Path, dockerfile: str, **arguments: str) -> Built:
        """Build an image; fail with the output of the build if it fails."""
        name = f"localhost/{dockerfile.split('.')[0]}:test"
        started = time.monotonic()
        result = self.build(repository, dockerfile, f"--tag={name}", **arguments)
        seconds = time.monotonic() - started
        assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
        config = json.loads(self.must("inspect", "--type=image", name))["Docker"]["config"]
        container = self.must("from", "--pull-never", name)
        root = Path(self.must("mount", container))
        size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
        return Built(name, config, size, seconds, root)

    def remove(self) -> None:
        """Unmount and remove all containers, and all images that are not cached."""
        self.must("rm", "--all")
        if not self.kept:
            self.must("rmi", "--all", "--force")
        self.lock.close()


def locked(file: IO[str]) -> bool:
    """Lock the file until it is closed; return whether no other process had locked it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


# Runs as process 1 of new mount, process and network namespaces; the last line drops root permanently.
CONTAINER = """
set -eu
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
mkdir --mode=1777 "$ROOT/dev/shm"
for device in null zero random urandom; do
  touch "$ROOT/dev/$device"
  mount --bind "/dev/$device" "$ROOT/dev/$device"
done
if [ -n "$BIND" ]; then mount --bind "$BIND" "$ROOT/app"; fi
if [ -n "$READ_ONLY" ]; then mount -o remount,bind,ro "$ROOT"; fi
"$PYTHON" -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))' # the loopback interface up
exec setpriv --no-new-privs chroot --userspec="$WHO" "$ROOT" /usr/bin/env -i "$@"
"""


def command_line(
    image: Built,
    command: Sequence[str],
    *,
    user: str | None = None,
    bind: Path | None = None,
    read_only: bool = True,
    environment: Mapping[str, str] | None = None,
) -> tuple[list[str], dict[str, str]]:
    """Return the command and environment that run ``command`` in an image with the image's user and variables.

    The network namespace has only a loopback interface, so the container cannot reach anything else.
    """
    variables = [*image.config["Env"], *(f"{key}={value}" for key, value in (environment or {}).items())]
    inside = [*variables, "sh", "-c", 'cd "$0" && exec "$@"', image.config["WorkingDir"], *command]
    outside = {
        **os.environ,
        "ROOT": str(image.root),
        "BIND": str(bind or ""),
        "READ_ONLY": "yes" if read_only else "",
        "WHO": user or image.config["User"],
        "PYTHON": sys.executable,
    }
    namespaces = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]
    return [*namespaces, "bash", "-c", CONTAINER, "container", *inside], outside


def run(image: Built, command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command in an image and wait for its end."""
    line, environment = command_line(image, command, **options)
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


@dataclass
class Container:
    """A running container."""

    image: Built
    process: subprocess.Popen[str]
    options: dict[str, Any]

    @property
    def pid(self) -> int:
        """Return the process id of the container's process 1 on this machine."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        assert children, f"the container has ended with {self.process.poll()}"
        return int(children[0])

    def request(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request from inside the container's network; return status and JSON, or status 0 without a server."""
        program = (
            "import json, sys, urllib.request as u, urllib.error as e\n"
            "data = sys.argv[2].encode() or None\n"
            "opener = u.build_opener(u.ProxyHandler({}))\n"
            "try:\n answer = opener.open(u.Request(sys.argv[1], data), timeout=10)\n"
            "except e.HTTPError as error:\n answer = error\n"
            "except OSError:\n print('0 null'); sys.exit()\n"
            "print(answer.status, answer.read().decode())\n"
        )
        command = ["nsenter", f"--target={self.pid}", "--net", sys.executable, "-c", program]
        sent = "" if body is None else json.dumps(body)
        result = subprocess.run(
            [*command, f"http://127.0.0.1:8080{path}", sent], capture_output=True, text=True, check=True
        )
        status, _, text = result.stdout.partition(" ")
        return int(status), json.loads(text)

    def execute(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in the container as the same user, as ``docker exec`` or a health check would."""
        user, _, group = (self.options.get("user") or self.image.config["User"]).partition(":")
        line = [
            "nsenter",
            f"--target={self.pid}",
            "--mount",
            "--pid",
            "--net",
            "chroot",
            f"--userspec={user}:{group}",
        ]
        inside = ["/usr/bin/env", "-i", *self.image.config["Env"], *command]
        return subprocess.run([*line, str(self.image.root), *inside], capture_output=True, text=True, check=False)


@contextmanager
def running(image: Built, **options: Any) -> Iterator[Container]:
    """Run the image's own command during the context, and kill it at the end if it still runs."""
    line, environment = command_line(image, image.config["Cmd"], **options)
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        until(lambda: process.poll() is not None or bool(children.read_text().strip()))  # unshare forks first
        yield Container(image, process, options)
    finally:
        if process.poll() is None:
            # Kill process 1 first, which ends all others: dropping root cleared the effect of --kill-child, so it would
            # go on and keep the pipe open that is read to its end below.
            for child in children.read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            process.kill()
        process.communicate()
