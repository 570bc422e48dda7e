from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_ben.errors import ContextError, DeviceError, MethodError
from napari_ben.models import Model, prepare_image
from napari_ben.plates import Plate
from napari_ben.results import Predictions, softmax
from napari_ben.workflow import (
    InputCache,
    PredictConfig,
    drain,
    partial_predictions,
    plan_prediction,
    predict,
    run_prediction,
)

from .conftest import CountingSource, make_model, make_plate


def run(plate: Plate, model: Model, cache: InputCache | None = None, **options: object) -> Predictions:
    return drain(run_prediction(plan_prediction(plate, model, PredictConfig(**options)), cache))


def inputs_of(plate: Plate, model: Model, rows: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([prepare_image(plate.read_field(int(row)), model.card) for row in rows]))


def as_one_batch(plate: Plate, model: Model, rows: np.ndarray) -> np.ndarray:
    """Logits of one training-mode forward pass of these images."""
    with torch.no_grad():
        return model.network().train()(inputs_of(plate, model, rows)).numpy()


def usable(plate: Plate) -> np.ndarray:
    return plate.rows_of(plate.wells.index[plate.wells["role"] != "empty"])


def test_none_is_the_network_as_it_was_trained(plate: Plate, model: Model) -> None:
    predictions = run(plate, model, method="none")
    with torch.no_grad():
        network = model.network().eval()
        images = inputs_of(plate, model, np.arange(24))
        expected, embeddings = network(images).numpy(), network.embed(images).numpy()
    np.testing.assert_allclose(predictions.logits, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(predictions.embeddings, embeddings, rtol=1e-4, atol=1e-5)


def test_ben_is_one_training_mode_batch_of_the_plate(plate: Plate, model: Model) -> None:
    predictions = run(plate, model, method="ben", chunk_size=5)
    rows = usable(plate)
    np.testing.assert_allclose(predictions.logits[rows], as_one_batch(plate, model, rows), rtol=1e-4, atol=1e-4)


def test_cs_arm_bn_by_count_is_one_batch_of_controls_and_queries(plate: Plate, model: Model) -> None:
    predictions = run(plate, model, method="cs-arm-bn", weight="count", chunk_size=7)
    rows = usable(plate)
    np.testing.assert_allclose(predictions.logits[rows], as_one_batch(plate, model, rows), rtol=1e-4, atol=1e-4)


def test_controls_do_not_depend_on_what_else_is_predicted(plate: Plate, model: Model) -> None:
    all_wells = run(plate, model, method="controls")
    some_wells = run(plate, model, method="controls", wells="B2-C3")
    shared = all_wells.fields["well"].isin(some_wells.fields["well"]).to_numpy()
    np.testing.assert_allclose(all_wells.logits[shared], some_wells.logits, rtol=1e-4, atol=1e-5)


def test_the_weight_mixes_the_statistics_of_controls_and_queries(plate: Plate, model: Model) -> None:
    weight = 0.7
    measured = run(plate, model, method="cs-arm-bn", weight=weight).statistics.layers["bn1"]
    is_control = plate.fields["well"].isin(["A01", "B01", "C01"]).to_numpy()[usable(plate)]
    with torch.no_grad():
        features = model.network().conv1(inputs_of(plate, model, usable(plate))).double().numpy()
    (mean_c, var_c), (mean_q, var_q) = (
        (part.mean(axis=(0, 2, 3)), part.var(axis=(0, 2, 3))) for part in (features[is_control], features[~is_control])
    )
    mean = weight * mean_c + (1 - weight) * mean_q
    variance = weight * (var_c + (mean_c - mean) ** 2) + (1 - weight) * (var_q + (mean_q - mean) ** 2)
    np.testing.assert_allclose(measured.mean, mean, rtol=1e-5)
    np.testing.assert_allclose(measured.variance, variance, rtol=1e-4)


@pytest.mark.parametrize("chunk_size", [1, 5, 64])
def test_chunks_do_not_change_the_answer(plate: Plate, model: Model, chunk_size: int) -> None:
    reference = run(plate, model, method="ben")
    again = run(plate, model, method="ben", chunk_size=chunk_size)
    np.testing.assert_allclose(again.logits, reference.logits, rtol=1e-4, atol=1e-4)


def test_biased_and_unbiased_variance_differ(plate: Plate, model: Model) -> None:
    biased, unbiased = (run(plate, model, method="controls", variance=kind) for kind in ("biased", "unbiased"))
    assert not np.allclose(biased.logits, unbiased.logits, atol=1e-6)


COSTS = {"none": {"method": "none"}, "ben": {"method": "ben"}, "cs-arm-bn": {"wells": "B2-B4"}}


@pytest.mark.parametrize("options", COSTS.values(), ids=COSTS)
def test_the_network_sees_as_many_images_as_planned(
    plate: Plate, model: Model, count_images: list[int], options: dict
) -> None:
    plan = plan_prediction(plate, model, PredictConfig(**options, chunk_size=8))
    drain(run_prediction(plan))
    probes = [size for size in count_images if size == 1]
    assert sum(count_images) - len(probes) == plan.forward_passes
    assert len(probes) <= 2, "the engine looks at one image to learn the network's shapes"


def test_a_field_is_decoded_once(counted: Plate, model: Model) -> None:
    run(counted, model, method="ben")
    assert len(counted.source.reads) == len(set(counted.source.reads)) == 24 * 3


def test_a_shared_cache_serves_several_runs(counted: Plate, model: Model) -> None:
    cache = InputCache()
    for method in ("none", "ben", "controls"):
        run(counted, model, cache, method=method)
    assert len(counted.source.reads) == 24 * 3


@pytest.mark.parametrize("scaling", ["image", "plate"])
@pytest.mark.parametrize("change", [{"context": "A1, B1, B2"}, {"weight": 0.9}, {"method": "ben", "context": "plate"}])
def test_another_context_or_weight_on_an_open_plate_reads_no_pixel(
    counted: Plate, scaling: str, change: dict[str, object]
) -> None:
    cache, model = InputCache(), make_model(scaling={"kind": scaling})
    run(counted, model, cache, method="cs-arm-bn", context="controls", weight=0.5)
    assert counted.source.reads
    counted.source.reads.clear()
    run(counted, model, cache, **{"method": "cs-arm-bn", "context": "controls", **change})
    assert len(counted.source.reads) == 0


def test_a_cache_without_room_decodes_again_and_changes_nothing(counted: Plate, model: Model) -> None:
    bounded = run(counted, model, method="ben", cache_bytes=10 * 3 * 32 * 32 * 4)
    assert 24 * 3 < len(counted.source.reads) < 3 * 24 * 3
    assert np.array_equal(bounded.logits, run(counted, model, method="ben").logits)


def test_a_measurement_is_recognised_by_its_content(plate: Plate, model: Model, count_images: list[int]) -> None:
    first = run(plate, model, method="ben")
    count_images.clear()
    again = run(make_plate(), model, method="ben")
    assert sum(count_images) == 24
    assert np.array_equal(first.logits, again.logits)
    count_images.clear()
    run(make_plate(seed=1), model, method="ben")
    assert sum(count_images) >= 22 + 24


def test_progress_counts_wells_and_hands_each_on_once(plate: Plate, model: Model) -> None:
    steps = list(run_prediction(plan_prediction(plate, model, PredictConfig(chunk_size=5))))
    assert [
        stage for number, stage in enumerate(s.stage for s in steps) if not number or stage != steps[number - 1].stage
    ] == [
        "reading",
        "statistics",
        "prediction",
    ]
    assert all(0 <= step.done <= step.total for step in steps)
    finished = [well for step in steps if step.finished for well in step.finished.wells]
    assert finished == list(plate.wells.index)
    last = steps[-1]
    assert (last.done, last.total, last.unit) == (12, 12, "wells")


def test_finished_wells_survive_a_cancel(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig(chunk_size=5))
    complete = drain(run_prediction(plan))
    steps, finished = run_prediction(plan), []
    while len(finished) < 2:
        step = next(steps)
        finished += [step.finished] if step.finished else []
    steps.close()
    partial = partial_predictions(plan, finished)
    assert not partial.complete
    assert partial.run["complete"] is False
    n = len(partial.wells)
    assert 0 < n < 12
    np.testing.assert_array_equal(partial.wells["pred_class"], complete.wells["pred_class"].iloc[:n])


def test_a_run_stopped_before_its_first_well_is_an_empty_table(plate: Plate, model: Model) -> None:
    empty = partial_predictions(plan_prediction(plate, model, PredictConfig()), [])
    assert len(empty.wells) == 0
    assert empty.embeddings.shape == (0, model.card.embedding_size)


def test_tables_carry_the_platemap_and_the_context(plate: Plate, model: Model) -> None:
    wells = run(plate, model).wells
    assert wells.index.tolist() == list(plate.wells.index)
    assert wells.loc["A01", ["role", "treatment", "mechanism", "row", "column"]].tolist() == [
        "negative_control",
        "DMSO",
        "actin",
        0,
        0,
    ]
    assert wells.index[wells["in_context"]].tolist() == ["A01", "B01", "C01"]
    assert (wells["confidence_platemap"] == "from the platemap").all()
    assert wells["confidence"].between(0, 1).all()


def test_no_context_means_no_well_in_context(plate: Plate, model: Model) -> None:
    assert not run(plate, model, method="none").wells["in_context"].any()


def test_an_unreadable_field_is_left_out_and_stated(plate: Plate, model: Model) -> None:
    broken = replace(plate, source=CountingSource(plate.source, broken=frozenset({0, 5})))
    predictions = run(broken, model, method="ben")
    assert len(predictions.fields) == 22
    assert "Field 1 of well A01 is left out: 'image 0.tif' is truncated." in predictions.run["problems"]
    rows = np.setdiff1d(usable(plate), [0, 5])
    expected = as_one_batch(plate, model, rows)
    kept = predictions.fields.index[predictions.fields["role"] != "empty"]
    np.testing.assert_allclose(predictions.logits[kept], expected, rtol=1e-4, atol=1e-4)


def test_a_well_without_a_readable_field_is_absent(plate: Plate, model: Model) -> None:
    broken = replace(plate, source=CountingSource(plate.source, broken=frozenset({2, 3})))
    predictions = run(broken, model, method="none")
    assert "A02" not in predictions.wells.index
    assert len(predictions.wells) == 11


def test_a_context_that_cannot_be_read_is_refused(plate: Plate, model: Model) -> None:
    broken = replace(plate, source=CountingSource(plate.source, broken=frozenset(range(5))))
    with pytest.raises(ContextError, match=r"Fewer than 2 images of the context can be read. Field 1 of well A01"):
        run(broken, model, method="custom", context="A1, A2")


def test_nan_pixels_are_left_out_and_constant_images_are_not(plate: Plate, model: Model) -> None:
    from napari_ben.plates import plate_from_arrays

    wells = ("A01", "A02", "B01")
    images = {well: np.stack([plate.read_field(int(row)) for row in plate.rows_of([well])]) for well in wells}
    images = {well: stack.astype(np.float32) for well, stack in images.items()}
    images["A01"][0, 1, 3, 3] = np.nan
    images["B01"][:] = 7.0
    odd = plate_from_arrays(images, plate.channels, name="odd")
    predictions = run(odd, model, method="ben")
    assert predictions.fields["well"].tolist() == ["A01", "A02", "A02", "B01", "B01"]
    assert any("1 pixels that are NaN or infinite" in problem for problem in predictions.run["problems"])
    assert np.isfinite(predictions.logits).all()


def test_tiles_of_a_field_are_averaged(plate: Plate) -> None:
    tiled = make_model(tiling={"size": (16, 16), "fit": "tiles"})
    predictions = run(plate, tiled, method="none")
    with torch.no_grad():
        expected = tiled.network().eval()(inputs_of(plate, tiled, np.arange(24))).numpy().reshape(24, 4, 4).mean(axis=1)
    np.testing.assert_allclose(predictions.logits, expected, rtol=1e-4, atol=1e-5)


def test_the_embedding_reducer_asks_the_classifier(plate: Plate, model: Model) -> None:
    predictions = run(plate, model, method="ben", reducer="embedding")
    fields = predictions.embeddings.astype(np.float64).reshape(12, 2, -1)
    lengths = np.linalg.norm(fields, axis=2, keepdims=True)
    directions = (fields / lengths).mean(axis=1) * lengths.mean(axis=1)
    head = model.network().fc
    expected = directions @ head.weight.detach().numpy().T.astype(float) + head.bias.detach().numpy()
    probabilities = predictions.wells.filter(like="prob_").to_numpy()
    np.testing.assert_allclose(probabilities, softmax(expected), rtol=1e-4)


def fail_above(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any convolution of more images than `limit` run out of memory."""
    forward = torch.nn.Conv2d.forward

    def limited(layer: torch.nn.Conv2d, images: torch.Tensor) -> torch.Tensor:
        if len(images) > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return forward(layer, images)

    monkeypatch.setattr(torch.nn.Conv2d, "forward", limited)


def test_out_of_memory_halves_the_chunk(plate: Plate, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = run(plate, model, method="ben")
    fail_above(3, monkeypatch)
    monkeypatch.setenv("NAPARI_BEN_CACHE", "/nonexistent")
    limited = run(plate, model, method="ben", chunk_size=16)
    np.testing.assert_allclose(limited.logits, reference.logits, rtol=1e-4, atol=1e-4)


def test_out_of_memory_for_one_image_is_said_in_words(
    plate: Plate, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Model.network

    def build_then_fail(model: Model) -> torch.nn.Module:
        network = build(model)
        fail_above(0, monkeypatch)
        return network

    monkeypatch.setattr(Model, "network", build_then_fail)
    with pytest.raises(DeviceError, match="does not hold even one image in this network: CUDA out of memory"):
        run(plate, model, method="none")


def test_other_errors_of_torch_are_not_swallowed(plate: Plate, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(torch.nn.Conv2d, "forward", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        run(plate, model, method="none")


def test_the_model_is_untouched(plate: Plate, model: Model) -> None:
    before = {name: tensor.clone() for name, tensor in model.network().state_dict().items()}
    run(plate, model, method="ben")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.network().state_dict().items())


def test_threads_are_given_back(plate: Plate, model: Model) -> None:
    before = torch.get_num_threads()
    run(plate, model, method="none", threads=1)
    assert torch.get_num_threads() == before


def test_predict_takes_options_and_lays_out(plate: Plate, model: Model) -> None:
    predictions = predict(plate, model, "controls", reducer="probability")
    assert predictions.layouts["PCA"].shape == (24, 2)
    assert predictions.reducer == "probability"
    assert predictions.complete


def test_half_precision_is_close_and_leaves_the_statistics_alone(plate: Plate, model: Model) -> None:
    full, mixed = (run(plate, model, method="ben", precision=kind) for kind in ("float32", "mixed"))
    assert not np.array_equal(full.logits, mixed.logits)
    np.testing.assert_allclose(mixed.logits, full.logits, atol=0.1 * np.abs(full.logits).max())
    assert np.array_equal(full.statistics.layers["bn1"].mean, mixed.statistics.layers["bn1"].mean)


def test_a_network_without_batch_norm_is_refused_in_words(
    plate: Plate, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Model.network

    def without_norms(model: Model) -> torch.nn.Module:
        network = build(model)
        for name, module in list(network.named_modules()):
            if isinstance(module, torch.nn.BatchNorm2d):
                network.set_submodule(name, torch.nn.GroupNorm(1, module.num_features))
        return network

    monkeypatch.setattr(Model, "network", without_norms)
    with pytest.raises(MethodError, match=r"has no BatchNorm layer .*GroupNorm"):
        run(plate, model, method="ben")
    assert len(run(plate, model, method="none").wells) == 12
