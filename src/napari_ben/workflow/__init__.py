"""In what order? Config → plan → run: predict, compare, train, and replay.

Planning knows no torch; it is loaded when a run starts.
"""

from napari_ben.workflow._aligned import align_alone, align_runs
from napari_ben.workflow._compare import compare, plan_comparison, run_comparison
from napari_ben.workflow._compare_config import SWEEPS, CompareConfig
from napari_ben.workflow._comparison import Comparison, Costs
from napari_ben.workflow._config import PredictConfig, make_config
from napari_ben.workflow._contenders import Contender, Entrant, find_contenders, find_entrants
from napari_ben.workflow._device import describe_device, find_device
from napari_ben.workflow._elsewhere import find_embeddings, runs_elsewhere
from napari_ben.workflow._ensemble import plan_ensemble
from napari_ben.workflow._frozen import embed_with_timm
from napari_ben.workflow._influence import run_jackknife, run_well_moments
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._kept import recall_run
from napari_ben.workflow._layout import run_umap
from napari_ben.workflow._open import Plates, open_plates
from napari_ben.workflow._plan import Plan, plan_prediction
from napari_ben.workflow._plate_task import Extras, PlateOutcome, PlateTask, run_plate
from napari_ben.workflow._predict import predict
from napari_ben.workflow._progress import Circumstances, FieldBatch, Progress
from napari_ben.workflow._quality import exclude_flagged, join_quality, run_quality
from napari_ben.workflow._record import PlateRecord, RunRecord, Table, record_plate, to_record, to_table
from napari_ben.workflow._recorded import as_recorded
from napari_ben.workflow._rerun import plan_rerun, read_run, rerun, run_again
from napari_ben.workflow._run import drain, partial_predictions, run_prediction
from napari_ben.workflow._scheduled import open_client
from napari_ben.workflow._scores import Scores
from napari_ben.workflow._screen_results import ScreenResults, plates_table
from napari_ben.workflow._screen_run import (
    ScreenPlan,
    ScreenStep,
    known_outcomes,
    plan_screen,
    predict_screen,
    run_screen,
)
from napari_ben.workflow._stability import run_stability
from napari_ben.workflow._sweeps import keep_wells
from napari_ben.workflow._teach import Taught, teach
from napari_ben.workflow._train import plan_training, run_training, train
from napari_ben.workflow._trials import Trial

__all__ = [
    "SWEEPS",
    "Circumstances",
    "CompareConfig",
    "Comparison",
    "Contender",
    "Costs",
    "Entrant",
    "Extras",
    "FieldBatch",
    "InputCache",
    "Plan",
    "PlateOutcome",
    "PlateRecord",
    "PlateTask",
    "Plates",
    "PredictConfig",
    "Progress",
    "RunRecord",
    "Scores",
    "ScreenPlan",
    "ScreenResults",
    "ScreenStep",
    "Table",
    "Taught",
    "Trial",
    "align_alone",
    "align_runs",
    "as_recorded",
    "compare",
    "describe_device",
    "drain",
    "embed_with_timm",
    "exclude_flagged",
    "find_contenders",
    "find_device",
    "find_embeddings",
    "find_entrants",
    "join_quality",
    "keep_wells",
    "known_outcomes",
    "make_config",
    "open_client",
    "open_plates",
    "partial_predictions",
    "plan_comparison",
    "plan_ensemble",
    "plan_prediction",
    "plan_rerun",
    "plan_screen",
    "plan_training",
    "plates_table",
    "predict",
    "predict_screen",
    "read_run",
    "recall_run",
    "record_plate",
    "rerun",
    "run_again",
    "run_comparison",
    "run_jackknife",
    "run_plate",
    "run_prediction",
    "run_quality",
    "run_screen",
    "run_stability",
    "run_training",
    "run_umap",
    "run_well_moments",
    "runs_elsewhere",
    "teach",
    "to_record",
    "to_table",
    "train",
]
