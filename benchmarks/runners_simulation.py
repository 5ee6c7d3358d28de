"""A day of 2,000 GPU jobs in virtual time: this module's runners against two policies of today.

Usage: ``make benchmarks ONLY=runners_simulation ARGS=[jobs]``; exit 1 when a job of ours has neither runner nor
refusal, an instance outlives its limit, or one is left.
"""

import sys
from collections import Counter

from support.runners_simulation import COUNTED, SETTINGS, compare


def main() -> int:
    """Print the table; 1 when ours broke a promise."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    results = compare(count)
    print(f"{count} jobs in 24 hours of virtual time, with faults; waits in minutes, GPU-hours against what jobs ran")
    print(f"{'policy':<34} {'ran':>5} {'refused':>7} {'stranded':>8} {'wait p50':>8} {'wait p99':>8} "
          f"{'GPU-hours':>9} {'ratio':>7} {'left':>5}")  # fmt: skip
    for result in results:
        print(result.line())
    ours = results[0]
    limit = SETTINGS.limits.lifetime_minutes + 1
    print(f"espalier: longest life {ours.longest:.0f} minutes (limit {limit:.0f}), peak {ours.peak} instances")
    counts = Counter(metric for metric, _, _ in ours.reports)
    for metric in COUNTED:
        print(f"  {metric:<18} {counts[metric]}")
    return int(ours.stranded != 0 or ours.longest > limit or ours.left != 0)


if __name__ == "__main__":
    sys.exit(main())
