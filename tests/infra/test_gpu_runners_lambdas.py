"""From a queued job to a terminated instance, with an emulated AWS, a fake GitHub, and their failures."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.fake_github import Fault
from support.fake_github import Job as GitHubJob
from support.runners import GPU, START, Killed, Setup, setup

# isort: split
from espalier_runners import decide
from espalier_runners.errors import ForgeError
from espalier_runners.ports import Instance, Job, Mark, State
from espalier_runners.reap import reap
from espalier_runners.reconcile import reconcile
from espalier_runners.scale_up import Outcome, scale_up
from espalier_runners.settings import RunnerClass

MINUTE = 60.0


@pytest.fixture
def lab() -> Iterator[Setup]:
    with setup() as made:
        yield made


def launched(lab: Setup, job: GitHubJob | None = None) -> tuple[GitHubJob, str]:
    """Return a job with its instance, which has not booted yet."""
    job = job or lab.github.queue(GPU)
    before = set(lab.live())
    assert scale_up(lab.world, lab.request(job)) is Outcome.LAUNCHED
    [instance] = set(lab.live()) - before
    return job, instance


def minutes(lab: Setup, count: float) -> None:
    """Run the reconciler once a minute, and scale-up for its messages."""
    for _ in range(int(count)):
        lab.clock.time += MINUTE
        reconcile(lab.world)
        lab.work()


def passes(lab: Setup) -> None:
    """Run two passes, each after all earlier leases have expired."""
    for _ in range(2):
        lab.clock.time += decide.SETTLE
        reconcile(lab.world)
        lab.work()


def state(lab: Setup, job: GitHubJob) -> State:
    found = lab.world.ledger.job(str(job.id))
    assert found is not None
    return found.state


# the life of a job


def test_a_job_gets_an_ephemeral_runner_whose_instance_ends_with_the_job(lab: Setup) -> None:
    job, instance = launched(lab)
    [asked] = lab.ec2.calls
    assert asked["Type"] == "instant"
    assert asked["SpotOptions"] == {"AllocationStrategy": "price-capacity-optimized"}
    runner = lab.boot(instance)
    assert (runner.name, runner.scope) == (f"espalier-{instance}", "orgs/acme")
    lab.github.assign()
    assert job.status == "in_progress"
    minutes(lab, 2)
    assert lab.world.cloud.configured() == set()  # removed after it was read
    lab.github.finish(job)
    minutes(lab, 5)
    assert lab.live() == []  # terminated by the reconciler if the machine does not shut down
    assert lab.world.ledger.holders().get("gpu", frozenset()) == frozenset()


def test_only_its_own_instance_can_read_a_configuration(lab: Setup) -> None:
    _, instance = launched(lab)
    name = f"/espalier/runners/{instance}"
    tags = lab.clients["ssm"].list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    wanted = f"arn:aws:ec2:us-east-1:123456789012:instance/{instance}"
    assert {"Key": "espalier-instance-arn", "Value": wanted} in tags
    kept = lab.clients["ssm"].get_parameter(Name=name)["Parameter"]
    assert kept["Type"] == "SecureString"
    assert "jit" not in kept["Value"]


def test_duplicate_messages_start_one_instance(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    outcomes = [scale_up(lab.world, lab.request(job)) for _ in range(3)]
    assert outcomes == [Outcome.LAUNCHED, Outcome.ALREADY, Outcome.ALREADY]
    assert len(lab.live()) == 1


def test_a_job_canceled_between_queue_and_start_starts_nothing(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    lab.github.cancel(job)
    assert scale_up(lab.world, lab.request(job)) is Outcome.NOT_NEEDED
    assert lab.ec2.calls == []
    assert state(lab, job) is State.COMPLETED


def test_a_job_that_is_canceled_after_its_start_leaves_no_runner(lab: Setup) -> None:
    job, instance = launched(lab)
    lab.boot(instance)
    lab.github.cancel(job)
    minutes(lab, 13)
    assert lab.live() == []
    assert lab.github.runners == {}
    assert [about["instance"] for about in lab.reports.of("IdleEnded")] == [instance]


def test_a_job_of_a_deleted_run_is_dropped(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    del lab.github.jobs[job.id]
    assert scale_up(lab.world, lab.request(job)) is Outcome.NOT_NEEDED


def test_a_job_of_a_removed_class_is_refused_and_reported(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    assert scale_up(lab.world, lab.request(job, "tpu")) is Outcome.NOT_NEEDED
    assert [about["reason"] for about in lab.reports.of("JobsRefused")] == ["its class no longer exists"]


def test_a_runner_of_a_repository_is_registered_there() -> None:
    with setup(organization="") as lab:
        _, instance = launched(lab)
        assert lab.boot(instance).scope == "repos/acme/churn"


# a worker that is killed


class Counting:
    """Call a port, and kill the worker directly after the effect of call number ``last``."""

    def __init__(self, port: Any, counter: "itertools.count[int]", last: int) -> None:
        self._port, self._counter, self._last = port, counter, last

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*arguments: Any, **options: Any) -> Any:
            result = method(*arguments, **options)
            if next(self._counter) == self._last:
                raise Killed(name)
            return result

        return call


def killed_after(lab: Setup, last: int) -> Any:
    counter = itertools.count()
    ports = {name: Counting(getattr(lab.world, name), counter, last) for name in ("ledger", "cloud", "forge", "queue")}
    return dataclasses.replace(lab.world, **ports)


@pytest.mark.slow
def test_scale_up_killed_at_any_step_ends_with_one_usable_runner_and_one_slot() -> None:
    """Let each external call be the last one in turn; SQS delivers the message again after its timeout."""
    for last in itertools.count():
        with setup() as lab:
            job = lab.github.queue(GPU)
            try:
                scale_up(killed_after(lab, last), lab.request(job))
                break  # every call was the last one once
            except Killed:
                pass
            lab.clock.time += 360
            assert scale_up(lab.world, lab.request(job)) in (Outcome.LAUNCHED, Outcome.ALREADY), last
            [instance] = lab.live()
            lab.boot(instance)
            lab.github.assign()
            assert job.status == "in_progress", last
            assert len(lab.github.runners) == 1, last
            assert sum(map(len, lab.world.ledger.holders().values())) == 1, last
    assert last >= 10  # the number of steps


@pytest.mark.slow
def test_scale_up_killed_at_any_step_and_its_message_lost_is_finished_by_the_reconciler() -> None:
    for last in itertools.count():
        with setup() as lab:
            job = lab.github.queue(GPU)
            try:
                scale_up(killed_after(lab, last), lab.request(job))
                break
            except Killed:
                pass
            passes(lab)
            [instance] = lab.live()
            lab.boot(instance)
            lab.github.assign()
            assert job.status == "in_progress", last


def test_two_workers_on_one_message_start_one_instance(lab: Setup) -> None:
    """Start the second worker while the first one waits for EC2."""
    job = lab.github.queue(GPU)
    inner = lab.world.cloud.launch
    outcomes = []

    def launch(*arguments: Any) -> Any:
        outcomes.append(scale_up(lab.world, lab.request(job)))
        return inner(*arguments)

    cloud = Counting(lab.world.cloud, itertools.count(), -1)
    cloud.launch = launch  # type: ignore[attr-defined]
    assert scale_up(dataclasses.replace(lab.world, cloud=cloud), lab.request(job)) is Outcome.LAUNCHED
    assert outcomes == [Outcome.ALREADY]
    assert len(lab.live()) == 1


@pytest.mark.slow
def test_the_next_pass_completes_the_work_of_a_reconciler_killed_at_any_step() -> None:
    for last in itertools.count():
        with setup() as lab:
            job, ended = launched(lab)
            lab.boot(ended)
            lab.github.assign()
            lab.world.cloud.terminate([ended])  # its runner record remains, offline
            lab.github.finish(job)
            lost = lab.github.queue(GPU)  # its webhook was lost
            stale = lab.world.forge.runner_configuration("orgs/acme", f"espalier-{ended}", ["gpu"], 1)
            lab.clock.time += 400
            try:
                reconcile(killed_after(lab, last))
                break
            except Killed:
                pass
            lab.work()
            passes(lab)
            [instance] = lab.live()
            lab.boot(instance)
            lab.github.assign()
            assert lost.status == "in_progress", last
            assert [found.name for found in lab.github.runners.values()] == [f"espalier-{instance}"], last
            assert stale not in [found.configuration for found in lab.github.runners.values()]


# failures of GitHub


def test_while_github_fails_nothing_is_launched_and_the_message_returns(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    lab.github.faults = [Fault(503, 3, "/actions/jobs/")]
    with pytest.raises(ForgeError, match="503"):
        scale_up(lab.world, lab.request(job))
    assert lab.live() == []
    assert scale_up(lab.world, lab.request(job)) is Outcome.LAUNCHED


@pytest.mark.parametrize("after", [False, True], ids=["request lost", "answer lost"])
def test_a_failed_registration_is_repeated_for_the_same_instance(lab: Setup, after: bool) -> None:
    """If the response is lost, a runner record without a known configuration exists: it is replaced."""
    job = lab.github.queue(GPU)
    lab.github.faults = [Fault(500, 3, "generate-jitconfig", after=after)]
    with pytest.raises(ForgeError, match="500"):
        scale_up(lab.world, lab.request(job))
    [instance] = lab.live()
    assert scale_up(lab.world, lab.request(job)) is Outcome.ALREADY  # within the lease
    lab.clock.time += decide.LEASE
    assert scale_up(lab.world, lab.request(job)) is Outcome.LAUNCHED
    assert lab.live() == [instance]
    lab.boot(instance)
    assert len(lab.github.runners) == 1


def test_a_rate_limit_stops_requests_to_github_and_not_the_other_work_of_the_reconciler(lab: Setup) -> None:
    job, instance = launched(lab)
    lab.boot(instance)
    lab.github.assign()
    lab.github.requests.clear()
    lab.github.faults = [Fault(403, 99, "", {"X-RateLimit-Remaining": "0"})]
    minutes(lab, 1)
    assert len(lab.github.requests) == 1
    assert lab.reports.of("ForgeErrors")
    assert lab.world.ledger.gpu_hours("2027-01-15") > 0
    minutes(lab, 20)
    assert lab.live() == [instance]  # missing responses never terminate an instance


def test_the_reaper_needs_no_github_and_keeps_younger_instances(lab: Setup) -> None:
    _, old = launched(lab)
    lab.clock.time += 359 * MINUTE
    _, young = launched(lab)
    lab.github.faults = [Fault(503, 10**6)]
    assert reap(lab.world.cloud, lab.clock(), 360.0, lab.reports) == []
    lab.clock.time += MINUTE
    assert reap(lab.world.cloud, lab.clock(), 360.0, lab.reports) == [old]
    assert lab.live() == [young]
    assert [about["instance"] for about in lab.reports.of("LifetimeExceeded")] == [old]


def test_the_reaper_ignores_instances_of_other_pools(lab: Setup) -> None:
    other = lab.clients["ec2"].run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]
    assert reap(lab.world.cloud, lab.clock() + 10**9, 360.0, lab.reports) == []
    found = lab.clients["ec2"].describe_instances(InstanceIds=[other["InstanceId"]])
    assert found["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"


# capacity


def tried(lab: Setup) -> list[tuple[str, tuple[str, ...]]]:
    """Return the kind of each order and its zones."""
    found = []
    for asked in lab.ec2.calls:
        kind = asked["TargetCapacitySpecification"]["DefaultTargetCapacityType"]
        overrides = asked["LaunchTemplateConfigs"][0]["Overrides"]
        found.append((kind, tuple(dict.fromkeys(override["SubnetId"] for override in overrides))))
    return found


def test_refused_spot_falls_back_to_on_demand_in_the_order_of_the_types(lab: Setup) -> None:
    lab.ec2.shortage = lambda spot, kind, subnet: "MaxSpotInstanceCountExceeded" if spot else None
    launched(lab)
    spot, on_demand = lab.ec2.calls
    assert [kind for kind, _ in tried(lab)] == ["spot", "on-demand"]
    assert on_demand["OnDemandOptions"] == {"AllocationStrategy": "prioritized"}
    overrides = on_demand["LaunchTemplateConfigs"][0]["Overrides"]
    assert [(o["InstanceType"], o["Priority"]) for o in overrides] == [("g5.xlarge", 0.0), ("g4dn.xlarge", 1.0)]
    assert all("Priority" not in o for o in spot["LaunchTemplateConfigs"][0]["Overrides"])


def test_the_second_type_serves_when_the_first_is_short(lab: Setup) -> None:
    lab.ec2.shortage = lambda spot, kind, subnet: "InsufficientInstanceCapacity" if kind == "g5.xlarge" else None
    launched(lab)
    assert lab.reports.of("Launches")[0]["type"] == "g4dn.xlarge"


def test_zones_are_rotated_on_shortage_and_the_next_job_starts_with_another_zone(lab: Setup) -> None:
    able = lab.subnets[1]
    lab.ec2.shortage = lambda spot, kind, subnet: "InsufficientInstanceCapacity" if spot or subnet != able else None
    launched(lab)
    zones = [subnets[0] for kind, subnets in tried(lab) if kind == "on-demand"]
    assert zones[-1] == able
    assert len(set(zones)) == len(zones)
    short = set(zones) - {able}
    for _ in range(3):  # zones without capacity come last, for any first zone
        lab.ec2.calls.clear()
        job = lab.github.queue(GPU)
        scale_up(lab.world, lab.request(job))
        assert [s[0] for kind, s in tried(lab) if kind == "on-demand" and s[0] in short] == []


def test_jobs_begin_in_different_zones() -> None:
    gpu = RunnerClass("gpu", frozenset({"gpu"}), {"g5.xlarge": 1}, False, "lt-1", 0, 9, 1)
    jobs = [Job(str(number), "acme/churn", "gpu", START) for number in range(60)]
    first = [decide.orders(gpu, ("a", "b", "c"), job, {}, 0.0)[0].subnets[0] for job in jobs]
    assert all(first.count(zone) >= 10 for zone in "abc")


def test_a_job_waits_while_no_zone_has_capacity_and_is_then_served(lab: Setup) -> None:
    lab.ec2.shortage = lambda spot, kind, subnet: "InsufficientInstanceCapacity"
    job = lab.github.queue(GPU)
    assert scale_up(lab.world, lab.request(job)) is Outcome.NO_CAPACITY
    assert len(lab.ec2.calls) == 4  # spot, and on-demand in each of three zones
    assert len(lab.reports.of("LaunchFailures")) == 4
    assert sum(map(len, lab.world.ledger.holders().values())) == 0  # other jobs may try in the meantime
    minutes(lab, 10)
    assert state(lab, job) is State.WAITING
    assert len(lab.ec2.calls) <= 4 * 5  # it tries less and less often
    lab.ec2.shortage = lambda spot, kind, subnet: None
    minutes(lab, 16)
    assert len(lab.live()) == 1


def test_a_job_that_waited_too_long_is_refused_and_reported() -> None:
    with setup(job_max_wait_minutes=20.0) as lab:
        lab.ec2.shortage = lambda spot, kind, subnet: "InsufficientInstanceCapacity"
        job = lab.github.queue(GPU)
        scale_up(lab.world, lab.request(job))
        minutes(lab, 18)
        assert state(lab, job) is State.WAITING
        minutes(lab, 17)  # when it would try again
        assert state(lab, job) is State.REFUSED
        [about] = lab.reports.of("JobsRefused")
        assert about["job"] == str(job.id)
        assert "20 minutes" in about["reason"]
        calls = len(lab.ec2.calls)
        minutes(lab, 10)
        assert len(lab.ec2.calls) == calls  # it stays refused


def test_a_missing_permission_is_not_treated_as_a_shortage(lab: Setup) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "CreateFleet")

    lab.ec2.create_fleet = refuse  # type: ignore[method-assign,assignment]
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        scale_up(lab.world, lab.request(lab.github.queue(GPU)))


# budget


@pytest.mark.parametrize(("limits", "served"), [({"max_instances": 2}, 2), ({"max_instances": 9}, 4)])
def test_no_more_instances_than_the_pool_and_the_class_allow(limits: dict[str, Any], served: int) -> None:
    with setup(**limits) as lab:
        jobs = [lab.github.queue(GPU) for _ in range(6)]
        outcomes = [scale_up(lab.world, lab.request(job)) for job in jobs]
        assert outcomes.count(Outcome.LAUNCHED) == served == len(lab.live())
        assert len(lab.reports.of("BudgetRefusals")) == 6 - served
        lab.boot(lab.live()[0])
        lab.github.assign()
        [running] = [job for job in jobs if job.status == "in_progress"]
        lab.github.finish(running)
        minutes(lab, 8)
        assert len(lab.live()) == served  # a waiting job got the free slot


@pytest.mark.parametrize(("used", "outcome"), [(0.99, Outcome.LAUNCHED), (1.0, Outcome.OVER_BUDGET)])
def test_the_limit_of_gpu_hours_applies_to_each_day(used: float, outcome: Outcome) -> None:
    with setup(max_gpu_hours_per_day=8.0) as lab:
        lab.world.ledger.account(Mark("i-earlier", START - 3600 * used), START, 8)
        job = lab.github.queue(GPU)
        assert scale_up(lab.world, lab.request(job)) is outcome
        if outcome is Outcome.OVER_BUDGET:
            [about] = lab.reports.of("BudgetRefusals")
            assert about["reason"] == "8.0 of 8 GPU-hours of today are used"
            cpu = lab.github.queue(["self-hosted", "cpu"])
            assert scale_up(lab.world, lab.request(cpu, "cpu")) is Outcome.LAUNCHED  # it has no GPU
            lab.clock.time = (START // 86400 + 1) * 86400
            assert scale_up(lab.world, lab.request(job)) is Outcome.LAUNCHED


def test_the_gpu_hours_limit_a_class_in_which_one_type_has_a_gpu() -> None:
    with setup(max_gpu_hours_per_day=8.0) as made:
        gpu, cpu = made.world.settings.classes
        mixed = dataclasses.replace(gpu, gpus={"g5.xlarge": 1, "c7i.large": 0})
        world = dataclasses.replace(made.world, settings=dataclasses.replace(made.world.settings, classes=(mixed, cpu)))
        world.ledger.account(Mark("i-earlier", START - 3600), START, 8)
        assert scale_up(world, made.request(made.github.queue(GPU))) is Outcome.OVER_BUDGET


@pytest.mark.parametrize("left", [3600.0, 300.0])
def test_a_job_over_the_budget_is_tried_again_after_a_quarter_of_an_hour_or_at_midnight(left: float) -> None:
    with setup(max_gpu_hours_per_day=8.0) as lab:
        midnight = (START // 86400 + 1) * 86400
        lab.clock.time = midnight - left
        lab.world.ledger.account(Mark("i-earlier", lab.clock() - 3600), lab.clock(), 8)
        job = lab.github.queue(GPU)
        assert scale_up(lab.world, lab.request(job)) is Outcome.OVER_BUDGET
        waiting = lab.world.ledger.job(str(job.id))
        assert waiting is not None
        assert waiting.retry == lab.clock() + min(left, 900.0)


@pytest.mark.parametrize("started", [True, False], ids=["its instance is there", "no instance yet"])
def test_a_launch_that_a_killed_worker_started_within_the_budget_is_finished_and_no_other_started(
    started: bool,
) -> None:
    with setup(max_gpu_hours_per_day=8.0) as lab:
        job = lab.github.queue(GPU)
        inner = lab.world.cloud.launch

        def launch(*arguments: Any) -> Any:
            if started:
                inner(*arguments)
            raise Killed

        cloud = Counting(lab.world.cloud, itertools.count(), -1)
        cloud.launch = launch  # type: ignore[attr-defined]
        with pytest.raises(Killed):
            scale_up(dataclasses.replace(lab.world, cloud=cloud), lab.request(job))
        lab.world.ledger.account(Mark("i-earlier", START - 3600), START, 8)  # now the budget is used up
        lab.clock.time += decide.LEASE
        outcome = scale_up(lab.world, lab.request(job))
        assert outcome is (Outcome.LAUNCHED if started else Outcome.OVER_BUDGET)
        assert len(lab.live()) == sum(map(len, lab.world.ledger.holders().values())) == started
        assert len(lab.reports.of("BudgetOverrun")) == started
        assert len(lab.ec2.calls) == started  # the running instance is found, not launched again


def test_gpu_time_is_recorded_once_per_minute_despite_repetitions(lab: Setup) -> None:
    launched(lab)
    for _ in range(10):
        lab.clock.time += MINUTE
        reconcile(lab.world)
        reconcile(lab.world)
    assert lab.world.ledger.gpu_hours("2027-01-15") == pytest.approx(11 / 60)  # until the next pass


# repairs of the reconciler


def test_a_job_whose_webhook_was_lost_is_found(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    minutes(lab, 1)
    assert len(lab.live()) == 1
    assert [a["job"] for a in lab.reports.of("LostWebhooks")] == [str(job.id)]


def test_a_job_without_a_matching_class_is_ignored(lab: Setup) -> None:
    lab.github.queue(["self-hosted", "tpu"])
    minutes(lab, 3)
    assert lab.live() == []
    assert lab.world.ledger.open_jobs() == []


def test_an_instance_whose_runner_never_comes_online_is_terminated_and_its_job_starts_again(lab: Setup) -> None:
    job, first = launched(lab)
    minutes(lab, 11)
    assert lab.live() == [first]
    minutes(lab, 4)
    [second] = lab.live()
    assert second != first
    assert [about["instance"] for about in lab.reports.of("FailedBoots")] == [first]
    assert [runner.name for runner in lab.github.runners.values()] == [f"espalier-{second}"]
    lab.boot(second)
    lab.github.assign()
    assert job.status == "in_progress"


def test_a_job_gets_another_instance_if_the_first_shuts_down_before_it_is_online(lab: Setup) -> None:
    """Shut the instance down, as the boot script does if nvidia-smi fails."""
    _, first = launched(lab)
    lab.world.cloud.terminate([first])
    minutes(lab, 6)  # before that, EC2 may not list a launched instance
    [second] = lab.live()
    assert second != first
    assert len(lab.reports.of("FailedBoots")) == 1


def test_after_three_failed_boots_a_job_is_refused_and_reported(lab: Setup) -> None:
    job, _ = launched(lab)
    for _ in range(3):
        lab.world.cloud.terminate(lab.live())
        minutes(lab, 6)
    assert state(lab, job) is State.REFUSED
    assert lab.live() == []
    [about] = lab.reports.of("JobsRefused")
    assert "3 instances in a row" in about["reason"]


def test_a_job_gets_no_second_instance_if_its_instance_serves_another_job(lab: Setup) -> None:
    """Start two instances for two jobs; GitHub gives the older job to the runner that is online first."""
    (one, _), (two, late) = launched(lab), launched(lab)
    lab.boot(late)
    lab.github.assign()
    assert one.status == "in_progress"
    assert two.status == "queued"
    minutes(lab, 3)
    assert len(lab.live()) == 2
    assert lab.reports.of("Restarts") == []


def test_an_idle_runner_is_terminated_after_idle_minutes_and_not_before(lab: Setup) -> None:
    job, instance = launched(lab)
    lab.github.cancel(job)
    lab.boot(instance)
    minutes(lab, 10)
    assert lab.live() == [instance]
    minutes(lab, 1)
    assert lab.live() == []
    assert lab.github.runners == {}


def test_a_runner_that_gets_a_job_at_the_last_moment_is_kept(lab: Setup) -> None:
    job, instance = launched(lab)
    lab.github.cancel(job)
    lab.boot(instance)
    minutes(lab, 10)
    late = lab.github.queue(GPU)
    inner = lab.world.forge.remove_runner

    def remove(scope: str, runner: int) -> bool:
        lab.github.assign()  # between the listing and the removal
        return inner(scope, runner)

    forge = Counting(lab.world.forge, itertools.count(), -1)
    forge.remove_runner = remove  # type: ignore[attr-defined]
    lab.clock.time += MINUTE
    reconcile(dataclasses.replace(lab.world, forge=forge))
    assert lab.live() == [instance]
    assert late.status == "in_progress"


def test_an_instance_is_kept_while_github_does_not_confirm_the_removal_of_its_runner(lab: Setup) -> None:
    job, instance = launched(lab)
    lab.github.cancel(job)
    lab.boot(instance)
    minutes(lab, 10)
    [runner] = lab.github.runners.values()
    lab.github.faults = [Fault(500, 3, f"/actions/runners/{runner.id}")]
    minutes(lab, 1)
    assert lab.live() == [instance]
    assert lab.reports.of("IdleEnded") == []
    assert [about["runner"] for about in lab.reports.of("ForgeErrors")] == [runner.name]
    minutes(lab, 1)
    assert lab.live() == []
    assert len(lab.reports.of("IdleEnded")) == 1


def test_a_record_that_github_keeps_is_not_reported_as_removed(lab: Setup) -> None:
    lab.world.forge.runner_configuration("orgs/acme", "espalier-i-0dead", ["gpu"], 1)
    [runner] = lab.github.runners.values()
    lab.github.faults = [Fault(500, 3, f"/actions/runners/{runner.id}")]
    minutes(lab, 1)
    assert lab.reports.of("RunnersRemoved") == []
    minutes(lab, 1)
    assert [about["runner"] for about in lab.reports.of("RunnersRemoved")] == ["espalier-i-0dead"]


def test_offline_records_of_this_pool_are_removed_and_others_remain(lab: Setup) -> None:
    for name in ("espalier-i-0dead", "espalier-large", "other-i-0dead"):
        lab.world.forge.runner_configuration("orgs/acme", name, ["gpu"], 1)
    minutes(lab, 1)
    assert sorted(runner.name for runner in lab.github.runners.values()) == ["espalier-large", "other-i-0dead"]


def test_an_instance_of_an_unknown_job_is_terminated(lab: Setup) -> None:
    _, instance = launched(lab)
    lab.clients["dynamodb"].delete_item(TableName="ledger", Key={"id": {"S": "slots"}})
    for job in lab.world.ledger.open_jobs():
        lab.clients["dynamodb"].delete_item(TableName="ledger", Key={"id": {"S": f"job#{job.id}"}})
    lab.github.jobs.clear()
    minutes(lab, 13)
    assert lab.live() == []


def test_a_class_always_has_exactly_min_idle_runners() -> None:
    with setup() as made:
        gpu, cpu = made.world.settings.classes
        warm = dataclasses.replace(gpu, min=2)
        world = dataclasses.replace(made.world, settings=dataclasses.replace(made.world.settings, classes=(warm, cpu)))
        lab = dataclasses.replace(made, world=world)
        minutes(lab, 3)
        assert len(lab.live()) == 2
        for instance in lab.live():
            lab.boot(instance)
        first = lab.live()
        minutes(lab, 30)
        assert lab.live() == first  # kept, not terminated and replaced
        job = lab.github.queue(GPU)
        lab.github.assign()
        assert job.status == "in_progress"  # at once
        minutes(lab, 2)
        assert len(lab.live()) == 3


def test_a_running_job_is_detected_although_its_webhooks_were_lost(lab: Setup) -> None:
    job, instance = launched(lab)
    lab.boot(instance)
    lab.github.assign()
    minutes(lab, 11)
    assert state(lab, job) is State.RUNNING
    lab.github.finish(job)
    minutes(lab, 11)
    assert state(lab, job) is State.COMPLETED
    assert lab.live() == []


def test_a_stopped_instance_is_terminated_like_the_others(lab: Setup) -> None:
    _, instance = launched(lab)
    lab.clients["ec2"].stop_instances(InstanceIds=[instance])
    assert [found.id for found in lab.world.cloud.instances()] == [instance]
    assert isinstance(lab.world.cloud.instances()[0], Instance)
    lab.clock.time += 360 * MINUTE
    assert reap(lab.world.cloud, lab.clock(), 360.0, lab.reports) == [instance]
