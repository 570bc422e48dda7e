"""Is it any good here? Accuracy with its interval, comparisons of runs, label-shift stress, context stability."""

from napari_ben.evaluation._comparison import (
    Run,
    changed_wells,
    class_counts,
    compare_runs,
    judge,
    over_plates,
    to_markdown,
)
from napari_ben.evaluation._labels import find_label_column, labelled_wells
from napari_ben.evaluation._metrics import (
    Estimate,
    accuracy,
    bootstrap_mean,
    mid_ranks,
    roc_auc,
    spearman,
    wilson_interval,
)
from napari_ben.evaluation._shift import label_shift
from napari_ben.evaluation._stability import resample_wells, stability

__all__ = [
    "Estimate",
    "Run",
    "accuracy",
    "bootstrap_mean",
    "changed_wells",
    "class_counts",
    "compare_runs",
    "find_label_column",
    "judge",
    "label_shift",
    "labelled_wells",
    "mid_ranks",
    "over_plates",
    "resample_wells",
    "roc_auc",
    "spearman",
    "stability",
    "to_markdown",
    "wilson_interval",
]
