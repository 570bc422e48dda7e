"""Work on plates as tasks on dask.distributed: one plate a task, the scheduler decides where and when.

Each worker writes a plate's results itself as they are there, so that results, images and workers must see the same
disk. A plate whose worker dies is given to another one by the scheduler, as often as its own setting
``distributed.scheduler.allowed-failures`` says (3 unless it was changed); then it counts as failed. dask.distributed is
imported only when plates are sent.
"""

import os
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psutil

from napari_ben.errors import ArgumentError
from napari_ben.models import Model
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._plate_work import Outcome, PlateWork, Step
from napari_ben.workflow._plate_worker import carry_out, with_models
from napari_ben.workflow._progress import Progress

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE = 0.2  # s between two looks at the plates
_ONE_GPU = {"GPU": 1}
_UNHEARD = Progress(0, 0, "wells", "waiting")


@contextmanager
def open_client(scheduler: str | None = None, workers: int | None = None) -> "Generator[Client | None]":
    """Connect to a scheduler, or start workers on this machine; neither when neither is asked for.

    Parameters
    ----------
    scheduler
        Address of a running one, such as ``tcp://head:8786``.
    workers
        Number of processes on this machine; they share its cores and the memory that is free now.

    Yields
    ------
    Client or None
        None when nothing was asked for: plates then run one after the other, here.

    Raises
    ------
    ArgumentError
        When dask.distributed is not installed, no scheduler answers, or both or a senseless number were asked for.
    """
    if scheduler is None and workers is None:
        yield None
        return
    _refuse(scheduler, workers)
    from distributed import Client

    if scheduler is not None:
        with _connected(scheduler) as client:
            yield client
        return
    with _local_cluster(workers or 1) as cluster, Client(cluster, set_as_default=False) as client:
        yield client


def run_on_client(works: Sequence[PlateWork[Outcome]], client: "Client") -> Generator[Step[Outcome]]:
    """Let a client's workers work on plates; closing the generator cancels those that are not finished.

    The models are sent once, each worker holds them once. Where workers announce ``GPU``, each plate takes one.

    Parameters
    ----------
    works
        One a plate.
    client
        A `distributed.Client`.

    Yields
    ------
    tuple
        Position in `works`, and how far the plate is or what became of it. Where nothing is heard the first unfinished
        plate's last word is repeated every `PATIENCE` seconds, so that whoever listens can stop.
    """
    topic = f"napari-ben-{uuid4().hex}"
    heard: SimpleQueue[tuple[int, Progress]] = SimpleQueue()
    client.subscribe_topic(topic, lambda event: heard.put(_heard(event)))
    waiting = _submit(works, client, topic)
    last = dict.fromkeys(waiting.values(), _UNHEARD)
    try:
        while waiting:
            running = sorted(waiting.values())
            news = {number: progress for number, progress in _steps_of(heard).items() if number in running}
            last |= news
            yield from news.items() or [(running[0], last[running[0]])]
            for future in _ended(list(waiting), client):
                number = waiting.pop(future)
                yield number, _outcome(future, works[number])
    finally:
        if client.status == "running":  # a client that is closed has let go of everything
            client.unsubscribe_topic(topic)
            client.cancel(list(waiting), force=True)


def _refuse(scheduler: str | None, workers: int | None) -> None:
    if scheduler is not None and workers is not None:
        raise ArgumentError(
            f"Both a scheduler ({scheduler}) and {workers} workers on this machine are asked for.", "Choose one."
        )
    if workers is not None and workers < 1:
        raise ArgumentError(f"{workers} workers cannot predict a screen.", "Ask for at least one.")
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise ArgumentError(
            "Sending plates to workers needs dask.distributed, which is not installed.",
            "Run: pip install 'napari-ben[distributed]', or leave scheduler and workers out.",
        ) from error


@contextmanager
def _connected(scheduler: str) -> "Generator[Client]":
    from distributed import Client

    try:
        client = Client(scheduler, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ArgumentError(
            f"No scheduler answers at {scheduler!r}: {error}.",
            "Start one with 'dask scheduler' and give the address that it prints.",
        ) from error
    with client:
        yield client


def _local_cluster(workers: int) -> Any:
    """Start processes of one plate each, with an equal share of the cores and of the free memory."""
    from distributed import LocalCluster

    threads = str(max(1, (os.cpu_count() or 1) // workers))
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=int(psutil.virtual_memory().available) // workers,
        dashboard_address=None,
        env={"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
    )


def _submit(works: Sequence[PlateWork[Any]], client: "Client", topic: str) -> "dict[Future, int]":
    import dask

    models = {model.sha256: model for work in works for plan in work.plans for model in _models_of(plan)}
    # A task and no scattered data: should all workers that hold a model die, the scheduler can send it again.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "100 GB"}):
        sent = [
            client.submit(Model.held, model.held(), key=f"model-{sha256}-{topic}") for sha256, model in models.items()
        ]
    has_gpus = any(worker["resources"].get("GPU") for worker in client.scheduler_info(n_workers=-1)["workers"].values())
    return {
        client.submit(
            carry_out,
            _to_send(work),
            sent,
            (topic, number),
            key=f"plate-{number}-{topic}",
            resources=_ONE_GPU if has_gpus else None,
        ): number
        for number, work in enumerate(works)
    }


def _models_of(plan: Plan) -> list[Model]:
    return [plan.model, *(other.model for other in plan.others)]


def _to_send(work: PlateWork[Outcome]) -> PlateWork[Outcome]:
    """Leave the weights behind."""
    return work.with_plans([with_models(plan, _without_weights) for plan in work.plans])


def _without_weights(model: Model) -> Model:
    return Model(model.card, None if model.path is None else model.path.absolute(), model.sha256)


def _ended(futures: "list[Future]", client: "Client") -> "list[Future]":
    from distributed import wait

    with client.as_current(), suppress(TimeoutError, CancelledError):
        wait(futures, timeout=PATIENCE, return_when="FIRST_COMPLETED")
    return [future for future in futures if future.done()]


def _heard(event: tuple[float, Mapping[str, Any]]) -> tuple[int, Progress]:
    words = event[1]
    return words["number"], Progress(words["done"], words["total"], words["unit"], words["stage"])


def _steps_of(heard: "SimpleQueue[tuple[int, Progress]]") -> dict[int, Progress]:
    """Take what workers told since the last look: the last word about each plate."""
    told: dict[int, Progress] = {}
    while True:
        try:
            number, progress = heard.get_nowait()
        except Empty:
            return told
        told[number] = progress


def _outcome(future: "Future", work: PlateWork[Outcome]) -> Outcome:
    """Take what became of a plate, or put into words why nobody knows."""
    if future.status == "finished":
        outcome: Outcome = future.result()
        return outcome
    error = None if future.cancelled() else future.exception()
    reason = "the scheduler gave it up" if error is None else f"{type(error).__name__}: {error}"
    return work.failed(ArgumentError(f"No worker finished it: {reason}.", "Run it again."))
