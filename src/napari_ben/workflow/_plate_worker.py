"""What a worker of dask.distributed does with a plate: its weights, its share of memory, and word of how far it is."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from napari_ben.errors import ArgumentError
from napari_ben.models import Model
from napari_ben.workflow._device import find_device
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._plate_work import Outcome, PlateWork
from napari_ben.workflow._progress import Progress

_TELL_EVERY = 0.5  # s between two words about a plate


def carry_out(work: PlateWork[Outcome], models: Sequence[Model], teller: tuple[str, int]) -> Outcome:
    """Work on a plate within the worker's memory; stop between two chunks when nobody wants it any more."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    whole = {model.sha256: model for model in models}
    memory = _memory_of(worker)
    plans = [
        with_models(plan, lambda model: replace(model, content=whole[model.sha256].content)) for plan in work.plans
    ]
    run = work.with_plans([_within(plan, memory) for plan in plans]).carry_out()
    topic, number = teller
    told = 0.0
    try:
        while True:
            progress = next(run)
            if _is_cancelled(worker, key):
                return work.failed(ArgumentError("It was cancelled.", "Run it again."))
            if time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                worker.log_event(topic, {"number": number, **_words(progress)})
    except StopIteration as finished:
        outcome: Outcome = finished.value
        return outcome
    finally:
        run.close()


def with_models(plan: Plan, give: Callable[[Model], Model]) -> Plan:
    """Exchange the models of a plan, and of all plans in it."""
    group = plan.pixel_group
    return replace(
        plan,
        model=give(plan.model),
        others=tuple(with_models(other, give) for other in plan.others),
        pixel_group=group and replace(group, plans=tuple(with_models(member, give) for member in group.plans)),
    )


def _words(progress: Progress) -> dict[str, Any]:
    return {"done": progress.done, "total": progress.total, "unit": progress.unit, "stage": progress.stage}


def _is_cancelled(worker: Any, key: str) -> bool:
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled"


def _memory_of(worker: Any) -> int | None:
    """Bytes that one plate may take on a worker; None when the worker has no limit."""
    limit = worker.memory_manager.memory_limit
    at_once = worker.state.total_resources.get("GPU") or worker.state.nthreads
    return None if not limit else int(limit / max(1, at_once))


def _within(plan: Plan, memory: int | None) -> Plan:
    """Keep what statistics and decoded images hold to three quarters of a plate's share of the worker's memory."""
    if memory is None:
        return plan
    config = plan.config
    share = memory // 4
    changes = {"cache_bytes": share if config.cache_bytes is None else min(config.cache_bytes, share)}
    if config.memory_budget is None and find_device(config.device).type == "cpu":
        changes["memory_budget"] = memory // 2
    return replace(
        plan, config=config.model_copy(update=changes), others=tuple(_within(o, memory) for o in plan.others)
    )
