"""What the engine says no to, and when it takes the slow way."""

import pytest
import torch
from torch import nn

from napari_ben.errors import ContextError, DeviceError, MethodError
from napari_ben.methods import apply_statistics, fold_statistics, iter_statistics, measure_statistics


class Calls(nn.Module):
    """Calls its only BatchNorm layer so many times."""

    def __init__(self, times):
        super().__init__()
        self.norm, self.times = nn.BatchNorm2d(3), times

    def forward(self, x):
        for _ in range(self.times):
            x = self.norm(x)
        return x


class SometimesCalls(nn.Module):
    """Skips a layer for dark images."""

    def __init__(self):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, x):
        x = self.bn1(x)
        return self.bn2(x) if bool((x > -0.5).any()) else x


class Overflowing(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))
        nn.init.constant_(self[0].weight, 1e38)


OTHER_NORMS = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, track_running_stats=True))

REFUSALS = {
    "no BatchNorm": (
        OTHER_NORMS,
        MethodError,
        r"Sequential has no BatchNorm layer .*GroupNorm, InstanceNorm2d.*'none'",
    ),
    "no norm": (nn.Linear(3, 4), MethodError, "normalisation found: none"),
    "never called": (Calls(0), MethodError, "calls none of its 1 BatchNorm layers"),
    "called twice": (Calls(2), MethodError, "'norm' is called twice in one forward pass"),
    "overflow": (Overflowing(), MethodError, "statistics of layer '1' are not finite"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_networks_that_cannot_hold_statistics_are_refused(lab, case):
    network, error, words = REFUSALS[case]
    with pytest.raises(error, match=words):
        measure_statistics(network, [lab.plate(2)])


def test_an_image_that_is_not_finite_is_said_in_words(lab):
    images = lab.plate()
    images[3, 0, 0, 0] = torch.nan
    with pytest.raises(MethodError, match=r"layer 'stem.1' are not finite: an image of the context holds NaN"):
        measure_statistics(lab.make_network("residual"), images.split(8))


def test_a_single_value_has_no_variance(lab):
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(3))
    with pytest.raises(ContextError, match=r"Layer '2' sees a single value per channel"):
        measure_statistics(network, [lab.plate(1)])
    assert measure_statistics(network, [lab.plate(2)]).layers["2"].count == 2


def test_one_image_is_enough_where_it_has_many_pixels(lab):
    network, image = lab.make_network("residual"), lab.plate(1)
    lab.assert_statistics(measure_statistics(network, [image]), lab.definition(network, image))


@pytest.mark.parametrize("device", ["cuda:63", "moon"])
def test_a_device_that_is_absent_is_said_in_words(lab, device):
    with pytest.raises(DeviceError, match=f"The device '{device}' cannot be used"):
        measure_statistics(lab.make_network("residual"), [lab.plate(2)], device=device)


def test_other_normalisations_are_left_alone(lab):
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, track_running_stats=True), nn.BatchNorm2d(4)
    )
    statistics = measure_statistics(network, lab.plate().split(8))
    assert list(statistics.layers) == ["3"]
    adapted = apply_statistics(network, statistics)
    assert torch.equal(adapted[2].running_mean, network[2].running_mean)


@pytest.mark.parametrize("name", ["value-dependent", "hidden-writes"])
def test_the_slow_way_is_said_aloud(lab, caplog, name):
    network = lab.make_network(name)
    measure_statistics(network, [lab.plate(4)])
    assert f"The code of {type(network).__name__} cannot be followed" in caplog.text


@pytest.mark.parametrize("name", ["residual", "dense", "pre-activation", "headed", "viewing"])
def test_the_others_take_the_fast_way(lab, caplog, name):
    measure_statistics(lab.make_network(name), [lab.plate(4)])
    assert caplog.text == ""


@pytest.mark.usefixtures("caplog")
def test_a_layer_for_some_images_only_is_refused():
    images = torch.cat([torch.ones(1, 3, 4, 4), -torch.ones(1, 3, 4, 4)])
    with pytest.raises(MethodError, match="calls its BatchNorm layer 'bn2' for some images only"):
        measure_statistics(SometimesCalls(), images.split(1))


def test_an_untraceable_network_is_adapted_and_left_unfolded(lab, caplog):
    caplog.set_level("ERROR")
    network, images = lab.make_network("value-dependent"), lab.plate()
    folded = fold_statistics(apply_statistics(network, measure_statistics(network, images.split(8))))
    assert isinstance(folded.bn1, nn.BatchNorm2d)


def test_progress_ends_where_it_said(lab):
    network, chunks = lab.make_network("residual"), lab.plate().split(8)
    steps = list(iter_statistics(network, chunks))
    assert [done for done, _ in steps] == [0, 0, 0, *range(1, 13)]  # 3 chunks, 4 levels of BatchNorm
    assert {total for _, total in steps} == {12}


def test_the_total_grows_while_the_number_of_chunks_is_not_known(lab):
    chunks = (chunk for chunk in lab.plate().split(8))
    assert [total for _, total in iter_statistics(lab.make_network("residual"), chunks)][:4] == [4, 8, 12, 12]
