"""Work on one plate that may be done here or on any machine, whatever it is: a prediction, the runs of a comparison."""

from collections.abc import Generator, Sequence
from typing import Protocol, Self, TypeVar

from napari_ben.errors import NapariBenError
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress

Outcome_co = TypeVar("Outcome_co", covariant=True)
Outcome = TypeVar("Outcome")
Step = tuple[int, Progress | Outcome]
"""Position of the work in its sequence, and how far it is or what became of it."""


class PlateWork(Protocol[Outcome_co]):
    """All that is needed for the work; what goes wrong with it is its outcome, so that the others go on.

    Folders are named absolutely, so that every process finds them.
    """

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The runs that will be made."""

    def with_plans(self, plans: Sequence[Plan]) -> Self:
        """Give the same work with changed plans: other bounds of memory, models without their weights."""

    def carry_out(self) -> Generator[Progress, None, Outcome_co]:
        """Do it; the outcome is small and can be sent."""

    def failed(self, error: NapariBenError) -> Outcome_co:
        """Say that it was not done, and why."""


def one_by_one(works: Sequence[PlateWork[Outcome]]) -> Generator[Step[Outcome]]:
    """Carry works out here, one after the other."""
    for position, work in enumerate(works):
        steps = work.carry_out()
        try:
            while True:
                yield position, next(steps)
        except StopIteration as finished:
            outcome: Outcome = finished.value
        finally:
            steps.close()
        yield position, outcome
