"""Metrics for two labels, with the names that model_gates.yaml uses. Values agree with scikit-learn's."""

from ..statistics import calibration, mean, proportion, ranking
from . import sample_planning
from .metric import Metric, averaged, classes, count_of_right, of_losses, of_outcomes, outcomes, paired_table, rows

METRICS: dict[str, Metric] = {
    "accuracy": count_of_right("right / rows", defined_for_one_label=True),
    "balanced_accuracy": Metric(
        "(TP / (TP + FN) + TN / (TN + FP)) / 2",
        averaged("balanced_accuracy"),
        paired_table("balanced_accuracy"),
        outcomes,
        rows_needed=sample_planning.balanced_rows,
    ),
    "precision": of_outcomes(
        "TP / (TP + FP)",
        "precision",
        lambda tp, fp, fn, tn, c: proportion.precision(tp, fp, c),
        sample_planning.precision_rows,
    ),
    "recall": of_outcomes(
        "TP / (TP + FN)", "recall", lambda tp, fp, fn, tn, c: proportion.recall(tp, fn, c), sample_planning.recall_rows
    ),
    "specificity": of_outcomes(
        "TN / (TN + FP)",
        "specificity",
        lambda tp, fp, fn, tn, c: proportion.specificity(tn, fp, c),
        sample_planning.specificity_rows,
    ),
    "f1_score": of_outcomes(
        "2 TP / (2 TP + FP + FN)",
        "f1_score",
        lambda tp, fp, fn, tn, c: proportion.f1(tp, fp, fn, c),
        sample_planning.f1_rows,
    ),
    "auc_roc": Metric(
        "share of the pairs of a positive and a negative row in which the positive one scores higher; ties half",
        lambda a, resampling: ranking.auc(a.score, a.truth, resampling.confidence),
        lambda a, b, resampling: ranking.auc_difference(a.score, b.score, a.truth, resampling.confidence),
        classes,
        rows_needed=sample_planning.auc_rows,
        least_rows=sample_planning.ranked_rows,
    ),
    "average_precision": Metric(
        "sum over the thresholds of (recall there - recall before) * precision there",
        lambda a, resampling: ranking.average_precision(a.score, a.truth, resampling.confidence, resampling.seed),
        lambda a, b, resampling: ranking.average_precision_difference(
            a.score, b.score, a.truth, resampling.confidence, resampling.seed
        ),
        classes,
        least_rows=sample_planning.ranked_rows,
    ),
    "log_loss": of_losses(
        "mean of -log(probability given to the true label)", lambda a: mean.log_losses(a.truth, a.score), None
    ),
    "brier_score": of_losses("mean of (score - truth)^2", lambda a: mean.brier_losses(a.truth, a.score), 1.0),
    "expected_calibration_error": Metric(
        "sum over ten bins of the score of (rows in it / rows) * |share of positives - mean score|",
        lambda a, resampling: calibration.expected_calibration_error(a.score, a.truth, resampling.confidence),
        lambda a, b, resampling: calibration.ece_difference(a.score, b.score, a.truth, resampling.confidence),
        rows,
        higher_is_better=False,
    ),
}
