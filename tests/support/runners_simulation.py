"""Simulate a day of 2,000 GPU jobs in virtual time, with faults: the runners of this module and two common policies.

The simulation imports the decisions of the Lambda functions. Only EC2, GitHub, the queue and the table are replaced by
versions with a virtual clock and the faults of the real services: lost, duplicate and late deliveries, workers that are
killed at any call, failing requests to GitHub, no capacity in any zone for half an hour, rejected and interrupted spot
instances, runners that never come online, and jobs that are canceled while they wait.

The two other policies run on the same jobs: a pool that is always on, as large as the maximum of these runners; and one
instance for each job, started by its webhook, on demand in one zone, without fallback and repair.

``benchmarks/runners_simulation.py`` prints its figures, ``tests/infra/test_runners_simulation.py`` checks them.
"""

import heapq
import itertools
import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from espalier_runners import decide
from espalier_runners.errors import ForgeError, LostRace
from espalier_runners.ports import (
    Instance,
    Job,
    Mark,
    Order,
    Queued,
    Runner,
    Shortage,
    State,
    World,
)
from espalier_runners.reap import reap
from espalier_runners.reconcile import reconcile
from espalier_runners.scale_up import scale_up
from espalier_runners.settings import GitHubApp, Limits, RunnerClass, Settings
from espalier_runners.webhook import advance

START = 1_800_000_000 // 86400 * 86400.0  # midnight UTC
DAY, MINUTE = 86400.0, 60.0
ZONES = ("zone-a", "zone-b", "zone-c")
REPOSITORY = "acme/churn"
SCOPE = "orgs/acme"


class Killed(BaseException):
    """Lambda ends a worker."""


@dataclass
class Faults:
    """The shares of faults, each well above real ones; a day with only zeros has no faults."""

    lost: float = 0.02  # webhooks
    repeated: float = 0.05
    late: float = 0.05  # by up to five minutes, and therefore out of order
    killed: float = 0.03  # workers, at any of their calls
    forge: float = 0.01  # calls of GitHub that fail
    dead_boots: float = 0.03  # instances whose runner never comes online
    interrupted: float = 0.02  # spot instances, in mid-job
    canceled: float = 0.03  # jobs, while they wait
    no_shutdown: float = 0.02  # instances that do not end with their job
    hanging: float = 0.002  # jobs that never end, on machines without a working watchdog
    spot_refused: float = 0.3
    outage: tuple[float, float] = (10.0, 10.5)  # hours of the day without capacity anywhere
    zone_outage: tuple[float, float] = (14.0, 17.0)  # hours in which only the last zone has on-demand capacity
    forge_outage: tuple[float, float] = (19.0, 19.25)


QUIET = Faults(*([0.0] * 11), outage=(0, 0), zone_outage=(0, 0), forge_outage=(0, 0))


@dataclass
class Task:
    """A job of GitHub."""

    id: str
    queued: float
    seconds: float  # its run time
    status: str = "queued"
    started: float = 0.0
    ended: float = 0.0
    lost: bool = False  # its machine ended
    patience: float = 0.0  # if above 0, the seconds after which it is canceled


@dataclass
class Machine:
    instance: Instance
    spot: bool
    ended: float = 0.0
    runner: int = 0  # number of its runner
    online: bool = False
    task: Task | None = None
    configured: bool = False


def tasks(count: int, random_numbers: random.Random, faults: Faults) -> list[Task]:
    """Return the jobs of a working day: most between 8 and 20 o'clock, of 1 to 60 minutes, with a median of 6."""
    found = []
    for number in range(count):
        hour = random_numbers.triangular(6, 22, 14) if random_numbers.random() < 0.85 else random_numbers.uniform(0, 22)
        seconds = min(max(random_numbers.lognormvariate(5.9, 0.9), 60.0), 3600.0)
        if random_numbers.random() < faults.hanging:
            seconds = 10 * DAY
        patience = random_numbers.uniform(5, 300) if random_numbers.random() < faults.canceled else 0.0
        found.append(Task(str(100000 + number), START + 3600 * hour, seconds, patience=patience))
    return found


class Timeline:
    """The events in order of time; the clock shows the time of the current event."""

    def __init__(self) -> None:
        self.now = START
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, time: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(time, self.now), next(self._order), what))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, what = heapq.heappop(self._events)
            what()
        self.now = until


