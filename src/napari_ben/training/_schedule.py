"""The learning rate over a run."""

import math

from napari_ben.training._config import TrainingConfig

__all__ = ["learning_rate"]

START = 0.05  # of the rate, where warming up begins


def learning_rate(progress: float, config: TrainingConfig) -> float:
    """Rate at a share of the run, 0–1: a linear rise, then as the schedule says.

    >>> [round(learning_rate(share, TrainingConfig(learning_rate=1)), 3) for share in (0, 0.05, 0.1, 0.55, 1)]
    [0.05, 0.525, 1.0, 0.5, 0.0]
    """
    schedule, rate = config.schedule, config.learning_rate
    if progress < schedule.warm_up:
        return rate * (START + (1 - START) * progress / schedule.warm_up)
    if schedule.kind == "constant":
        return rate
    if schedule.kind == "step":
        return rate * math.prod(schedule.factors[: sum(progress >= at for at in schedule.at)])
    done = (progress - schedule.warm_up) / (1 - schedule.warm_up)
    in_cycle = min(done * schedule.restarts - math.floor(min(done, 1 - 1e-12) * schedule.restarts), 1.0)
    return rate * (schedule.floor + (1 - schedule.floor) * 0.5 * (1 + math.cos(math.pi * in_cycle)))
