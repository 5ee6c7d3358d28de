"""Pure functions: the orders for EC2 Fleet, waiting times, and used time by day."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from espalier_runners.ports import Job, Order
from espalier_runners.settings import RunnerClass

LEASE = (
    120.0  # seconds for which a launch belongs to the worker that started it; longer than the timeout of the function
)
SETTLE = 300.0  # seconds after which a listing of EC2 contains every launched instance
COOLING = 600.0  # seconds for which a pool without capacity is tried last
DAY = 86400.0


def runner_name(pool: str, instance: str) -> str:
    """Return the name of the runner of an instance."""
    return f"{pool}-{instance}"


def instance_of(pool: str, runner: str) -> str | None:
    """Return the instance of a runner, or None if the runner is not of this pool."""
    instance = runner.removeprefix(f"{pool}-")
    return instance if instance != runner and instance.startswith("i-") else None


def orders(
    runner_class: RunnerClass, subnets: tuple[str, ...], job: Job, cooling: Mapping[tuple[str, str], float], now: float
) -> list[Order]:
    """Return the orders for EC2 Fleet; the caller tries them in this order until one starts an instance.

    The first order is for spot, over all instance types and zones at once, since EC2 chooses by price and capacity. The
    next ones are for on-demand, one zone each, types in the order of the class. Jobs start with different zones, and
    zones in which a type recently had no capacity come last.
    """
    types = tuple(runner_class.gpus)
    seed = hashlib.sha256(job.id.encode()).digest()[0] + job.generation + job.misses
    first = seed % len(subnets)
    rotated = subnets[first:] + subnets[:first]

    def short(subnet: str) -> int:
        return sum(cooling.get((kind, subnet), 0.0) > now for kind in types)

    zones = tuple(sorted(rotated, key=short))  # sorted is stable: it keeps the rotation among equals
    result = [Order(True, types, zones)] if runner_class.spot else []
    for zone in zones:
        warm = tuple(kind for kind in types if cooling.get((kind, zone), 0.0) <= now)
        cold = tuple(kind for kind in types if kind not in warm)
        result.append(Order(False, warm + cold, (zone,)))
    return result


def backoff(misses: int) -> float:
    """Return the seconds until the next launch after this many misses in a row: 1, 2, 4, 8, then 15 minutes."""
    return min(60.0 * 2.0 ** (misses - 1), 900.0)


def day_of(time: float) -> str:
    """Return the UTC day of a time, as in 2026-11-28."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


def split_by_day(begin: float, end: float) -> dict[str, float]:
    """Return the seconds of each UTC day between two times."""
    shares: dict[str, float] = {}
    while begin < end:
        midnight = (begin // DAY + 1.0) * DAY
        until = min(midnight, end)
        shares[day_of(begin)] = until - begin
        begin = until
    return shares
