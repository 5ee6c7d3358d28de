"""Measure the Lambda functions of the runners: a scale-up decision, the import in a new process, and the package size.

A decision is the complete handling of one message, in this process, with an emulator of AWS and a fake GitHub over
HTTP; it is compared with one call of ``create_fleet`` on the same emulator. The cold import runs in a new process with
only the package; it is compared with an import of boto3.

Usage: ``make benchmarks ONLY=runners_decision``; exit 1 if a limit is exceeded: 200 ms, 1.5 s, 5 MB.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from espalier_runners.scale_up import Outcome, scale_up
from support.runners import GPU, LAMBDA, setup

ROUNDS = 5
LIMITS = {"decision": 0.2, "import": 1.5, "package": 5e6}
PACKAGE = LAMBDA / "espalier_runners.zip"


def seconds(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def decisions() -> list[tuple[float, float]]:
    """Return the seconds of each decision and of the same call to EC2 Fleet; each round uses a new account."""
    found = []
    for _ in range(ROUNDS):
        with setup() as account:
            for _ in range(4):
                request = account.request(account.github.queue(GPU))
                outcomes: list[Outcome] = []
                decision = seconds(
                    lambda request=request, found=outcomes: found.append(scale_up(account.world, request))
                )
                if outcomes != [Outcome.LAUNCHED]:
                    raise SystemExit(f"no instance was launched: {outcomes}")
                asked = {**account.ec2.calls[-1], "ClientToken": f"bare-{request.id}"}
                found.append((decision, seconds(lambda asked=asked: account.ec2.create_fleet(**asked))))
    return found


def cold(statement: str) -> float:
    """Return the seconds of a new process that runs the statement."""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    command = [sys.executable, "-c", statement]
    return seconds(lambda: subprocess.run(command, env=environment, check=True))


def main() -> int:
    """Print the three figures with their limits and comparisons."""
    decision, bare = (statistics.median(times) for times in zip(*decisions(), strict=True))
    print(f"scale-up decision      {1000 * decision:5.0f} ms a message (median of {4 * ROUNDS}; limit 200)")
    print(f"create_fleet only      {1000 * bare:5.0f} ms, ratio {decision / bare:.1f}")
    cold("import boto3")  # the first import writes bytecode
    runs = [(cold("import boto3"), cold("import espalier_runners.handlers")) for _ in range(ROUNDS)]
    boto3, handlers = (statistics.median(times) for times in zip(*runs, strict=True))
    print(f"cold import            {handlers:5.2f} s (median of {ROUNDS}; limit 1.5)")
    print(f"import boto3 only      {boto3:5.2f} s, ratio {handlers / boto3:.2f}")
    size = PACKAGE.stat().st_size
    print(f"package without boto3  {size / 1000:5.1f} kB (limit 5,000)")
    return int(decision > LIMITS["decision"] or handlers > LIMITS["import"] or size > LIMITS["package"])


if __name__ == "__main__":
    sys.exit(main())
