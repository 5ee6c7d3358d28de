"""What the runners' functions cost: one scale-up decision, the import in a cold process, and the package.

A decision is all that the function does with one message, in this process, with an emulator of AWS and a fake GitHub
over HTTP; its peer is one bare call of ``create_fleet`` on the same emulator. The cold import is a new process with the
package alone, its peer one that imports boto3 only.

Usage: ``make benchmarks ONLY=runners_decision``; exit 1 when a limit is missed: 200 ms, 1.5 s, 5 MB.
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
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def decisions() -> list[tuple[float, float]]:
    """Seconds of a decision and of the bare call that it ends in, in turn; each round on an account of its own."""
    found = []
    for _ in range(ROUNDS):
        with setup() as account:
            for _ in range(4):
                request = account.request(account.github.queue(GPU))
                outcomes: list[Outcome] = []
                decision = seconds(lambda request=request, said=outcomes: said.append(scale_up(account.world, request)))
                if outcomes != [Outcome.LAUNCHED]:
                    raise SystemExit(f"no instance was launched: {outcomes}")
                asked = {**account.ec2.calls[-1], "ClientToken": f"bare-{request.id}"}
                found.append((decision, seconds(lambda asked=asked: account.ec2.create_fleet(**asked))))
    return found


def cold(statement: str) -> float:
    """Seconds of a new process that runs the statement."""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    command = [sys.executable, "-c", statement]
    return seconds(lambda: subprocess.run(command, env=environment, check=True))


def main() -> int:
    """Print the three figures beside their limits and peers."""
    decision, bare = (statistics.median(times) for times in zip(*decisions(), strict=True))
    print(f"scale-up decision      {1000 * decision:5.0f} ms a message (median of {4 * ROUNDS}; limit 200)")
    print(f"create_fleet alone     {1000 * bare:5.0f} ms, ratio {decision / bare:.1f}")
    cold("import boto3")  # the first one writes bytecode
    runs = [(cold("import boto3"), cold("import espalier_runners.handlers")) for _ in range(ROUNDS)]
    boto3, handlers = (statistics.median(times) for times in zip(*runs, strict=True))
    print(f"cold import            {handlers:5.2f} s (median of {ROUNDS}, in turn; limit 1.5)")
    print(f"import boto3 alone     {boto3:5.2f} s, ratio {handlers / boto3:.2f}")
    size = PACKAGE.stat().st_size
    print(f"package without boto3  {size / 1000:5.1f} kB (limit 5,000)")
    return int(decision > LIMITS["decision"] or handlers > LIMITS["import"] or size > LIMITS["package"])


if __name__ == "__main__":
    sys.exit(main())