class MemoryLedger:
    """``ports.Ledger`` in memory; a test compares it with the ledger on DynamoDB."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.deliveries: dict[str, float] = {}
        self.slots: dict[str, set[str]] = {}
        self.instances: dict[str, Mark] = {}
        self.seconds: Counter[str] = Counter()
        self.pools: dict[tuple[str, str], float] = {}

    def seen(self, delivery: str) -> bool:
        return delivery in self.deliveries

    def remember(self, delivery: str, until: float) -> None:
        self.deliveries[delivery] = until

    def open_job(self, job: Job) -> Job:
        return self.jobs.setdefault(job.id, job)

    def job(self, job: str) -> Job | None:
        return self.jobs.get(job)

    def replace(self, old: Job, new: Job) -> Job:
        if self.jobs[old.id].version != old.version:
            raise LostRace(old.id)
        self.jobs[old.id] = replace(new, version=old.version + 1)
        return self.jobs[old.id]

    def open_jobs(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.state.open]

    def reserve(self, holder: str, runner_class: str, max_total: int, max_class: int) -> bool:
        mine = self.slots.setdefault(runner_class, set())
        if holder in mine:
            return True
        if sum(map(len, self.slots.values())) >= max_total or len(mine) >= max_class:
            return False
        mine.add(holder)
        return True

    def release(self, holder: str, runner_class: str) -> None:
        self.slots.get(runner_class, set()).discard(holder)

    def holders(self) -> Mapping[str, frozenset[str]]:
        return {name: frozenset(holders) for name, holders in self.slots.items() if holders}

    def marks(self, instances: Iterable[str]) -> dict[str, Mark]:
        return {name: self.instances[name] for name in instances if name in self.instances}

    def put_mark(self, mark: Mark) -> None:
        self.instances[mark.instance] = mark

    def account(self, old: Mark, now: float, gpus: int) -> Mark:
        known = self.instances.get(old.instance)
        if now <= old.accounted:
            return old
        if known is not None and known.accounted != old.accounted:
            return known
        for day, seconds in decide.split_by_day(old.accounted, now).items():
            self.seconds[day] += seconds * gpus  # type: ignore[assignment]
        self.instances[old.instance] = replace(old, accounted=now)
        return self.instances[old.instance]

    def gpu_hours(self, day: str) -> float:
        return self.seconds[day] / 3600.0

    def cooling(self) -> dict[tuple[str, str], float]:
        return dict(self.pools)

    def cool(self, pools: Iterable[tuple[str, str]], until: float) -> None:
        self.pools |= dict.fromkeys(pools, until)


@dataclass
class Cluster:
    """EC2 and GitHub of one policy: machines that boot, take queued jobs, and end."""

    time: Timeline
    chance: random.Random
    faults: Faults
    tasks: list[Task]
    machines: dict[str, Machine] = field(default_factory=dict)
    queued: dict[str, Task] = field(default_factory=dict)
    by_id: dict[str, Task] = field(default_factory=dict)
    on_change: Callable[[Task, str], None] = lambda task, action: None

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        for task in self.tasks:
            self.by_id[task.id] = task
            self.time.at(task.queued, lambda task=task: self._queue(task))  # type: ignore[misc]

    def hour(self) -> float:
        return (self.time.now - START) / 3600.0

    def _queue(self, task: Task) -> None:
        self.queued[task.id] = task
        if task.patience:
            self.time.at(self.time.now + task.patience, lambda: self._cancel(task))
        self.on_change(task, "queued")
        self.assign()

    def _cancel(self, task: Task) -> None:
        if task.status == "queued":
            del self.queued[task.id]
            task.status, task.ended = "canceled", self.time.now
            self.on_change(task, "completed")

    def short(self, spot: bool, zone: str) -> bool:
        begin, end = self.faults.outage
        if begin <= self.hour() < end:
            return True
        if spot:
            return self.chance.random() < self.faults.spot_refused
        begin, end = self.faults.zone_outage
        return begin <= self.hour() < end and zone != ZONES[-1]

    def start(self, launch: str, spot: bool, scope: str = SCOPE) -> Machine:
        instance = Instance(f"i-{next(self._numbers):05x}", "g5.xlarge", "gpu", launch, scope, self.time.now)
        machine = Machine(instance, spot)
        self.machines[instance.id] = machine
        return machine

    def configure(self, machine: Machine) -> None:
        """Let the machine become a runner, two to four minutes after its launch."""
        machine.configured = True
        if self.chance.random() < self.faults.dead_boots:
            return
        boot = machine.instance.launched + self.chance.uniform(120, 240)
        self.time.at(boot, lambda: self._online(machine))

    def _online(self, machine: Machine) -> None:
        if not machine.ended:
            machine.online = True
            self.assign()

    def assign(self) -> None:
        idle = [m for m in self.machines.values() if m.online and m.task is None and not m.ended]
        for machine, task in zip(idle, list(self.queued.values()), strict=False):
            del self.queued[task.id]
            task.status, task.started, machine.task = "in_progress", self.time.now, task
            self.on_change(task, "in_progress")
            end = self.time.now + task.seconds
            if machine.spot and self.chance.random() < self.faults.interrupted:
                cut = self.time.now + self.chance.random() * task.seconds
                self.time.at(cut, lambda machine=machine: self.end(machine.instance.id))  # type: ignore[misc]
            self.time.at(end, lambda machine=machine, task=task: self._done(machine, task))  # type: ignore[misc]

    def _done(self, machine: Machine, task: Task) -> None:
        if machine.ended or task.status != "in_progress":
            return
        task.status, task.ended = "completed", self.time.now
        self.on_change(task, "completed")
        self.after(machine)

    def after(self, machine: Machine) -> None:
        """Shut the machine of an ephemeral runner down after its job, except for the share of faults."""
        machine.online, machine.runner = False, 0
        if self.chance.random() >= self.faults.no_shutdown:
            self.end(machine.instance.id)

    def end(self, instance: str) -> None:
        machine = self.machines[instance]
        if machine.ended:
            return
        machine.ended, machine.online = self.time.now, False
        task = machine.task
        if task and task.status == "in_progress":  # GitHub reports a failure; people run it again as another job
            task.status, task.ended, task.lost = "completed", self.time.now, True
            self.on_change(task, "completed")

    def alive(self) -> list[Machine]:
        return [machine for machine in self.machines.values() if not machine.ended]

    def gpu_hours(self) -> float:
        return sum(((m.ended or self.time.now) - m.instance.launched) / 3600.0 for m in self.machines.values())


class Cloud:
    """``ports.Cloud`` for a cluster. Launches with the same name have the same result, as with EC2's client token."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._answers: dict[tuple[str, Order], Instance | Shortage] = {}

    def launch(self, order: Order, runner_class: RunnerClass, job: Job, scope: str) -> Instance | Shortage:
        key = (job.launch, order)
        if key not in self._answers:
            able = [zone for zone in order.subnets if not self.cluster.short(order.spot, zone)]
            if able:
                self._answers[key] = self.cluster.start(job.launch, order.spot, scope).instance
            else:
                pools = tuple((kind, zone) for zone in order.subnets for kind in order.types)
                self._answers[key] = Shortage(pools, "InsufficientInstanceCapacity")
        return self._answers[key]

    def instances(self) -> list[Instance]:
        return [machine.instance for machine in self.cluster.alive()]

    def terminate(self, instances: Iterable[str]) -> None:
        for instance in instances:
            self.cluster.end(instance)

    def configured(self) -> set[str]:
        return {name for name, machine in self.cluster.machines.items() if machine.configured}

    def has_configuration(self, instance: str) -> bool:
        return self.cluster.machines[instance].configured

    def put_configuration(self, instance: str, text: str) -> None:
        self.cluster.configure(self.cluster.machines[instance])

    def remove_configuration(self, instance: str) -> None:
        self.cluster.machines[instance].configured = False


