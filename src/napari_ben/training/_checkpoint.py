"""Where a run stands, as one file that is replaced whole: a killed run goes on with the same losses.

All draws are seeded by (seed, epoch), so the weights, the optimiser's moments and the history are all there is.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from napari_ben._whole import whole_file
from napari_ben.errors import ArgumentError, RunFileError, SaveError

__all__ = ["RunState", "load_state", "save_state"]

_KEY = "napari-ben-run"


@dataclass
class RunState:
    """Everything that the next epoch depends on.

    Parameters
    ----------
    fingerprint
        Of the config and the data; a checkpoint of another run is refused.
    network, optimizer
        Tensors by name.
    best
        Network of the best epoch; empty when nothing validates.
    extra
        Heads and teacher, by name.
    losses, accuracies
        Of the epochs done; accuracies empty when nothing validates.
    """

    fingerprint: str
    network: dict[str, Tensor] = field(default_factory=dict)
    optimizer: dict[str, Tensor] = field(default_factory=dict)
    best: dict[str, Tensor] = field(default_factory=dict)
    extra: dict[str, Tensor] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    @property
    def groups(self) -> dict[str, dict[str, Tensor]]:
        """Tensors by what they are for."""
        return {"network": self.network, "optimizer": self.optimizer, "best": self.best, "extra": self.extra}

    @property
    def best_epoch(self) -> int:
        """Number of the epoch to keep, from 1: the first of the best, or the last."""
        if not self.accuracies:
            return len(self.losses)
        return self.accuracies.index(max(self.accuracies)) + 1


def save_state(path: Path, state: RunState) -> None:
    """Replace the checkpoint, whole or not at all.

    Raises
    ------
    SaveError
        It cannot be written.
    """
    named = [(f"{group}:{name}", tensor) for group, part in state.groups.items() for name, tensor in part.items()]
    tensors = {name: tensor.contiguous() for name, tensor in named}
    facts = {"fingerprint": state.fingerprint, "losses": state.losses, "accuracies": state.accuracies}
    try:
        with whole_file(path) as unfinished:
            save_file(tensors, unfinished, metadata={_KEY: json.dumps(facts)})
    except (OSError, SafetensorError) as error:
        kept = "go on with --resume from the epochs that are kept" if path.exists() else "start again"
        raise SaveError(
            f"The checkpoint {path.name!r} could not be written: {error}.", f"Free some space, and {kept}."
        ) from error


def load_state(path: Path, fingerprint: str) -> RunState:
    """State of a run that was stopped.

    Raises
    ------
    RunFileError
        The file is not a checkpoint, or damaged.
    ArgumentError
        It belongs to another config or to other data.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})[_KEY])
            state = RunState(fingerprint, losses=facts["losses"], accuracies=facts["accuracies"])
            for key in file.keys():  # noqa: SIM118 – not a dict
                group, name = key.split(":", 1)
                state.groups[group][name] = file.get_tensor(key)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise RunFileError(
            f"{path.name!r} is not a checkpoint of a training run: {error}.", "Delete it to start the run anew."
        ) from error
    if facts["fingerprint"] != fingerprint:
        raise ArgumentError(
            f"The checkpoint {path.name!r} belongs to a run with other settings or other images.",
            "Give this run a checkpoint of its own, or delete the old one.",
        )
    return state


def flatten_optimizer(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """State of the optimiser by parameter number and name."""
    state = optimizer.state_dict()["state"]
    named = ((f"{number}:{name}", value) for number, values in state.items() for name, value in values.items())
    return {key: value for key, value in named if value is not None}


def fill_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Undo ``flatten_optimizer``."""
    whole = optimizer.state_dict()
    for key, tensor in tensors.items():
        number, name = key.split(":", 1)
        whole["state"].setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict(whole)
