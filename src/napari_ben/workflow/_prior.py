"""What a small context's statistics are shrunk towards: those of the training, or of plates of the same group."""

from pathlib import Path
from typing import TYPE_CHECKING

from napari_ben.errors import ArgumentError
from napari_ben.methods import ContextStatistics, PriorStatistics, group_statistics, pseudo_count_share
from napari_ben.results import STATISTICS_FILE
from napari_ben.workflow._config import PredictConfig

if TYPE_CHECKING:
    from torch import nn

__all__ = ["prior_files", "prior_of"]


def prior_files(config: PredictConfig) -> list[Path]:
    """Find the files of statistics that the context's are shrunk towards.

    Raises
    ------
    ArgumentError
        When one is not there.
    """
    places = [Path(place) for place in config.shrink_towards]
    files = [place / STATISTICS_FILE if place.is_dir() else place for place in places]
    if absent := [path for path in files if not path.is_file()]:
        raise ArgumentError(
            f"There are no statistics {str(absent[0])!r} to shrink towards.",
            f"Give {STATISTICS_FILE} of a run of the same model with a context, or the folder of that run.",
        )
    return files


def prior_of(config: PredictConfig, network: "nn.Module", n_images: int) -> PriorStatistics | None:
    """Give the statistics of the training, or of other plates, when they are to count beside the context's."""
    if not config.pseudo_images:
        return None
    share = pseudo_count_share(n_images, config.pseudo_images)
    known = [ContextStatistics.load(path) for path in prior_files(config)]
    if not known:
        return PriorStatistics(ContextStatistics.from_network(network), share)
    return PriorStatistics(known[0] if len(known) == 1 else group_statistics(known)[0], share)
