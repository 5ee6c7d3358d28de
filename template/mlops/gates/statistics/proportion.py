"""Exact bounds of shares of rows: accuracy, rates, precision, recall, specificity, F1."""

from .distributions import beta_quantile
from .interval import Interval, counts, error_probability

CLOPPER_PEARSON = "Clopper-Pearson"
CONDITIONAL = "Clopper-Pearson, conditional"


def _bounds(successes: int, n: int, alpha: float) -> tuple[float, float]:
    lower = 0.0 if successes == 0 else beta_quantile(alpha, successes, n - successes + 1)
    upper = 1.0 if successes == n else beta_quantile(1 - alpha, successes + 1, n - successes)
    return lower, upper


def clopper_pearson(successes: int, n: int, confidence: float) -> Interval:
    """Return a share of rows, with bounds that cover at every n and every true share.

    ``lower = Beta(1 - confidence; x, n - x + 1)``, ``upper = Beta(confidence; x + 1, n - x)``, quantiles of the beta
    distribution; 0 if x = 0 and 1 if x = n.
    Source: Clopper and Pearson (1934), Biometrika 26(4), 404-413.

    Raises:
        ValueError: There are no rows, or more successes than rows.
    """
    alpha = error_probability(confidence)
    counts(successes=successes, n=n)
    if n == 0:
        raise ValueError("a share of no rows: n is 0")
    if successes > n:
        raise ValueError(f"{successes} successes among {n} rows")
    lower, upper = _bounds(int(successes), int(n), alpha)
    return Interval(successes / n, lower, upper, int(n), confidence, CLOPPER_PEARSON)


def _conditional(successes: int, n: int, confidence: float, none: str) -> Interval:
    """Return ``clopper_pearson`` of a share with a counted denominator; 0 without bounds if the denominator is 0."""
    alpha = error_probability(confidence)
    counts(successes=successes, n=n)
    if n == 0:
        return Interval(0.0, None, None, 0, confidence, CONDITIONAL, unknown=none)
    lower, upper = _bounds(int(successes), int(n), alpha)
    return Interval(successes / n, lower, upper, int(n), confidence, CONDITIONAL)


def precision(true_positives: int, false_positives: int, confidence: float) -> Interval:
    """Return the share of the rows predicted positive that are positive: given their number, a binomial.

    Source: Clopper and Pearson (1934), conditional on ``m = TP + FP``.
    """
    return _conditional(
        true_positives, true_positives + false_positives, confidence, "no row is predicted to be positive"
    )


def recall(true_positives: int, false_negatives: int, confidence: float) -> Interval:
    """Return the share of the positive rows that are predicted positive: given their number, a binomial.

    Source: Clopper and Pearson (1934), conditional on ``m = TP + FN``.
    """
    return _conditional(true_positives, true_positives + false_negatives, confidence, "no row is positive")


def specificity(true_negatives: int, false_positives: int, confidence: float) -> Interval:
    """Return the share of the negative rows that are predicted negative: given their number, a binomial.

    Source: Clopper and Pearson (1934), conditional on ``m = TN + FP``.
    """
    return _conditional(true_negatives, true_negatives + false_positives, confidence, "no row is negative")


def f1(true_positives: int, false_positives: int, false_negatives: int, confidence: float) -> Interval:
    """Return ``F1 = 2 TP / (2 TP + FP + FN)``: given ``m = TP + FP + FN``, TP is binomial with ``J = F1 / (2 - F1)``.

    The Clopper-Pearson bound on J becomes one on F1 by ``F1 = 2 J / (1 + J)``, which increases with J.
    Source: Clopper and Pearson (1934), conditional on m; J is the index of Jaccard (1912).
    """
    inner = _conditional(
        true_positives,
        true_positives + false_positives + false_negatives,
        confidence,
        "no row is positive or predicted to be positive",
    )
    if inner.lower is None or inner.upper is None:
        return inner
    share = inner.estimate, inner.lower, inner.upper
    estimate, lower, upper = (2 * value / (1 + value) for value in share)
    exact = 2 * true_positives / (2 * true_positives + false_positives + false_negatives)
    return Interval(exact, min(lower, exact), max(upper, exact), inner.n, confidence, CONDITIONAL)
