import pytest

from napari_ben.errors import ChannelError
from napari_ben.models import guess_channels, map_channels

CELL_PAINTING = ("DNA", "ER", "RNA", "AGP", "Mito")


@pytest.mark.parametrize(
    ("model", "plate", "wanted"),
    [
        (CELL_PAINTING, CELL_PAINTING, (0, 1, 2, 3, 4)),
        (CELL_PAINTING, ("OrigAGP", "OrigDNA", "OrigER", "OrigMito", "OrigRNA"), (1, 2, 4, 0, 3)),
        (CELL_PAINTING, ("Hoechst 33342", "ConA", "SYTO 14", "Phalloidin", "MitoTracker Deep Red"), (0, 1, 2, 3, 4)),
        (CELL_PAINTING, ("dapi", "Concanavalin A", "nucleoli", "WGA", "mito-tracker"), (0, 1, 2, 3, 4)),
        (CELL_PAINTING, ("HOECHST 33342", "Alexa 488", "488 long", "Alexa 568", "Alexa 647"), (0, 1, 2, 3, 4)),
        (("nucleus",), ("Brightfield", "DRAQ5"), (1,)),
        (("Hoechst",), ("DAPI",), (0,)),
        (("GFP", "DNA"), ("DRAQ5", "FKHR-GFP"), (1, 0)),
        (("FKHR-GFP",), ("FITC",), (0,)),
        (("GFP",), ("Alexa Fluor 488",), (0,)),
        (("Channel 2",), ("channel_1", "CHANNEL-2"), (1,)),
        (("DNA", "ER", "Actin"), ("DNA", "ER", "Actin", "RNA", "Mito", "Golgi"), (0, 1, 2)),
    ],
)
def test_names_are_found_whatever_the_laboratory_writes(model, plate, wanted):
    assert map_channels(model, plate) == wanted


def test_an_override_wins_over_the_guess_and_frees_its_channel():
    assert map_channels(["DNA", "ER"], ["Hoechst", "ConA", "DAPI"], {"dna": "dapi"}) == (2, 1)


def test_what_is_missing_and_what_is_there_is_named():
    with pytest.raises(ChannelError, match=r"needs 'ER', 'Mito', .* the plate has 'DAPI', 'GFP'"):
        map_channels(["DNA", "ER", "Mito"], ["DAPI", "GFP"])


def test_two_candidates_are_no_guess():
    assert guess_channels(["AGP"], ["Actin", "Golgi"]) == {"AGP": None}
    with pytest.raises(ChannelError, match="AGP=Actin"):
        map_channels(["AGP"], ["Actin", "Golgi"])


def test_two_channels_of_the_model_for_one_of_the_plate_are_no_guess():
    assert guess_channels(["DNA", "Hoechst"], ["DAPI"]) == {"DNA": None, "Hoechst": None}
    assert guess_channels(["DNA", "DAPI"], ["DAPI"]) == {"DNA": None, "DAPI": "DAPI"}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [({"Golgi": "DAPI"}, "The model has no channel 'Golgi'"), ({"DNA": "w1"}, "The plate has no channel 'w1'")],
)
def test_overrides_of_unknown_channels_are_refused(overrides, words):
    with pytest.raises(ChannelError, match=words):
        map_channels(["DNA"], ["DAPI"], overrides)


def test_a_plate_without_channels_is_refused():
    with pytest.raises(ChannelError, match="the plate has none"):
        map_channels(["DNA"], [])
