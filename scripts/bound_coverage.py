"""Measure how often the gates' bounds hold, and write the table into ``docs/reference/statistics.md``.

Takes some minutes on all cores. It is seeded: the same code writes the same table. The exit code is 1 if a bound holds
less often than the gates promise; the table is written in that case, too.

Usage: ``make bound-coverage``.
"""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from support.bound_simulation import ALLOWED, CASES, GIVEN, Cell, run
from support.coverage_table import PAGE, replaced, text_of


def timed(index: int) -> tuple[list[Cell], float]:
    """Return the cells of one case and the seconds that they took."""
    begin = time.perf_counter()
    return run(CASES[index]), time.perf_counter() - begin


def main() -> int:
    """Run every case, write the table, and return 1 if a bound holds less often than promised."""
    with ProcessPoolExecutor(int(os.environ.get("JOBS", os.cpu_count() or 1))) as pool:
        results = []
        for case, (cells, seconds) in zip(CASES, pool.map(timed, range(len(CASES))), strict=True):
            judged = [cell for cell in cells if cell.given >= GIVEN * cell.draws]
            worst = min(cell.coverage for cell in judged)
            error = max(cell.error for cell in cells)
            draws = sum(cell.draws for cell in cells)
            print(f"{case.name}: worst coverage {worst:.1%}, worst error {error:.1%}, {draws} counts, {seconds:.0f} s")
            results.append(cells)
    cells = [cell for found in results for cell in found]
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), text_of(cells)), encoding="utf-8")
    low = [cell for cell in cells if cell.given >= GIVEN * cell.draws and cell.coverage < ALLOWED]
    low += [cell for cell in cells if cell.error > 1 - ALLOWED]
    for cell in low:
        print(f"below {ALLOWED:.0%}: {cell}", file=sys.stderr)
    return int(bool(low))


if __name__ == "__main__":
    sys.exit(main())
