import pytest
from pydantic import ValidationError

from napari_ben.models import ModelCard, Scaling, TrainingRecord

from .conftest import make_card


def test_a_card_survives_its_json():
    card = make_card(training=TrainingRecord(method="cs-arm-bn", control_weight=0.5, settings={"rate": 1e-3}))
    assert ModelCard.model_validate_json(card.model_dump_json()) == card


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channels": ()}, "at least 1"),
        ({"channels": ("DNA", "DNA")}, "each channel needs a name of its own; twice: DNA"),
        ({"classes": ("a", "b", "a")}, "each class needs a name of its own; twice: a"),
        ({"classes": ("a", "")}, "at least 1 character"),
        ({"embedding_size": 0}, "greater than 0"),
        ({"scaling": Scaling(kind="percentile", mean=(1,), std=(1,))}, "1 means for 2 channels"),
        ({"training": {"control_weight": 1.5}}, "less than or equal to 1"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_cards_that_cannot_be_used_are_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        make_card(**changes)


def test_cards_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        make_card().name = "other"
