"""The chart of the latency of single predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlops.gates.statistics import Interval
from mlops.report.charts.axes import Scale, log_ticks, nice_ticks, tick_label
from mlops.report.charts.model_scores import Floats
from mlops.report.charts.svg import Figure, box, dot, line, num, text_element
from mlops.report.number_format import number


@dataclass(frozen=True, slots=True)
class Percentile:
    """One percentile of the latency, with its limit and gate result if a gate checks it."""

    name: str
    interval: Interval
    limit: float | None
    result: str  # PASS, HOLD or FAIL; empty if no gate checks the percentile


def latency_chart(measured: Floats, percentiles: Sequence[Percentile], conditions: str) -> Figure:
    """Return a histogram of the requests and, below it, the percentiles with bounds and limits, on a log axis."""
    positive = measured[measured > 0]
    least = float(positive.min()) if len(positive) else 0.001
    limits = [p.limit for p in percentiles if p.limit]
    low, high = least / 1.15, max([float(measured.max()), *limits, least * 1.5]) * 1.02
    width, left, right = 420, 56, 74  # space for the text beside the last limit
    x = Scale(low, high, left, width - right, logarithmic=True)
    base, top, lane = 168, 12, 30
    edges = np.geomspace(least, max(float(measured.max()), least * 1.0001) * 1.0001, 41)
    counts, _ = np.histogram(np.maximum(measured, least), bins=edges)
    y = Scale(0, float(counts.max()), base, top)
    bottom = base + lane * len(percentiles) + 10
    parts = []
    for value in log_ticks(low, high):
        parts.append(line(x(value), top, x(value), bottom, "grid"))
        parts.append(text_element(x(value), bottom + 16, tick_label(value), "tick", "middle"))
    for value in nice_ticks(0, float(counts.max()), 4):
        parts.append(text_element(left - 7, y(value) + 4, tick_label(value), "tick", "end"))
    for start, stop, count in zip(edges[:-1], edges[1:], counts, strict=True):
        if count:
            a, b = x(float(start)), x(float(stop))
            parts.append(box(a, y(float(count)), max(b - a - 0.5, 0.8), base - y(float(count)), "bar"))
    parts.append(line(left, base, width - right, base, "axis"))
    parts.append(
        f'<text class="label" transform="translate(13 {num((base + top) / 2)}) rotate(-90)" text-anchor="middle">'
        "requests</text>"
    )
    for position, percentile in enumerate(percentiles):
        interval, middle = percentile.interval, base + lane * position + 20
        mark = percentile.result or "candidate-mark"
        whisker = f"{percentile.result} thin" if percentile.result else "whisker"
        parts.append(text_element(left - 7, middle + 4, percentile.name, "strong", "end"))
        for bound in (interval.lower, interval.upper):
            if bound is not None:
                parts.append(line(x(interval.estimate), middle, x(bound), middle, whisker))
                parts.append(line(x(bound), middle - 5, x(bound), middle + 5, whisker))
        parts.append(dot(x(interval.estimate), middle, mark, 4.5))
        if percentile.limit:
            limit = x(percentile.limit)
            parts.append(line(limit, middle - 11, limit, middle + 11, "threshold"))
            parts.append(text_element(limit + 6, middle + 4, f"≤ {percentile.limit:g} ms", "small soft"))
    parts.append(text_element((left + width - right) / 2, bottom + 34, "milliseconds", "label", "middle"))
    values = ", ".join(f"{p.name} {number(p.interval.estimate)} ms" for p in percentiles)
    return Figure(
        "latency",
        "Latency of one prediction",
        f"{len(measured):,} requests: {values}.",
        "Bars: number of requests. Below: each percentile with its bounds; the vertical line is its limit. The axis is "
        f"logarithmic. {conditions}",
        width,
        bottom + 42,
        "".join(parts),
    )
