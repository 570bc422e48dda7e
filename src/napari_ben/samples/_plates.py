"""One sample plate: who sits in which well, and what the microscope sees there."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates import well_name
from napari_ben.samples._batches import BatchEffect, Laboratory, draw_batch_effect, draw_plate_effect, photograph
from napari_ben.samples._cells import draw_cells
from napari_ben.samples._phenotypes import DMSO, MECHANISMS, TREATMENTS, Treatment, draw_traits

__all__ = ["CONCENTRATIONS", "SamplePlate", "Split", "draw_field", "draw_fields", "draw_layout", "plan_plate"]

Split = Literal["training", "in_domain", "new_batch", "other_lab", "label_shift"]
ROWS, COLUMNS = 8, 12
CONCENTRATIONS = (1.0, 3.0, 10.0)  # µM, one well each: 8 mechanisms × 3 treatments × 3 = 72 wells beside 24 of DMSO
LABEL_SHIFT = 0.1
_STAIN_SPREAD = 0.14  # from well to well, on the logarithm of the gain
_CONTROL_COLUMNS = ((0, 5, 11), (1, 6, 10), (0, 1, 11))
_BY_NAME = {treatment.name: treatment for treatment in (DMSO, *TREATMENTS)}


@dataclass(frozen=True)
class SamplePlate:
    """A plate before a single pixel of it is drawn.

    Parameters
    ----------
    name, experiment, laboratory, split
        As they stand in ``screen.csv``.
    seed
        With the name it decides about everything random on the plate.
    effect
        Batch effect of the plate.
    wells
        The platemap, one row a well: well, role, treatment, mechanism, concentration, unit.
    """

    name: str
    experiment: str
    laboratory: Laboratory
    split: Split
    seed: int
    effect: BatchEffect
    wells: pd.DataFrame

    def generator(self, *place: int) -> np.random.Generator:
        """Randomness of one place on this plate, independent of the order in which places are drawn."""
        return np.random.default_rng([self.seed, zlib.crc32(self.name.encode()), *place])


def plan_plate(name: str, experiment: str, split: Split, seed: int) -> SamplePlate:
    """Decide on the batch effect and the layout of a plate."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    laboratory: Laboratory = "other" if split in ("other_lab", "label_shift") else "home"
    effect = draw_batch_effect(experiment, laboratory, None if split in ("training", "in_domain") else seed)
    wells = draw_layout(rng, LABEL_SHIFT if split == "label_shift" else None)
    return SamplePlate(name, experiment, laboratory, split, seed, draw_plate_effect(effect, rng), wells)


def draw_layout(rng: np.random.Generator, label_shift: float | None = None) -> pd.DataFrame:
    """24 wells of DMSO, in columns or scattered, and 72 wells of treatments in random order.

    Parameters
    ----------
    rng
        Of the plate.
    label_shift
        None: every treatment once at each concentration. Otherwise the mechanisms' shares of the 72 wells are one
        draw from the Dirichlet distribution with this parameter.
    """
    is_control = _place_controls(rng)
    doses = _every_dose(rng) if label_shift is None else _shifted_doses(rng, label_shift)
    rows = []
    for index, control in enumerate(is_control.flat):
        treatment, dose = (DMSO, 0.0) if control else doses.pop()
        rows.append(
            {
                "well": well_name(*divmod(index, COLUMNS)),
                "role": "negative_control" if control else "treatment",
                "treatment": treatment.name,
                "mechanism": treatment.mechanism,
                "concentration": dose,
                "unit": "µM",
            }
        )
    return pd.DataFrame(rows)


def _place_controls(rng: np.random.Generator) -> NDArray[np.bool_]:
    is_control = np.zeros((ROWS, COLUMNS), bool)
    columns = rng.integers(len(_CONTROL_COLUMNS) + 1)
    if columns < len(_CONTROL_COLUMNS):
        is_control[:, _CONTROL_COLUMNS[columns]] = True
    else:
        is_control.flat[rng.choice(ROWS * COLUMNS, ROWS * 3, replace=False)] = True
    return is_control


def _every_dose(rng: np.random.Generator) -> list[tuple[Treatment, float]]:
    doses = [(treatment, dose) for treatment in TREATMENTS for dose in CONCENTRATIONS]
    return [doses[index] for index in rng.permutation(len(doses))]


def _shifted_doses(rng: np.random.Generator, label_shift: float) -> list[tuple[Treatment, float]]:
    n_wells = len(TREATMENTS) * len(CONCENTRATIONS)
    chosen = rng.choice(list(MECHANISMS), n_wells, p=rng.dirichlet(np.full(len(MECHANISMS), label_shift)))
    compounds = {name: [treatment for treatment in TREATMENTS if treatment.mechanism == name] for name in MECHANISMS}
    return [(compounds[name][rng.integers(3)], float(rng.choice(CONCENTRATIONS))) for name in chosen]


def draw_field(plate: SamplePlate, well: int, field: int, size: int) -> NDArray[np.uint16]:
    """One field of view.

    Parameters
    ----------
    plate
        From ``plan_plate``.
    well
        Row of ``plate.wells``.
    field
        0-based.
    size
        Height and width, pixels.

    Returns
    -------
    (5, size, size) uint16, camera counts.
    """
    treatment, dose = plate.wells["treatment"].iloc[well], plate.wells["concentration"].iloc[well]
    of_well = plate.generator(well)
    traits = draw_traits(_BY_NAME[str(treatment)], float(dose), of_well)
    gain = np.exp(of_well.normal(0, _STAIN_SPREAD, 5)).astype(np.float32)
    if _is_at_edge(well):
        traits["density"] *= 1 - plate.effect.edge
        gain *= 1 + plate.effect.edge
    traits["density"] *= plate.effect.density
    rng = plate.generator(well, field)
    return photograph(draw_cells(traits, size, rng), plate.effect, gain, rng)


def draw_fields(plate: SamplePlate, n_fields: int, size: int) -> Iterator[tuple[int, int, NDArray[np.uint16]]]:
    """Every (well, field, image) of a plate, in well order."""
    for well in range(len(plate.wells)):
        for field in range(n_fields):
            yield well, field, draw_field(plate, well, field, size)


def _is_at_edge(well: int) -> bool:
    row, column = divmod(well, COLUMNS)
    return row in (0, ROWS - 1) or column in (0, COLUMNS - 1)
