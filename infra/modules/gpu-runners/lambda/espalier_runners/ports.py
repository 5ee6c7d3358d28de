"""What the decisions need from the world. AWS and GitHub implement it, the simulation does so in virtual time."""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from espalier_runners.settings import RunnerClass, Settings


class State(enum.StrEnum):
    WAITING = "waiting"  # wants an instance
    LAUNCHING = "launching"  # a worker is on it, or died over it
    LAUNCHED = "launched"  # an instance has its runner configuration
    RUNNING = "running"  # GitHub says that it runs, on whatever runner
    COMPLETED = "completed"
    REFUSED = "refused"  # given up, visibly

    @property
    def open(self) -> bool:
        return self not in (State.COMPLETED, State.REFUSED)


@dataclass(frozen=True, slots=True)
class Job:
    """What we know of a job; a change is a replacement, and the version decides who was first."""

    id: str
    repository: str
    runner_class: str
    queued: float  # seconds since the epoch, as all times here
    state: State = State.WAITING
    generation: int = 0  # counts launches, so that the next one is not taken for the last
    instance: str = ""
    failed_boots: int = 0
    misses: int = 0  # launches in a row without capacity
    retry: float = 0.0
    changed: float = 0.0
    reason: str = ""
    version: int = 0

    @property
    def warm(self) -> bool:
        """It stands for an idle runner that a class keeps, not for a job of GitHub's."""
        return self.id.startswith("warm-")

    @property
    def launch(self) -> str:
        """Names one launch; tag of the instance, holder of the slot, seed of the client token."""
        return f"{self.id}.{self.generation}"


@dataclass(frozen=True, slots=True)
class Order:
    """One call of EC2 Fleet: spot asks all pools at once, on-demand one zone after the other."""

    spot: bool
    types: tuple[str, ...]
    subnets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    id: str
    type: str
    runner_class: str
    launch: str
    scope: str
    launched: float


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why an order brought no instance: pools that have no capacity, and what EC2 said."""

    pools: tuple[tuple[str, str], ...]  # (type, subnet)
    message: str


@dataclass(frozen=True, slots=True)
class Runner:
    id: int
    name: str
    online: bool
    busy: bool


@dataclass(frozen=True, slots=True)
class Queued:
    """A queued job as GitHub lists it."""

    id: str
    repository: str
    labels: frozenset[str]
    queued: float


@dataclass(frozen=True, slots=True)
class Mark:
    """What the reconciler remembers of an instance from one minute to the next."""

    instance: str
    accounted: float  # GPU time is on the books until then
    online: bool = False  # its runner was online once
    since: float = 0.0  # idle, or away after it was online, since then; 0: neither


class Cloud(Protocol):
    def launch(self, order: Order, runner_class: RunnerClass, job: Job, scope: str) -> Instance | Shortage: ...
    def instances(self) -> list[Instance]: ...  # pending and running ones of this pool
    def terminate(self, instances: Iterable[str]) -> None: ...
    def configured(self) -> set[str]: ...  # instances for which a runner configuration is kept
    def has_configuration(self, instance: str) -> bool: ...
    def put_configuration(self, instance: str, text: str) -> None: ...
    def remove_configuration(self, instance: str) -> None: ...


class Forge(Protocol):
    """GitHub. A GitLab would be a second implementation."""

    def job_status(self, repository: str, job: str) -> str: ...  # queued, in_progress, completed; gone
    def queued_jobs(self, repository: str) -> list[Queued]: ...
    def runner_configuration(self, scope: str, name: str, labels: Iterable[str], group: int) -> str: ...
    def runners(self, scope: str) -> list[Runner]: ...
    def remove_runner(self, scope: str, runner: int) -> bool: ...  # False: it has a job


class Ledger(Protocol):
    def seen(self, delivery: str) -> bool: ...
    def remember(self, delivery: str, until: float) -> None: ...
    def open_job(self, job: Job) -> Job: ...  # the one that is there already, else this one
    def job(self, job: str) -> Job | None: ...
    def replace(self, old: Job, new: Job) -> Job: ...  # raises LostRace
    def open_jobs(self) -> list[Job]: ...
    def reserve(self, holder: str, runner_class: str, max_total: int, max_class: int) -> bool: ...
    def release(self, holder: str, runner_class: str) -> None: ...
    def holders(self) -> Mapping[str, frozenset[str]]: ...  # class to launches
    def marks(self, instances: Iterable[str]) -> dict[str, Mark]: ...
    def put_mark(self, mark: Mark) -> None: ...
    def account(self, old: Mark, now: float, gpus: int) -> Mark: ...  # books the time since, once
    def gpu_hours(self, day: str) -> float: ...
    def cooling(self) -> dict[tuple[str, str], float]: ...  # (type, subnet) without capacity, until when
    def cool(self, pools: Iterable[tuple[str, str]], until: float) -> None: ...


class Queue(Protocol):
    def send(self, job: Job) -> None: ...


class Report(Protocol):
    def __call__(self, metric: str, value: float = 1.0, **about: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class World:
    settings: Settings
    ledger: Ledger
    cloud: Cloud
    forge: Forge
    queue: Queue
    now: Callable[[], float]
    report: Report
