"""What plates have in common: treatments that are on every one of them."""

from collections.abc import Iterable, Sequence

import pandas as pd

from napari_ben.plates._plate import Plate


def shared_treatments(plates: Sequence[Plate]) -> pd.DataFrame:
    """List the treatments that all plates have, in wells with images that may be in a context.

    Parameters
    ----------
    plates
        At least one.

    Returns
    -------
    DataFrame
        Index ``treatment``; ``role`` (blank where plates differ), ``n_wells`` together, ``fewest_wells`` on one plate;
        the most frequent first.
    """
    counts, roles = {}, []
    for plate in plates:
        wells = _with_treatment(plate)
        counts[plate.name] = wells["treatment"].value_counts()
        roles.append(wells[["treatment", "role"]])
    table = pd.DataFrame(counts).dropna().astype(int)
    role_of = pd.concat(roles).groupby("treatment")["role"].agg(lambda of: of.iloc[0] if of.nunique() == 1 else "")
    shared = pd.DataFrame(
        {"role": role_of.reindex(table.index), "n_wells": table.sum(axis=1), "fewest_wells": table.min(axis=1)}
    )
    return shared.rename_axis(index="treatment").sort_values("n_wells", ascending=False, kind="stable")


def mark_wells(plate: Plate, name: str, treatments: Iterable[str]) -> Plate:
    """Write the name of a control set at the wells of some treatments; a well is in one set."""
    wells = plate.wells
    wanted = wells.index[wells["treatment"].isin(list(treatments))]
    return plate.with_column(wanted, "control_set", name)


def _with_treatment(plate: Plate) -> pd.DataFrame:
    wells = plate.imaged
    return wells[(wells["treatment"] != "") & (wells["role"] != "empty") & ~wells["excluded"]]
