"""A whole screen on disk: plates, platemaps and ``screen.csv``."""

import shutil
from collections.abc import Generator, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from napari_ben._cache import cache_folder
from napari_ben._whole import scratch_folder
from napari_ben.errors import ArgumentError, SaveError
from napari_ben.samples._batches import TRAINING_EXPERIMENTS
from napari_ben.samples._plates import SamplePlate, Split, draw_fields, plan_plate
from napari_ben.samples._store import Field, write_plate

__all__ = ["ScreenDesign", "iter_screen", "plan_screen", "sample_screen", "write_screen"]

_GENERATION = 2  # raised whenever the same seed gives other pixels, so that no cache serves old ones


@dataclass(frozen=True)
class ScreenDesign:
    """How large a sample screen is.

    Parameters
    ----------
    in_domain
        Plates of the training experiments, each of another experiment.
    new_batch
        Plates of an experiment of the same laboratory that no model was trained on.
    other_lab
        Plates of another laboratory.
    label_shift
        Plates of that other laboratory on which few mechanisms dominate (Dirichlet 0.1).
    training
        Plates of each training experiment, numbered apart from the in-domain ones.
    n_fields
        Fields of a well.
    size
        Height and width of a field, pixels; even, 32 to 384.
    """

    in_domain: int = 2
    new_batch: int = 2
    other_lab: int = 2
    label_shift: int = 0
    training: int = 0
    n_fields: int = 2
    size: int = 128

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0 or self.n_fields < 1 or not 32 <= self.size <= 384 or self.size % 2:
            raise ArgumentError(
                f"A screen cannot be drawn as {self}.",
                "Use counts from 0, at least 1 field, and an even size from 32 to 384.",
            )
        if self.in_domain > len(TRAINING_EXPERIMENTS):
            raise ArgumentError(
                f"{self.in_domain} in-domain plates were asked for, but there are {len(TRAINING_EXPERIMENTS)} "
                "training experiments, and each gives one.",
                "Ask for fewer, or for another seed.",
            )


def plan_screen(seed: int, design: ScreenDesign) -> tuple[SamplePlate, ...]:
    """Every plate of a screen, with nothing drawn yet; order of ``screen.csv``."""
    rng = np.random.default_rng([seed, 5])
    chosen = sorted(str(name) for name in rng.choice(TRAINING_EXPERIMENTS, design.in_domain, replace=False))
    home, away = f"NEW-{seed}", f"AWAY-{seed}"
    return (
        *_repeat([(name, f"{name}-T") for name in TRAINING_EXPERIMENTS], design.training, "training", seed),
        *_repeat([(name, f"{name}-S{seed}P") for name in chosen], min(design.in_domain, 1), "in_domain", seed),
        *_repeat([(home, f"{home}-P")], design.new_batch, "new_batch", seed),
        *_repeat([(away, f"{away}-P")], design.other_lab, "other_lab", seed),
        *_repeat([(away, f"{away}-L")], design.label_shift, "label_shift", seed),
    )


def _repeat(experiments: list[tuple[str, str]], count: int, split: Split, seed: int) -> list[SamplePlate]:
    """Plan ``count`` plates of each (experiment, first part of the plate's name)."""
    numbers = range(1, count + 1)
    return [plan_plate(f"{stem}{n}", experiment, split, seed) for experiment, stem in experiments for n in numbers]


def write_screen(folder: Path | str, seed: int = 0, design: ScreenDesign | None = None) -> Path:
    """Write a screen of sample plates; the same seed and design give the same pixels.

    Parameters
    ----------
    folder
        New or empty folder.
    seed
        0 or more. The batch effects of the training experiments do not depend on it; everything else does.
    design
        How many plates of which kind.

    Returns
    -------
    The folder: one ``<plate>.ome.zarr`` and one platemap ``<plate>.csv`` a plate, and ``screen.csv``
    (plate, experiment, lab, split).

    Raises
    ------
    ArgumentError
        The folder holds something already, or the seed is negative.
    SaveError
        It cannot be written.
    """
    for _ in iter_screen(folder, seed, design):
        pass
    return Path(folder)


def sample_screen(seed: int = 0, design: ScreenDesign | None = None) -> Path:
    """Folder of the sample screen, written on first use and kept in the cache of the operating system.

    Parameters
    ----------
    seed, design
        As ``write_screen`` takes them.
    """
    steps = iter_sample_screen(seed, design)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            folder: Path = finished.value
            return folder


def iter_sample_screen(seed: int = 0, design: ScreenDesign | None = None) -> Generator[tuple[int, int], None, Path]:
    """Write the sample screen as ``sample_screen`` does, and tell how far it is; silent where it is there already.

    Yields
    ------
    Fields done, and fields in all.
    """
    design = design or ScreenDesign()
    counts = "-".join(str(count) for count in astuple(design))
    folder = cache_folder("samples") / f"screen-v{_GENERATION}-{seed}-{counts}"
    if not (folder / "screen.csv").is_file():
        yield from iter_screen(folder, seed, design)
    return folder


def iter_screen(
    folder: Path | str, seed: int = 0, design: ScreenDesign | None = None
) -> Generator[tuple[int, int], None, Path]:
    """Write a screen as ``write_screen`` does, and tell how far it is.

    Yields
    ------
    Fields done, and fields in all. Nothing is left behind when the generator is closed before its end.
    """
    folder, design = Path(folder), design or ScreenDesign()
    _refuse(folder, seed)
    plates = plan_screen(seed, design)
    try:
        with scratch_folder(folder.parent) as unfinished:
            whole = unfinished / "screen"
            yield from _write(whole, plates, design)
            if folder.is_dir():
                folder.rmdir()
            shutil.move(whole, folder)
    except OSError as error:
        raise SaveError(
            f"The sample screen could not be written to {str(folder)!r}: {error.strerror or error}.",
            "Free some space, or choose another folder.",
        ) from error
    return folder


def _refuse(folder: Path, seed: int) -> None:
    if seed < 0:
        raise ArgumentError(f"{seed} cannot be the seed of a screen.", "Use a whole number from 0.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArgumentError(f"{str(folder)!r} holds something already.", "Choose a new or an empty folder.")


def _write(folder: Path, plates: tuple[SamplePlate, ...], design: ScreenDesign) -> Iterator[tuple[int, int]]:
    folder.mkdir()
    total = sum(len(plate.wells) for plate in plates) * design.n_fields
    done = 0
    for plate in plates:
        wells = list(plate.wells["well"])
        plate.wells.to_csv(folder / f"{plate.name}.csv", index=False)
        for _ in write_plate(folder / f"{plate.name}.ome.zarr", wells, design.n_fields, _named(plate, design)):
            done += 1
            yield done, total
    columns = {"plate": "name", "experiment": "experiment", "lab": "laboratory", "split": "split"}
    table = {column: [getattr(plate, name) for plate in plates] for column, name in columns.items()}
    pd.DataFrame(table).to_csv(folder / "screen.csv", index=False)


def _named(plate: SamplePlate, design: ScreenDesign) -> Iterator[Field]:
    names = list(plate.wells["well"])
    for well, field, image in draw_fields(plate, design.n_fields, design.size):
        yield names[well], field, image
