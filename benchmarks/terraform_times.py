"""Measure inputs, plan time and apply time of the examples of each module, on an emulator of AWS.

They are compared with a root module that only reads the account ID, which shows the minimum for Terraform and its
provider. The emulator responds immediately and creates nothing, so the figures show the graph and the waits of the
provider.

Usage: ``make benchmarks ONLY=terraform_times ARGS="[module ...]"``; about ten minutes for all.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from support.infra import MODULES, Emulator, Terraform, examples, modules, point_at, stage
from write_infra_docs import blocks

NOTHING = """
provider "aws" {
  region = "us-east-1"
}

data "aws_caller_identity" "this" {}

output "account" {
  value = data.aws_caller_identity.this.account_id
}
"""


def seconds(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measured(root: Path) -> tuple[float, float]:
    """Return the seconds of a plan and of an apply of this root module, and destroy it."""
    terraform = Terraform(root)
    terraform.init()
    times = seconds(terraform.plan), seconds(terraform.apply)
    terraform.destroy()
    return times


def main() -> int:
    """Print a row for each example."""
    wanted = sys.argv[1:] or modules()
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        emulator = Emulator.start(Path(scratch) / "emulator.txt")
        try:
            empty = Path(scratch) / "empty"
            empty.mkdir()
            (empty / "main.tf").write_text(NOTHING, encoding="utf-8")
            point_at(emulator, empty)
            plan, apply = measured(empty)
            print("| module | example | inputs | plan, s | ratio | apply, s | ratio |")
            print("|---|---|---:|---:|---:|---:|---:|")
            print(f"| none | one data source | 0 | {plan:.1f} | 1.0 | {apply:.1f} | 1.0 |")
            for module in wanted:
                inputs = len(blocks(MODULES / module, "variable"))
                for example in examples(module):
                    emulator.reset()
                    root = stage(Path(scratch) / f"{module}-{example}", module, example, emulator)
                    own = measured(root)
                    shown = f"{own[0]:.1f} | {own[0] / plan:.1f} | {own[1]:.1f} | {own[1] / apply:.1f}"
                    print(f"| {module} | {example} | {inputs} | {shown} |", flush=True)
        finally:
            emulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
