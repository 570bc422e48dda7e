"""The story while someone watches: evented, without Qt, threads or torch."""

from napari_ben.session._details import Details
from napari_ben.session._layers import (
    CHANNEL_COLOURS,
    KEY,
    LayerData,
    channel_colours,
    in_world,
    mosaic_layers,
    plate_of,
)
from napari_ben.session._parts import (
    SPLIT,
    ChannelLook,
    ContextChoice,
    ContextKind,
    Kept,
    Look,
    Moved,
    Notice,
    RunOptions,
    RunState,
    StepName,
    Training,
)
from napari_ben.session._picture import Picture, shown_first
from napari_ben.session._reopening import plate_of_session
from napari_ben.session._resolve import Resolution, resolve
from napari_ben.session._runs import RunPair, changed_since, compare_pair, run_name
from napari_ben.session._screen_state import ScreenRun, Workforce
from napari_ben.session._screen_wishes import usual_workers
from napari_ben.session._screen_words import ScreenRow, accuracy_words, screen_line, screen_rows
from napari_ben.session._screen_work import ScreenNews
from napari_ben.session._session import Session
from napari_ben.session._session_file import SUFFIX as SESSION_SUFFIX
from napari_ben.session._session_file import is_session_file
from napari_ben.session._state import SessionState
from napari_ben.session._tasks import STOP, Lane, RunStep, Task
from napari_ben.session._trust import CONTEXT_DRIFT, STABILITY, Drift, Stability, Trust, WellEffects, measured, trust_of
from napari_ben.session._trust_wishes import N_RESAMPLES, trust_refusal
from napari_ben.session._trust_words import (
    drift_words,
    edge_words,
    stability_words,
    trusting_line,
    wells_words,
)
from napari_ben.session._words import (
    context_line,
    count_words,
    model_details,
    model_line,
    plate_details,
    plate_line,
    plate_title,
    preview_words,
    quality_words,
    results_line,
    roles_line,
    run_line,
    training_line,
    weight_words,
)

__all__ = [
    "CHANNEL_COLOURS",
    "CONTEXT_DRIFT",
    "KEY",
    "N_RESAMPLES",
    "SESSION_SUFFIX",
    "SPLIT",
    "STABILITY",
    "STOP",
    "ChannelLook",
    "ContextChoice",
    "ContextKind",
    "Details",
    "Drift",
    "Kept",
    "Lane",
    "LayerData",
    "Look",
    "Moved",
    "Notice",
    "Picture",
    "Resolution",
    "RunOptions",
    "RunPair",
    "RunState",
    "RunStep",
    "ScreenNews",
    "ScreenRow",
    "ScreenRun",
    "Session",
    "SessionState",
    "Stability",
    "StepName",
    "Task",
    "Training",
    "Trust",
    "WellEffects",
    "Workforce",
    "accuracy_words",
    "changed_since",
    "channel_colours",
    "compare_pair",
    "context_line",
    "count_words",
    "drift_words",
    "edge_words",
    "in_world",
    "is_session_file",
    "measured",
    "model_details",
    "model_line",
    "mosaic_layers",
    "plate_details",
    "plate_line",
    "plate_of",
    "plate_of_session",
    "plate_title",
    "preview_words",
    "quality_words",
    "resolve",
    "results_line",
    "roles_line",
    "run_line",
    "run_name",
    "screen_line",
    "screen_rows",
    "shown_first",
    "stability_words",
    "training_line",
    "trust_of",
    "trust_refusal",
    "trusting_line",
    "usual_workers",
    "weight_words",
    "wells_words",
]
