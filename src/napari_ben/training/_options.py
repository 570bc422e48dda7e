"""Parts of a training config that come as a whole: the schedule, the mean teacher, self-supervision."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Contrast", "Schedule", "Teacher"]

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(gt=0, lt=1)]
Decay = Annotated[float, Field(ge=0, lt=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Schedule(_Part):
    """How the learning rate goes over a run.

    Parameters
    ----------
    kind
        ``cosine`` falls to ``floor``; ``step`` is multiplied by a factor at each of ``at``; ``constant`` stays.
    warm_up
        Share of the steps over which the rate rises from a twentieth.
    restarts
        How often the cosine starts; 1 is one fall.
    floor
        Where the cosine ends, as a share of the learning rate.
    at
        Shares of the run, rising; for ``step``.
    factor
        For ``step``: one for all steps, or one each.
    """

    kind: Literal["cosine", "step", "constant"] = "cosine"
    warm_up: Annotated[float, Field(ge=0, lt=1)] = 0.1
    restarts: Count = 1
    floor: Share = 0.0
    at: tuple[Share, ...] = (0.6, 0.85)
    factor: Factor | tuple[Factor, ...] = 0.1

    @model_validator(mode="after")
    def _refuse_steps_that_do_not_fit(self) -> Self:
        if list(self.at) != sorted(set(self.at)):
            message = f"the steps must rise, not {self.at}"
            raise ValueError(message)
        if len(self.factors) != len(self.at):
            message = f"{len(self.at)} steps take one factor, or one each, not {len(self.factors)}"
            raise ValueError(message)
        return self

    @property
    def factors(self) -> tuple[float, ...]:
        """One for each of ``at``."""
        return self.factor if isinstance(self.factor, tuple) else (self.factor,) * len(self.at)


class Teacher(_Part):
    """A mean teacher with its consistency on unlabelled images and its pseudo-labels (DeepNoise, arXiv 2209.05772).

    Parameters
    ----------
    decays
        (last epoch, decay of the running mean of the student's parameters), rising.
    last_decay
        Thereafter.
    consistency
        Weight of the squared distance between student's and teacher's probabilities, a sum over classes. DeepNoise
        weighs the mean over its 1,139 classes with 100, which is the same; on a screen of 8 classes the mean so
        weighed would count 140 times as much, and keep the student from learning its labels.
    ramp_up
        Epochs over which that weight rises.
    pseudo_weight
        Share of the pseudo-labelled loss; 0 makes no pseudo-labels.
    pseudo_from
        Pseudo-labels count after this many epochs.
    memory
        Share of the earlier logits in the running logits that pseudo-labels come from.
    per_plate
        How often each treatment stands on a plate: pseudo-labels are balanced to it. None when nobody knows.
    unlabelled
        Unlabelled images beside each labelled one.
    """

    decays: tuple[tuple[Count, Decay], ...] = ((1, 0.5), (10, 0.9), (20, 0.99))
    last_decay: Decay = 0.999
    consistency: Annotated[float, Field(ge=0)] = 100 / 1139
    ramp_up: Count = 5
    pseudo_weight: Share = 0.05
    pseudo_from: Annotated[int, Field(ge=0)] = 20
    memory: Decay = 0.9
    per_plate: Count | None = None
    unlabelled: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _refuse_epochs_that_do_not_rise(self) -> Self:
        epochs = [epoch for epoch, _ in self.decays]
        if epochs != sorted(set(epochs)):
            message = f"the epochs of the decays must rise, not {epochs}"
            raise ValueError(message)
        return self


class Contrast(_Part):
    """Self-supervision: what views are compared, and the linear probe at the end.

    Parameters
    ----------
    temperature
        Of the similarities.
    projection
        Length of the vectors that are compared.
    per_image
        Tiles of one field in a batch, for ``minclr``.
    probe_epochs, probe_rate, probe_batch
        Of the linear probe: Adam, its rate falling linearly to zero.
    """

    temperature: Annotated[float, Field(gt=0)] = 0.05
    projection: Count = 128
    per_image: Annotated[int, Field(ge=2)] = 2
    probe_epochs: Count = 30
    probe_rate: Annotated[float, Field(gt=0)] = 0.1
    probe_batch: Count = 300
