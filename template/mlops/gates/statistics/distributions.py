"""Distribution functions and quantiles: normal, beta, t, binomial; standard library only."""

import math
from collections.abc import Callable
from functools import cache
from statistics import NormalDist

_STANDARD = NormalDist()
_STEPS = 200  # halvings of an interval: more than a float has bits, so that a bisection reaches full precision


def normal_quantile(probability: float) -> float:
    """Return the value that a standard normal variable stays below with ``probability``."""
    return _STANDARD.inv_cdf(probability)


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where ``function`` changes sign between ``low`` and ``high``, by bisection to the last bit.

    The end returned is the one on ``low``'s side of the sign change.
    """
    positive = function(low) > 0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if (function(middle) > 0) == positive:
            low = middle
        else:
            high = middle
    return low


def _stirling_error(n: float) -> float:
    """Return ``log(n!) - log(sqrt(2 pi n) (n/e)^n)`` by the series of Loader (2000), table 2."""
    if n < 16:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi)
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * square)) / square) / square) / square) / n


def _deviance(x: float, mean: float) -> float:
    """Return ``x log(x / mean) + mean - x`` without cancellation of terms near the mean (Loader 2000)."""
    if abs(x - mean) < 0.1 * (x + mean):
        v = (x - mean) / (x + mean)
        total, term, j = (x - mean) * v, 2 * x * v, 1
        while True:
            term *= v * v
            new = total + term / (2 * j + 1)
            if new == total:
                return new
            total, j = new, j + 1
    return x * math.log(x / mean) + mean - x


def _log_front(a: float, b: float, x: float) -> float:
    """Return ``log(x^a (1-x)^b / B(a, b))``, exact to about 1e-15 relative, by Loader's saddle-point form."""
    n = a + b
    return (
        _stirling_error(n)
        - _stirling_error(a)
        - _stirling_error(b)
        - _deviance(a, n * x)
        - _deviance(b, n * (1 - x))
        + 0.5 * math.log(a * b / (2 * math.pi * n))
    )


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function ``I_x(a, b)``.

    Continued fraction of DiDonato and Morris (1992, eq. 22) as in Numerical Recipes 6.4, evaluated by Lentz's method;
    the factor before it by Loader (2000), "Fast and accurate computation of binomial probabilities".
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_cdf_fraction(b, a, 1 - x)
    return beta_cdf_fraction(a, b, x)


def beta_cdf_fraction(a: float, b: float, x: float) -> float:
    """Return ``I_x(a, b)`` for x below the mean; the fraction converges in about sqrt(max(a, b)) steps there."""
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    fraction, m = d, 1
    while True:
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + numerator / c
            c = c if abs(c) > tiny else tiny
            fraction *= d * c
        if abs(d * c - 1) < 1e-15 or m > 100_000:
            return math.exp(_log_front(a, b, x)) * fraction / a
        m += 1


@cache
def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return the value that a Beta(a, b) variable stays below with ``probability``, to about 1e-14 relative.

    Newton steps inside a shrinking bracket; a step outside the bracket is replaced by a halving.
    """
    if not 0 < probability < 1:
        raise ValueError(f"{probability} is not a probability between 0 and 1")
    low, high = 0.0, 1.0
    mean = a / (a + b)
    spread = math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    x = mean + normal_quantile(probability) * spread
    if not 0 < x < 1:
        x = mean
    for _ in range(_STEPS):
        error = beta_cdf(x, a, b) - probability
        if error > 0:
            high = x
        else:
            low = x
        log_density = _log_front(a, b, x) - math.log(x) - math.log1p(-x)
        step = error / math.exp(log_density) if -700 < log_density < 700 else math.inf
        new = x - step
        if not low < new < high:
            new = 0.5 * (low + high) if low > 0 or high < 1e-3 else math.sqrt(max(low, 1e-300) * high)
            new = new if low < new < high else 0.5 * (low + high)
        if abs(new - x) <= 1e-15 * x or new in (low, high):
            return new
        x = new
    return x


@cache
def t_quantile(probability: float, freedom: float) -> float:
    """Return the value that Student's t with ``freedom`` degrees of freedom stays below with ``probability`` (> 0.5).

    ``t^2 / (freedom + t^2)`` is Beta(1/2, freedom/2): Abramowitz and Stegun (1964), 26.7.1.
    """
    y = beta_quantile(2 * probability - 1, 0.5, 0.5 * freedom)
    return math.sqrt(freedom * y / (1 - y))


def binomial_cdf(k: int, n: int, p: float) -> float:
    """Return the probability of at most ``k`` successes among ``n``: ``I_(1-p)(n - k, k + 1)``."""
    if k < 0:
        return 0.0
    if k >= n:
        return 1.0
    return beta_cdf(1 - p, n - k, k + 1)
