"""Pure decisions: which orders, how long to wait, how much was used."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from espalier_runners.ports import Job, Order
from espalier_runners.settings import RunnerClass

LEASE = 120.0  # seconds for which a launch belongs to the worker that began it; longer than the Lambda's timeout
SETTLE = 300.0  # seconds until a listing of EC2 surely shows what was launched
COOLING = 600.0  # seconds for which a pool without capacity is asked last
DAY = 86400.0


def runner_name(pool: str, instance: str) -> str:
    return f"{pool}-{instance}"


def instance_of(pool: str, runner: str) -> str | None:
    """The instance behind a runner's name; None: not a runner of this pool."""
    instance = runner.removeprefix(f"{pool}-")
    return instance if instance != runner and instance.startswith("i-") else None


def orders(
    runner_class: RunnerClass, subnets: tuple[str, ...], job: Job, cooling: Mapping[tuple[str, str], float], now: float
) -> list[Order]:
    """What to ask EC2 Fleet for, one after the other until one brings an instance.

    Spot first, over all types and zones at once: EC2 knows price and capacity of each pool. Then on-demand, types in
    the order of the class, one zone after the other. Jobs begin in different zones, and a zone in which a type has
    just had no capacity comes last.
    """
    types = tuple(runner_class.gpus)
    seed = hashlib.sha256(job.id.encode()).digest()[0] + job.generation + job.misses
    first = seed % len(subnets)
    rotated = subnets[first:] + subnets[:first]

    def short(subnet: str) -> int:
        return sum(cooling.get((kind, subnet), 0.0) > now for kind in types)

    zones = tuple(sorted(rotated, key=short))  # sorted is stable: the rotation stays among equals
    result = [Order(True, types, zones)] if runner_class.spot else []
    for zone in zones:
        warm = tuple(kind for kind in types if cooling.get((kind, zone), 0.0) <= now)
        cold = tuple(kind for kind in types if kind not in warm)
        result.append(Order(False, warm + cold, (zone,)))
    return result


def backoff(misses: int) -> float:
    """Seconds until capacity is asked for again: 1, 2, 4, 8, then 15 minutes."""
    return min(60.0 * 2.0 ** (misses - 1), 900.0)


def day_of(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


def split_by_day(begin: float, end: float) -> dict[str, float]:
    """Seconds of each UTC day between the two."""
    shares: dict[str, float] = {}
    while begin < end:
        midnight = (begin // DAY + 1.0) * DAY
        until = min(midnight, end)
        shares[day_of(begin)] = until - begin
        begin = until
    return shares
