import numpy as np
import pytest
import torch

from napari_ben.errors import ContextError
from napari_ben.methods import apply_statistics, iter_well_moments, measure_statistics, measure_wells


def make_images(n_images: int = 12) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    levels = torch.linspace(0.5, 3, n_images).reshape(-1, 1, 1, 1)
    return levels * torch.rand(n_images, 3, 32, 32, generator=generator)


WELLS = ["A01", "A02", "A01", "A03", "A03", "A04", "A04", "A05", "A05", "A01", "A06", "A06"]


def test_all_wells_merged_are_the_statistics_of_the_context(network) -> None:
    images = make_images()
    statistics = measure_statistics(network, images.split(5))
    moments = measure_wells(apply_statistics(network, statistics), images.split(7), WELLS)
    assert moments.wells == ("A01", "A02", "A03", "A04", "A05", "A06")
    assert moments.n_images.tolist() == [3, 1, 2, 2, 2, 2]
    merged = moments.pool()
    assert merged.n_images == 12
    for name, layer in statistics.layers.items():
        np.testing.assert_allclose(merged.layers[name].mean, layer.mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(merged.layers[name].variance, layer.variance, rtol=1e-4, atol=1e-7)
        assert merged.layers[name].count == pytest.approx(layer.count)


def test_wells_are_what_their_images_say_and_one_can_be_taken_out(lab) -> None:
    layer = torch.nn.BatchNorm2d(3)
    network = torch.nn.Sequential(layer).eval()
    images = make_images()
    moments = measure_wells(network, images.split(4), WELLS)
    values = images.double().numpy()
    of_well = np.array(WELLS) == "A03"
    found = moments.pool(["A03"]).layers["0"]
    np.testing.assert_allclose(found.mean, values[of_well].mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(found.variance, values[of_well].var(axis=(0, 2, 3)))
    mean, variance = moments.layers["0"].leave_one_out()
    np.testing.assert_allclose(mean[2], values[~of_well].mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(variance[2], values[~of_well].var(axis=(0, 2, 3)))


def test_the_network_is_left_without_hooks() -> None:
    network = torch.nn.Sequential(torch.nn.BatchNorm2d(3)).eval()
    measure_wells(network, make_images().split(4), WELLS)
    assert not network[0]._forward_pre_hooks


@pytest.mark.parametrize("wells", [WELLS[:-1], [*WELLS, "A07"]])
def test_images_without_a_well_are_refused(wells: list[str]) -> None:
    network = torch.nn.Sequential(torch.nn.BatchNorm2d(3)).eval()
    with pytest.raises(ContextError, match=f"12.* images, but wells of {len(wells)}"):
        measure_wells(network, make_images().split(4), wells)


def test_unmeasured_wells_are_refused() -> None:
    moments = measure_wells(torch.nn.Sequential(torch.nn.BatchNorm2d(3)).eval(), make_images().split(4), WELLS)
    with pytest.raises(ContextError, match="None of the wells asked for was measured; measured are A01"):
        moments.pool(["H12"])


def test_it_can_be_stopped_between_chunks_and_holds_one_at_once() -> None:
    network = torch.nn.Sequential(torch.nn.BatchNorm2d(3)).eval()
    taken = []

    def chunks():
        for number, images in enumerate(make_images().split(4)):
            taken.append(number)
            yield images, WELLS[4 * number : 4 * number + 4]

    steps = iter_well_moments(network, chunks())
    assert next(steps) == 1
    assert taken == [0]
    steps.close()
    assert not network[0]._forward_pre_hooks
