"""Each method: its formula and where it comes from, as ``gate --explain`` prints them."""

from . import calibration, difference, mean, percentile, proportion, ranking, regression, table

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
        "lower = d - sqrt((p1-l1)^2 + (u2-p2)^2), upper = d + sqrt((u1-p1)^2 + (p2-l2)^2), Wilson limits l, u",
        "Newcombe (1998), Statistics in Medicine 17(8), 873-890, method 10",
    ),
    difference.TANGO: (
        "(b - c - n D) / sqrt(n (2 q(D) + D (1-D))) = +-z, solved for D; q(D) the maximum-likelihood share given D",
        "Tango (1998), Statistics in Medicine 17(8), 891-908",
    ),
    ranking.NEWCOMBE_AUC: (
        "(A - a)^2 = z^2 a (1-a) (1 + N (1-a)/(2-a) + N a/(1+a)) / (m n), N = (m+n)/2 - 1, solved for a",
        "Newcombe (2006), Statistics in Medicine 25(4), 559-573, method 5",
    ),
    ranking.DELONG: (
        "d -+ t sqrt(S10/m + S01/n) with the variances of the differences of the structural components",
        "DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), 837-845; Sun and Xu (2014), IEEE SPL 21(11)",
    ),
    ranking.PRECISION: (
        "(AP - p)^2 = z^2 k p (1-p), solved for p; k = max(1/positives, influence variance / (AP (1-AP)))",
        "Boyd, Eng and Page (2013), ECML PKDD, 451-466",
    ),
    ranking.PAIRED_PRECISION: (
        "d -+ t sqrt(var(influence of a - influence of b) / n)",
        "Hampel (1974), J. Am. Stat. Assoc. 69(346), 383-393",
    ),
    table.RESAMPLED: (
        "quantile over Dirichlet draws of the cells, with one more row on the bound's wrong side of each class",
        "Rubin (1981), Annals of Statistics 9(1), 130-134; Gaffke (2005)",
    ),
    mean.T: (
        "mean -+ t s/sqrt(n), moved outwards by s/sqrt(n) g (1 + 2 z^2) / 6, g the skewness of the mean",
        "Student (1908), Biometrika 6(1), 1-25; Johnson (1978), J. Am. Stat. Assoc. 73(363), 536-544",
    ),
    mean.PAIRED_T: (
        "the same of the row-wise differences",
        "Student (1908), Biometrika 6(1), 1-25; Johnson (1978), J. Am. Stat. Assoc. 73(363), 536-544",
    ),
    difference.WELCH: (
        "d -+ t sqrt(s1^2/n1 + s2^2/n2), Welch's degrees of freedom, moved outwards for skewness",
        "Welch (1947), Biometrika 34(1-2), 28-35",
    ),
    regression.DELTA: (
        "estimate -+ t sqrt(var(influence) / n), moved outwards for skewness; RMSE: the root of the bounds of the mean",
        "van der Vaart (1998), Asymptotic Statistics, chapter 3",
    ),
    calibration.CALIBRATION: (
        "mean of sign(gap of its bin) (y - score) over rows -+ t s/sqrt(n)",
        "Naeini, Cooper and Hauskrecht (2015), AAAI, 2901-2907",
    ),
    percentile.ORDER: (
        "the r-th smallest value: upper r the least with P(Bin(n, p) <= r-1) >= c, lower the largest with "
        "P(Bin(n, p) >= r) >= c",
        "David and Nagaraja (2003), Order Statistics, section 7.1",
    ),
}
