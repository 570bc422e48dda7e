import sys
from pathlib import Path

import numpy as np
import pytest

from napari_ben.results import Predictions, class_colours, embedding_map, plate_map, write_figure


def test_plate_map_titles_the_plate_and_heads_its_rows_and_columns(predictions: Predictions) -> None:
    figure = plate_map(predictions)
    axes = figure.axes[0]
    assert axes.get_title(loc="left") == "Plate 1"
    assert any("CS-ARM-BN" in text.get_text() for text in axes.texts)
    assert [label.get_text() for label in axes.get_yticklabels()] == list("ABCDEFGH")
    assert [label.get_text() for label in axes.get_xticklabels()] == [str(number) for number in range(1, 13)]


def test_wells_are_drawn_where_they_lie_in_the_colour_of_their_class(predictions: Predictions) -> None:
    from matplotlib.colors import to_hex

    discs = plate_map(predictions).axes[0].collections[1]
    centres = [path.get_extents().get_points().mean(axis=0) for path in discs.get_paths()]
    np.testing.assert_allclose(centres, [(0, 0), (2, 1), (11, 7)], atol=1e-9)
    colours = class_colours(predictions.classes)
    drawn = [to_hex(colour).upper() for colour in discs.get_facecolor()]
    assert drawn == [colours[name] for name in predictions.wells["pred_class"]]


def test_a_class_keeps_its_colour_in_plate_map_and_embedding(predictions: Predictions) -> None:
    def legend(axes: object) -> dict[str, str]:
        handles, labels = axes.get_legend().legend_handles, axes.get_legend().get_texts()
        names = [text.get_text().split("  ")[0] for text in labels]
        return dict(zip(names, [str(line.get_color()) for line in handles], strict=True))

    of_plate, of_embedding = legend(plate_map(predictions).axes[0]), legend(embedding_map(predictions, "PCA").axes[0])
    shared = (of_plate.keys() & of_embedding.keys()) - {"context"}
    assert shared
    assert all(of_plate[name] == of_embedding[name] for name in shared)


def test_svg_keeps_its_text(predictions: Predictions, tmp_path: Path) -> None:
    write_figure(plate_map(predictions), tmp_path / "map.svg")
    text = (tmp_path / "map.svg").read_text()
    assert "Plate 1" in text
    assert "<dc:date>" not in text


def test_no_screen_is_needed(predictions: Predictions) -> None:
    embedding_map(predictions, "PCA")
    assert "matplotlib.pyplot" not in sys.modules


def test_unknown_layout_is_refused(predictions: Predictions) -> None:
    with pytest.raises(KeyError, match="UMAP"):
        embedding_map(predictions, "UMAP")
