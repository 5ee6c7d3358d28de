"""The hard limit of the lifetime of an instance, independent of GitHub, of the ledger and of the machine."""

from espalier_runners.ports import Cloud, Report


def reap(cloud: Cloud, now: float, lifetime_minutes: float, report: Report) -> list[str]:
    """Terminate instances that EC2 launched longer ago than the limit, and return their IDs."""
    over = [found for found in cloud.instances() if now >= found.launched + 60.0 * lifetime_minutes]
    for instance in over:
        minutes = (now - instance.launched) / 60.0
        report("LifetimeExceeded", runner_class=instance.runner_class, instance=instance.id, minutes=round(minutes))
    if over:
        cloud.terminate([instance.id for instance in over])
    return [instance.id for instance in over]