class Forge:
    """``ports.Forge`` for a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._numbers = itertools.count(1)
        self.records: dict[int, str] = {}  # number to instance

    def _answer(self) -> None:
        faults, cluster = self.cluster.faults, self.cluster
        begin, end = faults.forge_outage
        if begin <= cluster.hour() < end or cluster.chance.random() < faults.forge:
            raise ForgeError("503")

    def job_status(self, repository: str, job: str) -> str:
        self._answer()
        status = self.cluster.by_id[job].status
        return "completed" if status == "canceled" else status

    def queued_jobs(self, repository: str) -> list[Queued]:
        self._answer()
        labels = frozenset({"self-hosted", "gpu"})
        return [Queued(task.id, REPOSITORY, labels, task.queued) for task in self.cluster.queued.values()]

    def runner_configuration(self, scope: str, name: str, labels: Iterable[str], group: int) -> str:
        self._answer()
        instance = decide.instance_of("pool", name)
        assert instance is not None
        self.records = {number: other for number, other in self.records.items() if other != instance}
        number = next(self._numbers)
        self.records[number] = instance
        self.cluster.machines[instance].runner = number
        return "configuration"

    def runners(self, scope: str) -> list[Runner]:
        self._answer()
        found = []
        for number, instance in list(self.records.items()):
            machine = self.cluster.machines[instance]
            if machine.task and machine.task.status != "in_progress":
                del self.records[number]  # ephemeral: removed with its job
                continue
            busy = machine.online and machine.task is not None
            found.append(Runner(number, f"pool-{instance}", machine.online, busy))
        return found

    def remove_runner(self, scope: str, runner: int) -> bool:
        self._answer()
        instance = self.records.get(runner)
        if instance is None:
            return True
        machine = self.cluster.machines[instance]
        if machine.online and machine.task is not None:
            return False
        machine.online = False
        del self.records[runner]
        return True


class Mortal:
    """A port whose caller may be killed at any call, after the call's effect."""

    def __init__(self, port: Any, dies: Callable[[], bool]) -> None:
        self._port, self._dies = port, dies

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*arguments: Any) -> Any:
            result = method(*arguments)
            if self._dies():
                raise Killed
            return result

        return call


