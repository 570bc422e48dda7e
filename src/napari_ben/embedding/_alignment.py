"""Embeddings aligned on negative controls: fitted once, extended by new batches, applied to anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ben.embedding._matrices import Float64, covariance, ledoit_wolf, power_of
from napari_ben.embedding._recipes import Recipe, find_alignment
from napari_ben.errors import ArgumentError

__all__ = ["Alignment", "Map", "fit_alignment"]

Batches = Sequence[str] | NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Map:
    """An affine map, y = (x - offset) · matrix.

    Parameters
    ----------
    offset
        (d,) float64.
    matrix
        (d, k) float64.
    """

    offset: Float64
    matrix: Float64

    def __call__(self, values: Float64) -> Float64:
        """Map (n, d) values to (n, k)."""
        mapped: Float64 = (values - self.offset) @ self.matrix
        return mapped


@dataclass(frozen=True, eq=False)
class Alignment:
    """A fitted alignment.

    Parameters
    ----------
    recipe
        Its steps.
    shared
        What all batches go through first.
    target
        (k, k) float64, the square root of the covariance that batches are brought to; None where there is none.
    batches
        Batch → what it goes through then.
    notes
        What a person should know about the fit, in whole sentences.
    """

    recipe: Recipe
    shared: Map
    target: Float64 | None
    batches: Mapping[str, Map]
    notes: tuple[str, ...] = field(default=())

    def transform(self, embeddings: ArrayLike, batches: Batches) -> Float64:
        """Align embeddings.

        Parameters
        ----------
        embeddings
            (n, d) any float type.
        batches
            (n,) the batch of each.

        Returns
        -------
        numpy.ndarray
            (n, k) float64.

        Raises
        ------
        ArgumentError
            When a batch was not fitted, or the embeddings have another size.
        """
        values = _checked(embeddings, self.shared.offset.size)
        labels = np.asarray(batches, dtype=object)
        unknown = [str(name) for name in dict.fromkeys(labels) if name not in self.batches]
        if unknown:
            raise ArgumentError(
                f"The batch {unknown[0]!r} has not been fitted; fitted are {', '.join(list(self.batches)[:6])}.",
                "Add it with its controls first: alignment.with_batch(name, controls).",
            )
        shared = self.shared(values)
        aligned = np.empty_like(shared)
        for name in dict.fromkeys(labels):
            aligned[labels == name] = self.batches[name](shared[labels == name])
        return aligned

    def with_batch(self, name: str, controls: ArrayLike) -> "Alignment":
        """Add a batch, or replace it; what all batches share stays as it was fitted.

        Parameters
        ----------
        name
            Of the batch.
        controls
            (n, d) embeddings of its negative controls, n ≥ 2.

        Raises
        ------
        ArgumentError
            When there are fewer than 2 controls.
        """
        own = self.shared(_checked(controls, self.shared.offset.size))
        _check_count(name, len(own))
        added = _batch_map(self.recipe, own, self.target)
        return replace(self, batches={**self.batches, name: added}, notes=(*self.notes, *_batch_notes({name: own})))


def fit_alignment(controls: ArrayLike, batches: Batches, recipe: Recipe | str) -> Alignment:
    """Fit an alignment on negative controls.

    Parameters
    ----------
    controls
        (n, d) embeddings of negative controls of all batches.
    batches
        (n,) the batch of each: its plate, or whatever is thought to shift together.
    recipe
        A name of `ALIGNMENTS`, or steps of one's own.

    Returns
    -------
    Alignment
        Where controls are fewer than dimensions, covariances are shrunk and ``notes`` says so.

    Raises
    ------
    ArgumentError
        When a batch has fewer than 2 controls, or an embedding holds NaN.
    MethodError
        When there is no alignment of this name.
    """
    steps = find_alignment(recipe) if isinstance(recipe, str) else recipe
    values, labels = _checked(controls), np.asarray(batches, dtype=object)
    members = {str(name): labels == name for name in dict.fromkeys(labels)}
    for name, is_member in members.items():
        _check_count(name, int(is_member.sum()))
    shared, notes = _shared_map(steps, values)
    mapped = shared(values)
    own = {name: mapped[is_member] for name, is_member in members.items()}
    target = _target(steps, own)
    maps = {name: _batch_map(steps, rows, target) for name, rows in own.items()}
    return Alignment(steps, shared, target, maps, (*notes, *(() if steps.ridge is None else _batch_notes(own))))


def _shared_map(recipe: Recipe, controls: Float64) -> tuple[Map, tuple[str, ...]]:
    mean = controls.mean(axis=0)
    deviation = _deviation(controls) if recipe.is_standardised else np.ones_like(mean)
    if recipe.rotation is None:
        return Map(mean, np.diag(1 / deviation)), ()
    spread, notes = _spread((controls - mean) / deviation)
    eigenvalues, vectors = (part[..., ::-1] for part in np.linalg.eigh(spread))
    floor = max(float(eigenvalues[0]) * len(spread) * np.finfo(np.float64).eps, np.finfo(np.float64).tiny)
    rotated = vectors / np.sqrt(np.maximum(eigenvalues, floor))
    matrix = rotated @ vectors.T if recipe.rotation == "zca" else rotated
    return Map(mean, matrix / deviation[:, None]), notes


def _spread(values: Float64) -> tuple[Float64, tuple[str, ...]]:
    """Covariance of all controls; shrunk where they are too few to give one that can be inverted."""
    n, d = values.shape
    if n > d:
        return covariance(values, ddof=0), ()
    shrunk, share = ledoit_wolf(values)
    note = (
        f"All {n} controls together are no more than the {d} dimensions, so their covariance is shrunk towards equal "
        f"variances (Ledoit–Wolf, {share:.2f})."
    )
    return shrunk, (note,)


def _target(recipe: Recipe, own: Mapping[str, Float64]) -> Float64 | None:
    if recipe.ridge is None or not recipe.has_target:
        return None
    pooled = np.concatenate([_batch_scaling(recipe, rows)(rows) for rows in own.values()])
    return power_of(covariance(pooled) + recipe.ridge * np.eye(pooled.shape[1]), 0.5)


def _batch_map(recipe: Recipe, own: Float64, target: Float64 | None) -> Map:
    scaling = _batch_scaling(recipe, own)
    if recipe.ridge is None:
        return scaling
    source = power_of(covariance(scaling(own)) + recipe.ridge * np.eye(own.shape[1]), -0.5)
    return Map(scaling.offset, scaling.matrix @ (source if target is None else source @ target))


def _batch_scaling(recipe: Recipe, own: Float64) -> Map:
    offset = own.mean(axis=0) if recipe.is_batch_centred else np.zeros(own.shape[1])
    deviation = _deviation(own) if recipe.whitening == "batch" else np.ones(own.shape[1])
    return Map(offset, np.diag(1 / deviation))


def _deviation(values: Float64) -> Float64:
    """Give the deviation (divided by n) of each dimension; 1 where it is constant but for rounding."""
    deviation: Float64 = values.std(axis=0)
    rounding = np.maximum(1e-12 * np.abs(values).max(axis=0), 1e-10 * deviation.max())
    return np.where(deviation <= rounding, 1.0, deviation)


def _batch_notes(own: Mapping[str, Float64]) -> tuple[str, ...]:
    few = {name: len(rows) for name, rows in own.items() if len(rows) <= rows.shape[1]}
    if not few:
        return ()
    d = next(iter(own.values())).shape[1]
    names = ", ".join(list(few)[:4]) + (", …" if len(few) > 4 else "")
    return (
        f"{len(few)} of {len(own)} batches have no more controls than the {d} dimensions ({names}; the fewest are "
        f"{min(few.values())}): what is not seen of their covariances is taken from the ridge.",
    )


def _check_count(name: str, count: int) -> None:
    if count < 2:
        raise ArgumentError(
            f"The batch {name!r} has {count} negative control{'' if count == 1 else 's'}; an alignment needs 2.",
            "Mark more of its control wells in the platemap, or leave the batch out.",
        )


def _checked(embeddings: ArrayLike, size: int | None = None) -> Float64:
    values = np.asarray(embeddings, dtype=np.float64)
    if values.ndim != 2 or (size is not None and values.shape[1] != size):
        raise ArgumentError(
            f"Embeddings have the shape {values.shape}; {'(n, d)' if size is None else f'(n, {size})'} is needed.",
            "Give embeddings of the network that the alignment was fitted with.",
        )
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).any(axis=1).sum())
        raise ArgumentError(
            f"{n_bad} of {len(values)} embeddings hold NaN or infinity.",
            "Look at the images of these fields, and leave out the wells that are damaged.",
        )
    return values
