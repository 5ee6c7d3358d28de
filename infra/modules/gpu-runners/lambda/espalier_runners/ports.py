"""Interfaces of the decisions to AWS and GitHub. The simulation implements them in virtual time."""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from espalier_runners.settings import RunnerClass, Settings


class State(enum.StrEnum):
    """The state of a job."""

    WAITING = "waiting"  # needs an instance
    LAUNCHING = "launching"  # a worker is starting an instance, or was killed while doing so
    LAUNCHED = "launched"  # an instance has a runner configuration
    RUNNING = "running"  # GitHub reports that it runs, on any runner
    COMPLETED = "completed"
    REFUSED = "refused"  # it gets no instance; a metric and an alarm report it

    @property
    def open(self) -> bool:
        """Return whether the job can still need an instance."""
        return self not in (State.COMPLETED, State.REFUSED)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the ledger stores it. A change replaces it; its version detects concurrent changes."""

    id: str
    repository: str
    runner_class: str
    queued: float  # seconds since the epoch, as all times here
    state: State = State.WAITING
    generation: int = 0  # number of the launch, which distinguishes it from earlier ones
    instance: str = ""
    failed_boots: int = 0
    misses: int = 0  # launches in a row without capacity
    retry: float = 0.0
    changed: float = 0.0
    reason: str = ""
    version: int = 0

    @property
    def warm(self) -> bool:
        """Return whether it represents an idle runner that a class keeps, and not a job at GitHub."""
        return self.id.startswith("warm-")

    @property
    def launch(self) -> str:
        """Return the name of the launch: tag of the instance, holder of the slot, and seed of the client token."""
        return f"{self.id}.{self.generation}"


@dataclass(frozen=True, slots=True)
class Order:
    """One request to EC2 Fleet: for spot all pools at once, for on-demand one zone."""

    spot: bool
    types: tuple[str, ...]
    subnets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of the pool."""

    id: str
    type: str
    runner_class: str
    launch: str
    scope: str
    launched: float


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why an order started no instance: the pools without capacity, and the message of EC2."""

    pools: tuple[tuple[str, str], ...]  # (type, subnet)
    message: str


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner as GitHub lists it."""

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
    """What the reconciler stores about an instance from one minute to the next."""

    instance: str
    accounted: float  # GPU time is recorded up to this time
    online: bool = False  # its runner was online at least once
    since: float = 0.0  # idle, or offline after it was online, since this time; 0: neither


class Cloud(Protocol):
    """Instances of the pool and the configurations of their runners."""

    def launch(self, order: Order, runner_class: RunnerClass, job: Job, scope: str) -> Instance | Shortage:
        """Start one instance for the job, or return the shortage."""

    def instances(self) -> list[Instance]:
        """Return all instances of this pool that are not terminated."""

    def terminate(self, instances: Iterable[str]) -> None:
        """Terminate instances; unknown ones are ignored."""

    def configured(self) -> set[str]:
        """Return the instances for which a runner configuration is stored."""

    def has_configuration(self, instance: str) -> bool:
        """Return whether a runner configuration is stored for the instance."""

    def put_configuration(self, instance: str, text: str) -> None:
        """Store the runner configuration of an instance."""

    def remove_configuration(self, instance: str) -> None:
        """Remove the runner configuration of an instance, if there is one."""


class Forge(Protocol):
    """GitHub. Another forge would be a second implementation."""

    def job_status(self, repository: str, job: str) -> str:
        """Return queued, in_progress, completed or gone."""

    def queued_jobs(self, repository: str) -> list[Queued]:
        """Return the queued jobs of a repository."""

    def runner_configuration(self, scope: str, name: str, labels: Iterable[str], group: int) -> str:
        """Register a runner for one job and return its configuration."""

    def runners(self, scope: str) -> list[Runner]:
        """Return the runners of a scope, including those of other pools."""

    def remove_runner(self, scope: str, runner: int) -> bool:
        """Remove a runner and return True, or return False if it has a job."""


class Ledger(Protocol):
    """The stored state: deliveries, jobs, slots, instances, GPU-hours and pools without capacity."""

    def seen(self, delivery: str) -> bool:
        """Return whether the delivery was handled already."""

    def remember(self, delivery: str, until: float) -> None:
        """Record a handled delivery until the given time."""

    def open_job(self, job: Job) -> Job:
        """Store the job if it is unknown; return the stored job."""

    def job(self, job: str) -> Job | None:
        """Return the stored job of this ID, or None."""

    def replace(self, old: Job, new: Job) -> Job:
        """Replace a job and return it with its new version; raise LostRace if it is no longer ``old``."""

    def open_jobs(self) -> list[Job]:
        """Return all jobs that are not completed or refused."""

    def reserve(self, holder: str, runner_class: str, max_total: int, max_class: int) -> bool:
        """Reserve a slot for a launch; return False if the pool or the class has no free slot."""

    def release(self, holder: str, runner_class: str) -> None:
        """Release the slot of a launch."""

    def holders(self) -> Mapping[str, frozenset[str]]:
        """Return the launches that have a slot, by class."""

    def marks(self, instances: Iterable[str]) -> dict[str, Mark]:
        """Return the stored marks of these instances."""

    def put_mark(self, mark: Mark) -> None:
        """Store a mark."""

    def account(self, old: Mark, now: float, gpus: int) -> Mark:
        """Add the GPU time since the mark to the days, once, and return the new mark."""

    def gpu_hours(self, day: str) -> float:
        """Return the recorded GPU-hours of a UTC day."""

    def cooling(self) -> dict[tuple[str, str], float]:
        """Return the pools (type, subnet) without capacity, and until when they are tried last."""

    def cool(self, pools: Iterable[tuple[str, str]], until: float) -> None:
        """Record that these pools have no capacity."""


class Queue(Protocol):
    """The queue of jobs that need an instance."""

    def send(self, job: Job) -> None:
        """Send a message for the job."""


class Report(Protocol):
    """A function that records a metric."""

    def __call__(self, metric: str, value: float = 1.0, **about: Any) -> None:
        """Record a value of a metric, with details for the log."""


@dataclass(frozen=True, slots=True)
class World:
    """All that the decisions need: settings, interfaces and the clock."""

    settings: Settings
    ledger: Ledger
    cloud: Cloud
    forge: Forge
    queue: Queue
    now: Callable[[], float]
    report: Report