SETTINGS = Settings(
    pool="pool", table_name="", queue_url="", configuration_path="", kms_key_arn="", instance_arn_prefix="",
    github_api_url="", github_app=GitHubApp("", ""), github_app_key_parameter="", github_webhook_secret_parameter="",
    organization="acme", repositories=frozenset({REPOSITORY}), allow_public_repositories=False, subnet_ids=ZONES,
    classes=(
        RunnerClass("gpu", frozenset({"gpu"}), {"g5.xlarge": 1, "g4dn.xlarge": 1}, True, "template", 0, 60, 1),
    ),
    limits=Limits(
        max_instances=60, max_gpu_hours_per_day=600.0, job_max_wait_minutes=120.0, idle_minutes=3.0, boot_minutes=8.0,
        lifetime_minutes=120.0, max_failed_boots=3,
    ),
)  # fmt: skip


# fmt: off
COUNTED = [
    "LaunchFailures", "LostWebhooks", "Restarts", "FailedBoots", "BootTimeouts", "IdleEnded", "LostEnded",
    "LifetimeExceeded", "ForgeErrors", "BudgetRefusals", "JobsRefused", "DeadLetters", "KilledReconcilers",
]
# fmt: on


@dataclass
class Result:
    """The results of a policy for the day."""

    name: str
    tasks: list[Task]
    machines: list[Machine]
    gpu_hours: float
    left: int
    refused: int = 0
    reports: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)
    peak: int = 0

    @property
    def waits(self) -> list[float]:
        return sorted(task.started - task.queued for task in self.tasks if task.started)

    @property
    def stranded(self) -> int:
        return sum(task.status == "queued" for task in self.tasks) - self.refused

    @property
    def needed(self) -> float:
        """Return the GPU-hours that the jobs ran, the minimum for every policy."""
        return sum(task.ended - task.started for task in self.tasks if task.started and task.ended) / 3600.0

    @property
    def longest(self) -> float:
        return max((m.ended - m.instance.launched for m in self.machines if m.ended), default=0.0) / MINUTE

    def line(self) -> str:
        cuts = statistics.quantiles(self.waits, n=100)
        return (
            f"{self.name:<34} {len(self.waits):>5} {self.refused:>7} {self.stranded:>8} {cuts[49] / 60:>8.1f} "
            f"{cuts[98] / 60:>8.1f} {self.gpu_hours:>9.0f} {self.gpu_hours / self.needed:>7.2f} {self.left:>5}"
        )


