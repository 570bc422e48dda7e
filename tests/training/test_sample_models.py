"""What docs/sample-models.md promises of the shipped models, on a screen that nobody has seen."""

import pytest

import napari_ben as nb
from napari_ben.models import available_models
from napari_ben.plates import Plate
from napari_ben.samples import CHANNELS, MECHANISMS, TRAINING_EXPERIMENTS, ScreenDesign, write_screen

SEED = 77


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plate]:
    """One plate of each split."""
    design = ScreenDesign(in_domain=1, new_batch=0, other_lab=1, label_shift=1)
    screen = nb.open_screen(write_screen(tmp_path_factory.mktemp("screen") / "screen", SEED, design))
    return {str(screen.table.at[plate.name, "split"]): plate for plate in screen}


def accuracy(plate: Plate, model: str, method: str) -> float:
    truth = plate.wells.loc[plate.wells["role"] == "treatment", "mechanism"]
    found = nb.predict(plate, nb.load_model(model), method=method).wells["pred_class"]
    return float((found[truth.index].astype(str) == truth).mean())


@pytest.mark.parametrize("name", ["sample-erm", "sample-cs-arm-bn"])
def test_the_cards_tell_how_the_models_were_made(name: str):
    card = available_models()[name]
    assert card.channels == CHANNELS
    assert card.classes == tuple(sorted(MECHANISMS))
    assert card.training.plates == tuple(f"{experiment}-T{n}" for experiment in TRAINING_EXPERIMENTS for n in (1, 2))
    assert card.scaling.kind == "range"
    path = nb.load_model(name).path
    assert path is not None
    assert path.stat().st_size < 3e6


@pytest.mark.slow
def test_adapting_brings_another_laboratory_back(plates: dict[str, Plate]):
    at_home = accuracy(plates["in_domain"], "sample-erm", "none")
    assert at_home >= 0.9
    assert accuracy(plates["other_lab"], "sample-erm", "none") <= at_home - 0.25
    for method in ("ben", "cs-arm-bn"):
        assert accuracy(plates["other_lab"], "sample-cs-arm-bn", method) >= at_home - 0.07


@pytest.mark.slow
def test_controls_that_weigh_more_withstand_a_label_shift(plates: dict[str, Plate]):
    whole, weighted, alone = (
        accuracy(plates["label_shift"], "sample-cs-arm-bn", method) for method in ("ben", "cs-arm-bn", "controls")
    )
    assert weighted > whole
    assert alone > whole
