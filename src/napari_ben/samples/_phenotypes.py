"""What a mechanism does to a cell: shifts of a few traits on a logarithmic scale.

Every class differs from DMSO in shape or texture of several compartments, and no trait belongs to one class alone.
How bright a channel is follows the stain of the well, not the mechanism: otherwise the mean of one channel would
give the class away and there would be nothing to learn.
"""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["BASELINE", "MECHANISMS", "TREATMENTS", "Treatment", "draw_traits"]

# What an untreated cell looks like. Lengths in pixels, the rest are fractions or contrasts.
BASELINE = {
    "cell_radius": 19.0,
    "cell_elongation": 1.25,  # long axis : short axis
    "nucleus_radius": 8.0,
    "nucleus_elongation": 1.25,
    "nucleus_lobes": 0.05,  # share of the radius by which the outline waves
    "binucleate": 0.05,  # share of cells
    "fragmented": 0.03,  # share of cells
    "chromatin_grain": 0.16,
    "nucleoli": 3.0,  # mean number a nucleus
    "nucleolus_radius": 1.5,
    "er_reach": 0.55,  # share of the way from nucleus to border
    "er_grain": 0.35,
    "golgi_radius": 3.2,
    "actin_fibres": 0.45,
    "actin_cortex": 0.7,
    "mito_reach": 0.6,
    "mito_network": 0.5,  # 1: filaments only; 0: dots only
    "density": 1.0,
}

# Shift of log(trait) at full strength.
MECHANISMS: dict[str, dict[str, float]] = {
    "actin inhibitor": {
        "actin_fibres": -1.6, "actin_cortex": -0.5, "cell_radius": -0.12, "cell_elongation": -0.12, "golgi_radius": 0.2,
    },
    "tubulin inhibitor": {
        "nucleus_lobes": 1.3, "fragmented": 1.3, "mito_reach": -0.5, "golgi_radius": 0.5, "cell_elongation": -0.15,
    },
    "DNA damage": {
        "nucleus_radius": 0.20, "nucleoli": -0.5, "nucleolus_radius": 0.28, "chromatin_grain": -0.5,
        "cell_radius": 0.12,
    },
    "aurora inhibitor": {
        "binucleate": 2.3, "nucleus_radius": 0.08, "nucleus_lobes": 0.6, "cell_radius": 0.14, "er_reach": 0.15,
    },
    "ER stress": {
        "er_reach": -0.75, "er_grain": 0.6, "mito_reach": -0.2, "nucleolus_radius": -0.12, "cell_radius": -0.06,
    },
    "uncoupler": {
        "mito_network": -1.6, "mito_reach": -0.35, "actin_fibres": -0.3, "er_grain": 0.2,
    },
    "CDK inhibitor": {
        "nucleoli": -1.1, "nucleolus_radius": -0.25, "nucleus_radius": -0.12, "chromatin_grain": 0.6, "er_grain": -0.2,
    },
    "HDAC inhibitor": {
        "cell_elongation": 0.45, "nucleus_elongation": 0.28, "actin_fibres": 0.45, "mito_network": 0.5,
        "chromatin_grain": -0.3,
    },
}  # fmt: skip

_WELL_SPREAD = 0.06
_DENSITY_SPREAD = 0.18
_TREATMENT_SPREAD = 0.07


@dataclass(frozen=True)
class Treatment:
    """A compound: the direction of its mechanism with its own strength and side effects.

    Parameters
    ----------
    name
        What the platemap calls it.
    mechanism
        Key of ``MECHANISMS``, or ``DMSO``.
    shifts
        Shift of log(trait) at the reference concentration of 3 µM.
    """

    name: str
    mechanism: str
    shifts: dict[str, float] = field(default_factory=dict)


def draw_traits(treatment: Treatment, concentration: float, rng: np.random.Generator) -> dict[str, float]:
    """Traits of the cells of one well: what the treatment does, and what differs from well to well anyway.

    Parameters
    ----------
    treatment
        What was added to the well.
    concentration
        µM; a threefold step changes the strength by a tenth.
    rng
        Of the well.
    """
    strength = 1 + 0.1 * np.log(concentration / 3) / np.log(3) if concentration else 0.0
    traits = {}
    for name, value in BASELINE.items():
        spread = _DENSITY_SPREAD if name == "density" else _WELL_SPREAD
        traits[name] = value * float(np.exp(strength * treatment.shifts.get(name, 0.0) + rng.normal(0, spread)))
    return traits


def _make_treatments() -> tuple[Treatment, ...]:
    """Three compounds a mechanism, the same in every screen: they are what the classes mean."""
    rng = np.random.default_rng(1812)
    treatments = []
    for mechanism, direction in MECHANISMS.items():
        stem = mechanism.replace(" ", "")[:3].upper()
        for number, strength in enumerate((0.9, 1.0, 1.15), start=1):
            shifts = {trait: rng.normal(0, _TREATMENT_SPREAD) for trait in BASELINE}
            for trait, shift in direction.items():
                shifts[trait] += strength * shift
            treatments.append(Treatment(f"{stem}-{number}", mechanism, shifts))
    return tuple(treatments)


TREATMENTS = _make_treatments()
DMSO = Treatment("DMSO", "DMSO")