@dataclass
class Lambdas:
    """The Lambda functions of the module and their queue, on a simulated cluster."""

    time: Timeline
    chance: random.Random
    faults: Faults
    settings: Settings
    cluster: Cluster
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    reports: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)
    peak: int = 0  # instances

    def __post_init__(self) -> None:
        self.cloud, self.forge = Cloud(self.cluster), Forge(self.cluster)

    def report(self, metric: str, value: float = 1.0, **about: Any) -> None:
        self.reports.append((metric, value, {**about, "at": self.time.now}))

    def send(self, job: Job) -> None:
        """``ports.Queue``, which may deliver a message twice."""
        for _ in range(2 if self.chance.random() < self.faults.repeated else 1):
            self.time.at(self.time.now + self.chance.uniform(0.5, 3), lambda: self.work(job, 1))

    def dies(self) -> bool:
        """Draw whether Lambda ends the worker now."""
        return self.chance.random() < self.faults.killed / 10

    def world(self) -> World:
        """Return the ports of a function that may be killed at any call."""
        ports = {"ledger": self.ledger, "cloud": self.cloud, "forge": self.forge, "queue": self}
        return World(settings=self.settings, now=lambda: self.time.now, report=self.report,
                     **{name: Mortal(port, self.dies) for name, port in ports.items()})  # type: ignore[arg-type]  # fmt: skip

    def work(self, job: Job, delivery: int) -> None:
        """Run the scale-up function on a message."""
        try:
            scale_up(self.world(), job)
        except (Killed, ForgeError, LostRace):
            if delivery < 5:  # SQS delivers again after its timeout; then the message is a dead letter
                self.time.at(self.time.now + 360, lambda: self.work(job, delivery + 1))
            else:
                self.report("DeadLetters", job=job.id)

    def deliver(self, task: Task, action: str) -> None:
        """Deliver a webhook to ``receive``: never, late, or twice."""
        if self.chance.random() < self.faults.lost:
            return
        late = self.chance.uniform(0, 300) if self.chance.random() < self.faults.late else self.chance.uniform(0.2, 2)
        for _ in range(2 if self.chance.random() < self.faults.repeated else 1):
            self.time.at(self.time.now + late, lambda: self.receive(task, action))

    def receive(self, task: Task, action: str) -> None:
        """Process a delivery as the webhook's function does after the signature, which has its own tests."""
        now = self.time.now
        job = self.ledger.open_job(Job(task.id, REPOSITORY, "gpu", task.queued, changed=now, retry=now + 120))
        if action != "queued":
            advance(self.ledger, job, action, now)
        elif job.state is State.WAITING:
            self.send(job)

    def each_minute(self) -> None:
        """Run the reconciler and the reaper, and schedule their next run."""
        try:
            reconcile(self.world())
        except Killed:
            self.report("KilledReconcilers")
        reap(self.cloud, self.time.now, self.settings.limits.lifetime_minutes, self.report)
        self.peak = max(self.peak, len(self.cluster.alive()))
        self.time.at(self.time.now + MINUTE, self.each_minute)


def espalier(jobs: list[Task], seed: int = 1, faults: Faults | None = None, settings: Settings = SETTINGS) -> Result:
    """Simulate a day and six hours after it with the decisions of the Lambda functions."""
    faults = faults or Faults()
    time, chance = Timeline(), random.Random(seed)
    cluster = Cluster(time, chance, faults, jobs)
    lambdas = Lambdas(time, chance, faults, settings, cluster)
    cluster.on_change = lambdas.deliver
    time.at(START + MINUTE, lambdas.each_minute)
    time.run(START + DAY + 6 * 3600)
    refused = sum(
        job.state is State.REFUSED and cluster.by_id[job.id].status == "queued" for job in lambdas.ledger.jobs.values()
    )
    return Result("espalier", jobs, list(cluster.machines.values()), cluster.gpu_hours(), len(cluster.alive()),
                  refused, lambdas.reports, lambdas.peak)  # fmt: skip


def always_on(jobs: list[Task], size: int, seed: int = 1, faults: Faults | None = None) -> Result:
    """Simulate as many machines as the other policy had at its peak, registered permanently, around the clock."""
    time = Timeline()
    cluster = Cluster(time, random.Random(seed), faults or Faults(), jobs)

    def again(machine: Machine) -> None:
        machine.task = None
        cluster.assign()

    cluster.after = again  # type: ignore[method-assign]
    for number in range(size):
        machine = cluster.start(f"pool-{number}", spot=False)
        machine.online = True
    time.run(START + DAY + 6 * 3600)
    hours = size * 24.0  # only of the day
    return Result(f"always on, {size} machines", jobs, list(cluster.machines.values()), hours, size)


def one_each(jobs: list[Task], seed: int = 1, faults: Faults | None = None) -> Result:
    """Simulate one on-demand instance for each webhook, in the first zone and without any repair."""
    faults = faults or Faults()
    time, chance = Timeline(), random.Random(seed)
    cluster = Cluster(time, chance, faults, jobs)

    def deliver(task: Task, action: str) -> None:
        if action != "queued" or chance.random() < faults.lost:
            return
        for _ in range(2 if chance.random() < faults.repeated else 1):
            if chance.random() >= faults.killed and not cluster.short(False, ZONES[0]):
                cluster.configure(cluster.start(task.id, spot=False))

    cluster.on_change = deliver
    time.run(START + DAY + 6 * 3600)
    return Result("an instance a job, no repair", jobs, list(cluster.machines.values()), cluster.gpu_hours(),
                  len(cluster.alive()))  # fmt: skip


def compare(count: int = 2000, seed: int = 1, faults: Faults | None = None) -> list[Result]:
    """Return the results of the three policies for the same jobs."""
    faults = faults or Faults()

    def fresh() -> list[Task]:
        return tasks(count, random.Random(seed), faults)

    ours = espalier(fresh(), seed, faults)
    return [ours, always_on(fresh(), ours.peak, seed, faults), one_each(fresh(), seed, faults)]
