"""Simulate a day of 2,000 GPU jobs in virtual time, with the runners of this module and with two other policies.

Usage: ``make benchmarks ONLY=runners_simulation ARGS=[jobs]``; exit 1 if a job of this module has no runner and was not
refused, an instance exceeds its lifetime, or an instance is left.
"""

import sys
from collections import Counter

from support.runners_simulation import COUNTED, SETTINGS, compare


def main() -> int:
    """Print the table; return 1 if this module broke a guarantee."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    results = compare(count)
    print(f"{count} jobs in 24 hours of virtual time, with faults; waits in minutes, GPU-hours as ratio to the jobs")
    print(f"{'policy':<34} {'ran':>5} {'refused':>7} {'stranded':>8} {'wait p50':>8} {'wait p99':>8} "
          f"{'GPU-hours':>9} {'ratio':>7} {'left':>5}")  # fmt: skip
    for result in results:
        print(result.line())
    ours = results[0]
    limit = SETTINGS.limits.lifetime_minutes + 1
    print(f"espalier: longest lifetime {ours.longest:.0f} minutes (limit {limit:.0f}), peak {ours.peak} instances")
    counts = Counter(metric for metric, _, _ in ours.reports)
    for metric in COUNTED:
        print(f"  {metric:<18} {counts[metric]}")
    return int(ours.stranded != 0 or ours.longest > limit or ours.left != 0)


if __name__ == "__main__":
    sys.exit(main())
