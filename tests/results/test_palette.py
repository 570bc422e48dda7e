from napari_ben.results import class_colours


def test_every_class_of_a_large_model_has_a_colour_of_its_own() -> None:
    colours = class_colours([str(number) for number in range(60)])
    assert len(set(colours.values())) == 60
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours.values())


def test_colours_do_not_depend_on_what_was_predicted() -> None:
    assert class_colours(["a", "b", "a"]) == class_colours(["a", "b"])
