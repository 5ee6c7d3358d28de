"""Formula and source of each method, for ``gate --explain``."""

from . import calibration, difference, mean, percentile, proportion, ranking, regression, table

GAFFKE = "Gaffke (2005), Mathematical Methods of Statistics 14(4), 451-467"
JOHNSON = "Johnson (1978), J. Am. Stat. Assoc. 73(363), 536-544"
UNSEEN = "one unseen row: the quantile under uniform weights on the rows and one more, as far out as a row can be"
_T = "estimate -+ t s, moved outward by s g (1 + 2 z^2) / 6, g the skewness; if few rows cause s, the wider of it and "

SOURCES: dict[str, tuple[str, str]] = {
    proportion.CLOPPER_PEARSON: (
        "lower = Beta(1-c; x, n-x+1), upper = Beta(c; x+1, n-x): quantiles of the beta distribution",
        "Clopper and Pearson (1934), Biometrika 26(4), 404-413",
    ),
    proportion.CONDITIONAL: (
        "Clopper-Pearson given the denominator m: precision m = TP+FP, recall m = TP+FN, specificity m = TN+FP; "
        "F1 = 2J/(1+J) with J = TP/m, m = TP+FP+FN",
        "Clopper and Pearson (1934), Biometrika 26(4), 404-413",
    ),
    difference.NEWCOMBE: (
        "the wider of d - sqrt((p1-l1)^2 + (u2-p2)^2), d + sqrt((u1-p1)^2 + (p2-l2)^2) with Wilson limits l, u, and "
        + UNSEEN,
        f"Newcombe (1998), Statistics in Medicine 17(8), 873-890, method 10; {GAFFKE}",
    ),
    difference.TANGO: (
        "(b - c - n D) / sqrt(n (2 q(D) + D (1-D))) = +-z, solved for D, q(D) the maximum-likelihood share given D; "
        "beyond 0 the more cautious of it and " + UNSEEN,
        f"Tango (1998), Statistics in Medicine 17(8), 891-908; {GAFFKE}",
    ),
    ranking.NEWCOMBE_AUC: (
        "the wider of (A - a)^2 = z^2 k a (1-a) (1 + N (1-a)/(2-a) + N a/(1+a)) / (m n), N = (m+n)/2 - 1, solved for "
        "a, with k = max(1, DeLong's variance over Newcombe's), and " + UNSEEN,
        f"Newcombe (2006), Statistics in Medicine 25(4), 559-573, method 5; {GAFFKE}",
    ),
    ranking.DELONG: (
        _T + UNSEEN + "; s^2 = S10/m + S01/n of the differences of the structural components",
        "DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), 837-845; Sun and Xu (2014), IEEE Signal "
        f"Processing Letters 21(11), 1389-1393; {JOHNSON}; {GAFFKE}",
    ),
    ranking.PRECISION: (
        "(AP - p)^2 = z^2 k p (1-p), solved for p; k = max(1/positives, influence variance / (AP (1-AP)))",
        "Boyd, Eng and Page (2013), ECML PKDD, 451-466",
    ),
    ranking.PAIRED_PRECISION: (
        _T + UNSEEN + "; s^2 = var(influence of a - influence of b) / n",
        f"Hampel (1974), J. Am. Stat. Assoc. 69(346), 383-393; {JOHNSON}; {GAFFKE}",
    ),
    table.RESAMPLED: (
        "quantile over Dirichlet draws of the table's cells, one unseen row of each class being on the wrong side",
        f"Rubin (1981), Annals of Statistics 9(1), 130-134; {GAFFKE}",
    ),
    mean.T: (_T + UNSEEN + "; s = sd / sqrt(n)", f"Student (1908), Biometrika 6(1), 1-25; {JOHNSON}; {GAFFKE}"),
    mean.PAIRED_T: (
        _T + UNSEEN + "; s = sd of the row-wise differences / sqrt(n)",
        f"Student (1908), Biometrika 6(1), 1-25; {JOHNSON}; {GAFFKE}",
    ),
    difference.WELCH: (
        _T + UNSEEN + "; s^2 = s1^2/n1 + s2^2/n2, Welch's degrees of freedom",
        f"Welch (1947), Biometrika 34(1-2), 28-35; {JOHNSON}; {GAFFKE}",
    ),
    regression.DELTA: (
        _T + UNSEEN + "; s^2 = var(influence) / n; RMSE: the root of the bounds of the mean square",
        f"van der Vaart (1998), Asymptotic Statistics, chapter 3; {JOHNSON}; {GAFFKE}",
    ),
    calibration.CALIBRATION: (
        "mean over rows of sign(gap of its bin) (y - score); " + _T + UNSEEN + "; s = sd / sqrt(n)",
        f"Naeini, Cooper and Hauskrecht (2015), AAAI, 2901-2907; {JOHNSON}; {GAFFKE}",
    ),
    percentile.ORDER: (
        "the r-th smallest value: upper r the least with P(Bin(n, p) <= r-1) >= c, lower the largest with "
        "P(Bin(n, p) >= r) >= c",
        "David and Nagaraja (2003), Order Statistics, section 7.1",
    ),
}
