"""Is it any good here? Accuracy with its interval, comparisons of runs, label-shift stress, context stability."""

from napari_ben.evaluation._batch_effects import (
    control_distance,
    plate_predictability,
    replicate_precision,
    replicate_refusal,
)
from napari_ben.evaluation._comparison import (
    Run,
    changed_wells,
    class_counts,
    compare_runs,
    judge,
    over_plates,
    to_markdown,
)
from napari_ben.evaluation._drift import (
    chance_drift,
    drift_between,
    drift_from,
    overall_drift,
    region_drift,
    well_influence,
)
from napari_ben.evaluation._examples import next_examples
from napari_ben.evaluation._heads import HEADS, HeadKind, LinearHead, fit_head
from napari_ben.evaluation._intervals import bootstrap_accuracy, interval_unit
from napari_ben.evaluation._judged import batch_effects, class_accuracy, judge_runs, summarise
from napari_ben.evaluation._labels import find_label_column, labelled_wells
from napari_ben.evaluation._matching import Matches, match_runs, match_treatments, treatment_profiles
from napari_ben.evaluation._metrics import (
    Estimate,
    accuracy,
    bootstrap_mean,
    mid_ranks,
    roc_auc,
    spearman,
    wilson_interval,
)
from napari_ben.evaluation._quality import (
    MEASURES,
    QualityLimits,
    flag_fields,
    full_scale,
    measure_plane,
    quality_of_wells,
)
from napari_ben.evaluation._separation import Separation, control_separation, distance_auc, pair_auc
from napari_ben.evaluation._shift import label_shift
from napari_ben.evaluation._stability import resample_wells, stability
from napari_ben.evaluation._subsets import deal_wells, jackknife_error, stratified_subset
from napari_ben.plates import edge_wells

__all__ = [
    "HEADS",
    "MEASURES",
    "Estimate",
    "HeadKind",
    "LinearHead",
    "Matches",
    "QualityLimits",
    "Run",
    "Separation",
    "accuracy",
    "batch_effects",
    "bootstrap_accuracy",
    "bootstrap_mean",
    "chance_drift",
    "changed_wells",
    "class_accuracy",
    "class_counts",
    "compare_runs",
    "control_distance",
    "control_separation",
    "deal_wells",
    "distance_auc",
    "drift_between",
    "drift_from",
    "edge_wells",
    "find_label_column",
    "fit_head",
    "flag_fields",
    "full_scale",
    "interval_unit",
    "jackknife_error",
    "judge",
    "judge_runs",
    "label_shift",
    "labelled_wells",
    "match_runs",
    "match_treatments",
    "measure_plane",
    "mid_ranks",
    "next_examples",
    "over_plates",
    "overall_drift",
    "pair_auc",
    "plate_predictability",
    "quality_of_wells",
    "region_drift",
    "replicate_precision",
    "replicate_refusal",
    "resample_wells",
    "roc_auc",
    "spearman",
    "stability",
    "stratified_subset",
    "summarise",
    "to_markdown",
    "treatment_profiles",
    "well_influence",
    "wilson_interval",
]
