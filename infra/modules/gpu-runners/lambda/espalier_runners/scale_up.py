"""Start at most one instance for a message, even if SQS delivers it again or a worker is killed at any point.

Each step first checks whether it is already done. A killed worker leaves at most an instance with the tag of the
launch, a runner record with the name of the instance, and a parameter with its ID; the next worker finds them.
"""

import dataclasses
import enum

from espalier_runners import decide
from espalier_runners.errors import LostRace
from espalier_runners.ports import Instance, Job, State, World
from espalier_runners.settings import RunnerClass


class Outcome(enum.StrEnum):
    """The result of handling a message."""

    LAUNCHED = "launched"
    ALREADY = "already"  # an instance exists, or another worker is starting it
    NOT_NEEDED = "not needed"  # canceled, running on another runner, or refused
    NO_CAPACITY = "no capacity"
    OVER_BUDGET = "over budget"


def _live(world: World, job: Job) -> Instance | None:
    return next((found for found in world.cloud.instances() if found.launch == job.launch), None)


def close(world: World, job: Job, state: State, reason: str) -> Job:
    """Set a state in which the job needs no launch. The reconciler releases the slot when no instance is left."""
    return world.ledger.replace(
        job, dataclasses.replace(job, state=state, reason=reason, changed=world.now(), retry=0.0)
    )


def wait(world: World, job: Job, until: float, reason: str) -> Job:
    """Let the job wait until the given time."""
    return world.ledger.replace(
        job, dataclasses.replace(job, state=State.WAITING, retry=until, changed=world.now(), reason=reason)
    )


def over_budget(world: World, job: Job, runner_class: RunnerClass) -> tuple[str, float] | None:
    """Return why a launch must wait and until when, or None. A launch that already has a slot keeps it."""
    limits, now = world.settings.limits, world.now()
    if any(runner_class.gpus.values()):
        used = world.ledger.gpu_hours(decide.day_of(now))
        if used >= limits.max_gpu_hours_per_day:
            midnight = (now // decide.DAY + 1.0) * decide.DAY
            reason = f"{used:.1f} of {limits.max_gpu_hours_per_day:g} GPU-hours of today are used"
            return reason, min(midnight, now + 900.0)
    if not world.ledger.reserve(job.launch, runner_class.name, limits.max_instances, runner_class.max):
        return f"{limits.max_instances} instances, or {runner_class.max} of class {runner_class.name}", now + 60.0
    return None


def _launch(world: World, job: Job, runner_class: RunnerClass) -> tuple[Instance | None, str]:
    """Try the orders one after another; on a shortage, record the pools so that the next job tries others first."""
    now = world.now()
    message = ""
    scope = world.settings.scope(job.repository)
    for order in decide.orders(runner_class, world.settings.subnet_ids, job, world.ledger.cooling(), now):
        result = world.cloud.launch(order, runner_class, job, scope)
        if isinstance(result, Instance):
            return result, ""
        message = result.message
        if not order.spot and result.pools:  # a shortage of spot does not imply one of on-demand
            world.ledger.cool(result.pools, now + decide.COOLING)
        world.report(
            "LaunchFailures",
            runner_class=runner_class.name,
            job=job.id,
            spot=order.spot,
            zones=order.subnets,
            said=message,
        )
    return None, message


def scale_up(world: World, request: Job) -> Outcome:
    """Give the job a runner.

    Args:
        request: The job as the message describes it; the state in the ledger takes precedence.

    Raises:
        ForgeError: If GitHub did not respond; the message must be delivered again.
        LostRace: If the job changed twice in the meantime; the message must be delivered again.
    """
    try:
        return _scale_up(world, request)
    except LostRace:
        # Another worker, a webhook or the reconciler was faster. Read its result and try once more.
        return _scale_up(world, request)


def _scale_up(world: World, request: Job) -> Outcome:
    job = world.ledger.open_job(request)
    runner_class = world.settings.runner_class(job.runner_class)
    if not job.state.open or job.state is State.RUNNING:
        return Outcome.NOT_NEEDED
    if job.state is State.LAUNCHED:
        return Outcome.ALREADY
    if job.state is State.LAUNCHING and world.now() < job.changed + decide.LEASE:
        return Outcome.ALREADY
    if runner_class is None:
        close(world, job, State.REFUSED, "its class no longer exists")
        world.report("JobsRefused", runner_class=job.runner_class, job=job.id, reason="its class no longer exists")
        return Outcome.NOT_NEEDED
    if not job.warm and (status := world.forge.job_status(job.repository, job.id)) != "queued":
        running = status == "in_progress"
        close(world, job, State.RUNNING if running else State.COMPLETED, f"{status} before its launch")
        return Outcome.NOT_NEEDED
    if refusal := over_budget(world, job, runner_class):
        reason, until = refusal
        if job.state is State.LAUNCHING and _live(world, job):  # it started within the budget: finish it
            world.report("BudgetOverrun", runner_class=job.runner_class, job=job.id, reason=reason)
        else:
            wait(world, job, until, reason)
            world.ledger.release(job.launch, job.runner_class)
            world.report("BudgetRefusals", runner_class=job.runner_class, job=job.id, reason=reason)
            return Outcome.OVER_BUDGET

    # From here on a killed worker leaves traces. Claim the job first, so that the next worker looks for them.
    resumed = job.state is State.LAUNCHING
    job = world.ledger.replace(job, dataclasses.replace(job, state=State.LAUNCHING, changed=world.now()))
    instance = _live(world, job) if resumed else None
    if instance is None:
        instance, message = _launch(world, job, runner_class)
    if instance is None:
        world.ledger.release(job.launch, job.runner_class)
        # The next launch needs a new generation: for a known client token EC2 returns its previous response.
        missed = dataclasses.replace(job, misses=job.misses + 1, generation=job.generation + 1)
        world.ledger.replace(
            job,
            dataclasses.replace(
                missed,
                state=State.WAITING,
                retry=world.now() + decide.backoff(missed.misses),
                changed=world.now(),
                reason=message,
            ),
        )
        return Outcome.NO_CAPACITY
    if job.instance != instance.id:
        job = world.ledger.replace(job, dataclasses.replace(job, instance=instance.id, misses=0))
    if not world.cloud.has_configuration(instance.id):
        text = world.forge.runner_configuration(
            world.settings.scope(job.repository),
            decide.runner_name(world.settings.pool, instance.id),
            sorted(runner_class.labels | {"self-hosted"}),
            runner_class.runner_group,
        )
        world.cloud.put_configuration(instance.id, text)
    # GitHub reports no end for a warm runner, since it has no job: from here on only its instance counts.
    state = State.COMPLETED if job.warm else State.LAUNCHED
    world.ledger.replace(job, dataclasses.replace(job, state=state, changed=world.now(), reason=""))
    world.report("Launches", runner_class=job.runner_class, job=job.id, instance=instance.id, type=instance.type)
    if not job.warm:
        world.report("SecondsToLaunch", world.now() - job.queued, runner_class=job.runner_class, job=job.id)
    return Outcome.LAUNCHED
