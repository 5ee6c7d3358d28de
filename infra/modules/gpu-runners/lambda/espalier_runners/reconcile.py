"""Once a minute, compare GitHub, EC2 and the ledger, and repair the effects of lost messages and lost instances.

Webhooks only make this faster. A job without a webhook is found by listing queued jobs, an instance whose runner is not
online in time is terminated, and a runner record without an instance is removed.
"""

import dataclasses
from collections import defaultdict
from dataclasses import dataclass

from espalier_runners import decide
from espalier_runners.errors import ForgeError, LostRace
from espalier_runners.ports import Instance, Job, Mark, Queued, Runner, State, World
from espalier_runners.scale_up import close, wait

PASS = 60.0  # seconds between two passes
GONE = 180.0  # seconds in which an instance must shut down after its job
FORGOTTEN = 600.0  # seconds after which a job that GitHub does not list is looked up by its ID


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of GitHub, EC2 and SSM, read in an order in which an absence is conclusive.

    Configurations are read before runners: an instance with a configuration and no runner record has had its job.
    Runners are read before instances: a runner record without an instance has lost its instance.
    """

    configured: frozenset[str]
    runners: dict[str, dict[str, Runner]]  # scope to runner name to runner; a scope without a response is missing
    queued: dict[str, Queued]
    answered: frozenset[str]  # repositories with a response
    instances: dict[str, Instance]
    marks: dict[str, Mark]

    def runner(self, pool: str, instance: Instance) -> Runner | None:
        """Return the runner of an instance, or None."""
        return self.runners.get(instance.scope, {}).get(decide.runner_name(pool, instance.id))

    def can_take_job(self, pool: str, instance: Instance) -> bool:
        """Return whether the instance is booting or idle, and can still take a job."""
        runner = self.runner(pool, instance)
        if runner is None:
            return instance.id not in self.configured and not self.marks[instance.id].online
        return not runner.busy and (runner.online or not self.marks[instance.id].online)


def reconcile(world: World) -> None:
    """Run one pass. If GitHub does not respond, the affected parts stay unchanged until the next pass."""
    snapshot = _take_snapshot(world)
    snapshot = dataclasses.replace(snapshot, marks=_account(world, snapshot))
    _find_lost_jobs(world, snapshot)
    _repair_jobs(world, snapshot)
    _end_instances(world, snapshot)
    _remove_runners(world, snapshot)
    _release_slots(world, snapshot)
    _remove_configurations(world, snapshot)
    _keep_warm(world, snapshot)


def _take_snapshot(world: World) -> Snapshot:
    configured = frozenset(world.cloud.configured())
    runners: dict[str, dict[str, Runner]] = {}
    queued: dict[str, Queued] = {}
    answered = set()
    try:
        for scope in world.settings.scopes():
            runners[scope] = {runner.name: runner for runner in world.forge.runners(scope)}
        for repository in sorted(world.settings.repositories):
            for found in world.forge.queued_jobs(repository):
                queued[found.id] = found
            answered.add(repository)
    except ForgeError as error:
        # Further requests would fail too, and would make a rate limit worse.
        world.report("ForgeErrors", said=str(error))
    instances = {instance.id: instance for instance in world.cloud.instances()}
    return Snapshot(configured, runners, queued, frozenset(answered), instances, {})


def _account(world: World, snapshot: Snapshot) -> dict[str, Mark]:
    """Record the GPU time of all instances until the next pass, each second once, even if a pass is killed.

    The time until the next pass is included, because an instance that ends before it is no longer listed.
    """
    marks = world.ledger.marks(snapshot.instances)
    for instance in snapshot.instances.values():
        runner_class = world.settings.runner_class(instance.runner_class)
        gpus = runner_class.gpus.get(instance.type, 0) if runner_class else 0
        mark = marks.get(instance.id, Mark(instance.id, instance.launched))
        marks[instance.id] = world.ledger.account(mark, world.now() + PASS, gpus)
    for runner_class in world.settings.classes:
        count = sum(instance.runner_class == runner_class.name for instance in snapshot.instances.values())
        world.report("Instances", count, runner_class=runner_class.name)
    world.report("GpuHoursToday", world.ledger.gpu_hours(decide.day_of(world.now())))
    return marks


def _find_lost_jobs(world: World, snapshot: Snapshot) -> None:
    """Send a message for each job that GitHub lists and the ledger does not have: its webhook was lost."""
    for found in snapshot.queued.values():
        runner_class = world.settings.match(found.labels)
        if runner_class is None or world.ledger.job(found.id) is not None:
            continue
        job = world.ledger.open_job(
            Job(found.id, found.repository, runner_class.name, found.queued, retry=world.now() + decide.LEASE)
        )
        world.queue.send(job)
        world.report("LostWebhooks", runner_class=runner_class.name, job=found.id)


def _send(world: World, job: Job) -> None:
    """Send a message for the job, and let it be sent again later in case it is lost."""
    world.queue.send(wait(world, job, world.now() + decide.SETTLE, job.reason))


def _repair_jobs(world: World, snapshot: Snapshot) -> None:
    serving: dict[tuple[str, str], list[Job]] = defaultdict(list)
    oldest: dict[str, float] = defaultdict(float)
    for job in world.ledger.open_jobs():
        if job.state is not State.RUNNING:
            oldest[job.runner_class] = max(oldest[job.runner_class], world.now() - job.queued)
        try:
            if job.state is State.WAITING:
                _repair_waiting(world, job)
            elif job.state is State.LAUNCHING:
                if world.now() >= job.changed + decide.LEASE:
                    world.queue.send(job)  # its worker was killed; the next one continues from its state
            elif job.state is State.LAUNCHED and job.id in snapshot.queued:
                serving[(job.runner_class, world.settings.scope(job.repository))].append(job)
            elif (
                job.id not in snapshot.queued
                and job.repository in snapshot.answered
                and world.now() >= job.changed + FORGOTTEN
            ):
                _repair_unlisted(world, job)
        except LostRace:
            continue  # a webhook was faster
        except ForgeError as error:
            world.report("ForgeErrors", said=str(error), job=job.id)
    for runner_class in world.settings.classes:
        world.report("OldestJobSeconds", oldest[runner_class.name], runner_class=runner_class.name)
    for (name, scope), jobs in serving.items():
        _restart_stranded(world, snapshot, name, scope, jobs)


def _repair_waiting(world: World, job: Job) -> None:
    if world.now() < job.retry:
        return
    if not job.warm and world.now() >= job.queued + 60.0 * world.settings.limits.job_max_wait_minutes:
        status = world.forge.job_status(job.repository, job.id)
        if status != "queued":
            close(world, job, State.RUNNING if status == "in_progress" else State.COMPLETED, status)
            return
        waited = f"waited {world.settings.limits.job_max_wait_minutes:g} minutes"
        refuse(world, job, f"{waited}: {job.reason or 'no response'}")
        return
    _send(world, job)


def _repair_unlisted(world: World, job: Job) -> None:
    """Look up a job that is not listed as queued: the webhook of its start or end was lost."""
    status = world.forge.job_status(job.repository, job.id)
    if status == "queued":  # it was queued again after the listing, or the listing was truncated
        return
    close(world, job, State.RUNNING if status == "in_progress" else State.COMPLETED, f"{status}, found by its ID")


def refuse(world: World, job: Job, reason: str) -> None:
    """Give the job no instance, and report the reason."""
    close(world, job, State.REFUSED, reason)
    world.report("JobsRefused", runner_class=job.runner_class, job=job.id, repository=job.repository, reason=reason)


def _restart_stranded(world: World, snapshot: Snapshot, name: str, scope: str, jobs: list[Job]) -> None:
    """Start as many instances as there are more queued jobs than runners that can still take one.

    Jobs and runners are counted and not matched, because GitHub gives a job to any runner with its labels: the instance
    of one job may serve another job, and the instance of that job then serves the first.
    """
    able = {
        instance.id
        for instance in snapshot.instances.values()
        if (instance.runner_class, instance.scope) == (name, scope)
        and snapshot.can_take_job(world.settings.pool, instance)
    }
    settled = [job for job in jobs if world.now() >= job.changed + decide.SETTLE or job.instance in snapshot.instances]
    stranded = [job for job in settled if job.instance not in able]
    missing = len(settled) - len(able)
    for job in sorted(stranded, key=lambda job: job.queued)[: max(missing, 0)]:
        mark = world.ledger.marks([job.instance]).get(job.instance)
        never = job.instance not in snapshot.instances and not (mark and mark.online)
        failed = job.failed_boots + 1 if never else 0
        if never:
            world.report("FailedBoots", runner_class=name, job=job.id, instance=job.instance)
        again = dataclasses.replace(
            job, generation=job.generation + 1, instance="", failed_boots=failed, reason="its instance ended"
        )
        try:
            if failed >= world.settings.limits.max_failed_boots:
                refuse(world, job, f"{failed} instances in a row ended before their runner was online")
            else:
                job = world.ledger.replace(
                    job,
                    dataclasses.replace(
                        again, state=State.WAITING, changed=world.now(), retry=world.now() + decide.SETTLE
                    ),
                )
                world.queue.send(job)
                world.report("Restarts", runner_class=name, job=job.id)
        except LostRace:
            continue


def _end_instances(world: World, snapshot: Snapshot) -> None:
    limits, now, pool = world.settings.limits, world.now(), world.settings.pool
    idle: dict[str, int] = defaultdict(int)  # runners of a class that are idle or about to be
    for instance in sorted(snapshot.instances.values(), key=lambda instance: instance.launched):
        if instance.scope not in snapshot.runners:
            continue  # without a response of GitHub nothing is terminated here; the reaper does not need one
        runner, mark = snapshot.runner(pool, instance), snapshot.marks[instance.id]
        if runner and runner.busy:
            _mark(world, mark, online=True, since=0.0)
        elif runner and runner.online:
            runner_class = world.settings.runner_class(instance.runner_class)
            keep = runner_class.min if runner_class else 0
            idle[instance.runner_class] += 1
            mark = _mark(world, mark, online=True, since=mark.since or now)
            over = now >= mark.since + 60.0 * limits.idle_minutes and idle[instance.runner_class] > keep
            # GitHub does not remove a runner that has just got a job, so remove it before the instance is terminated
            if over and _removed(world, instance.scope, runner):
                world.cloud.terminate([instance.id])
                world.report("IdleEnded", runner_class=instance.runner_class, instance=instance.id)
        elif mark.online or (runner is None and instance.id in snapshot.configured):
            # An ephemeral runner without a record has had its job; an offline one may come back.
            mark = _mark(world, mark, online=True, since=mark.since or now)
            patience = 60.0 * limits.boot_minutes if runner else GONE
            if now >= mark.since + patience:
                world.cloud.terminate([instance.id])
                world.report("LostEnded", runner_class=instance.runner_class, instance=instance.id)
        elif now >= instance.launched + 60.0 * limits.boot_minutes:
            world.cloud.terminate([instance.id])
            world.report("BootTimeouts", runner_class=instance.runner_class, instance=instance.id)
        else:
            idle[instance.runner_class] += 1


def _mark(world: World, mark: Mark, online: bool, since: float) -> Mark:
    changed = dataclasses.replace(mark, online=online, since=since)
    if changed != mark:
        world.ledger.put_mark(changed)
    return changed


def _removed(world: World, scope: str, runner: Runner) -> bool:
    try:
        return world.forge.remove_runner(scope, runner.id)
    except ForgeError as error:
        world.report("ForgeErrors", said=str(error), runner=runner.name)
        return False


def _remove_runners(world: World, snapshot: Snapshot) -> None:
    """Remove offline runner records of this pool that have no instance. Runners of other pools are left unchanged."""
    fresh = {job.instance for job in world.ledger.open_jobs() if world.now() < job.changed + decide.SETTLE}
    for scope, runners in snapshot.runners.items():
        for runner in runners.values():
            instance = decide.instance_of(world.settings.pool, runner.name)
            if instance is None or runner.online or instance in snapshot.instances or instance in fresh:
                continue
            if _removed(world, scope, runner):
                world.report("RunnersRemoved", runner=runner.name)


def _release_slots(world: World, snapshot: Snapshot) -> None:
    """Release each slot without a live instance, unless its launch has not settled yet."""
    alive = {instance.launch for instance in snapshot.instances.values()}
    for name, holders in world.ledger.holders().items():
        for holder in holders - alive:
            job = world.ledger.job(holder.rpartition(".")[0])
            if job is None or job.launch != holder or not _holds(job, world.now()):
                world.ledger.release(holder, name)


def _holds(job: Job, now: float) -> bool:
    if job.state is State.WAITING:  # a worker may just have reserved it
        return now < job.retry
    return now < job.changed + decide.SETTLE and (job.state in (State.LAUNCHING, State.LAUNCHED) or job.warm)


def _remove_configurations(world: World, snapshot: Snapshot) -> None:
    """Remove each configuration whose runner was online or whose instance no longer exists."""
    fresh = {job.instance for job in world.ledger.open_jobs() if world.now() < job.changed + decide.SETTLE}
    for instance in world.cloud.configured():
        mark = snapshot.marks.get(instance)
        if (instance not in snapshot.instances and instance not in fresh) or (mark and mark.online):
            world.cloud.remove_configuration(instance)


def _keep_warm(world: World, snapshot: Snapshot) -> None:
    waiting = [job for job in world.ledger.open_jobs() if job.warm]
    for runner_class in world.settings.classes:
        if runner_class.min == 0:
            continue
        scope = f"orgs/{world.settings.organization}"
        if scope not in snapshot.runners:
            continue
        able = sum(
            instance.runner_class == runner_class.name and snapshot.can_take_job(world.settings.pool, instance)
            for instance in snapshot.instances.values()
        )
        coming = sum(job.runner_class == runner_class.name for job in waiting)
        for number in range(runner_class.min - able - coming):
            job = Job(
                f"warm-{runner_class.name}-{int(world.now())}-{number}",
                "",
                runner_class.name,
                world.now(),
                retry=world.now() + decide.LEASE,
            )
            world.queue.send(world.ledger.open_job(job))
