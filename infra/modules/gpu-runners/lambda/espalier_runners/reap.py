"""The hard limit: nothing of this pool lives longer, whatever GitHub, the ledger or the machine itself say."""

from espalier_runners.ports import Cloud, Report


def reap(cloud: Cloud, now: float, lifetime_minutes: float, report: Report) -> list[str]:
    """End instances beyond the limit, counted from what EC2 says of their launch."""
    over = [found for found in cloud.instances() if now >= found.launched + 60.0 * lifetime_minutes]
    for instance in over:
        minutes = (now - instance.launched) / 60.0
        report("LifetimeExceeded", runner_class=instance.runner_class, instance=instance.id, minutes=round(minutes))
    if over:
        cloud.terminate([instance.id for instance in over])
    return [instance.id for instance in over]
