import errno
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_ben.errors import ArgumentError, SaveError
from napari_ben.results import FORMATS, Predictions, installed_formats, write_folder
from napari_ben.results import _save as save_module
from napari_ben.results import _tables as tables_module


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_saving_twice_gives_the_same_bytes(predictions: Predictions, tmp_path: Path) -> None:
    predictions.save(tmp_path / "first", FORMATS)
    predictions.save(tmp_path / "second", FORMATS)
    assert _hashes(tmp_path / "first") == _hashes(tmp_path / "second")
    assert set(_hashes(tmp_path / "first")) == {
        "fields.csv",
        "wells.csv",
        "fields.parquet",
        "wells.parquet",
        "fields.h5ad",
        "plate_map.png",
        "plate_map.svg",
        "embedding_pca.png",
        "embedding_pca.svg",
        "run.json",
        "predictions.safetensors",
    }


def test_csv_uses_the_names_of_the_community_and_equals_the_table(predictions: Predictions, tmp_path: Path) -> None:
    predictions.save(tmp_path, ["csv"])
    fields = pd.read_csv(tmp_path / "fields.csv", dtype=str)
    assert fields.columns[:3].tolist() == ["Metadata_Plate", "Metadata_Well", "Metadata_Site"]
    assert {"Metadata_role", "Metadata_treatment", "pred_class", "prob_DNA", "uncertainty", "in_context"} <= set(fields)
    assert {"PCA_1", "PCA_2", "embedding_00", "embedding_11"} <= set(fields)
    np.testing.assert_array_equal(fields["prob_DNA"].astype(float), predictions.fields["prob_DNA"])
    assert fields["Metadata_treatment"].tolist()[2:5:2] == ["taxol, 1 µM", '"x"']
    wells = pd.read_csv(tmp_path / "wells.csv", dtype=str)
    np.testing.assert_array_equal(wells["prob_actin"].astype(float), predictions.wells["prob_actin"])
    assert wells["Metadata_Well"].tolist() == ["A01", "B03", "H12"]


def test_a_platemap_that_already_names_the_plate_does_not_clash(predictions: Predictions, tmp_path: Path) -> None:
    index = predictions.index.assign(Metadata_Plate="other", Metadata_Well="Z99")
    named = replace(predictions, index=index)
    named.save(tmp_path, ["csv"])
    wells = pd.read_csv(tmp_path / "wells.csv")
    assert wells["Metadata_Plate"].tolist() == ["Plate 1"] * 3
    assert wells["Metadata_Well"].tolist() == ["A01", "B03", "H12"]


def test_anndata_holds_embeddings_table_and_layouts(predictions: Predictions, tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata", reason="the anndata extra is not installed")
    predictions.save(tmp_path, ["anndata"])
    loaded = anndata.read_h5ad(tmp_path / "fields.h5ad")
    np.testing.assert_array_equal(loaded.X, predictions.embeddings)
    np.testing.assert_array_equal(loaded.obsm["X_pca"], predictions.layouts["PCA"])
    assert loaded.obs["Metadata_Well"].tolist() == predictions.fields["well"].tolist()
    assert json.loads(loaded.uns["napari_ben"])["plate"]["name"] == "Plate 1"


def test_parquet_equals_csv(predictions: Predictions, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
    predictions.save(tmp_path, ["csv", "parquet"])
    parquet = pd.read_parquet(tmp_path / "fields.parquet")
    csv = pd.read_csv(tmp_path / "fields.csv")
    assert parquet.columns.tolist() == csv.columns.tolist()
    np.testing.assert_allclose(parquet["prob_DNA"], csv["prob_DNA"], rtol=1e-12)


@pytest.mark.parametrize(("fmt", "match"), [("parquet", "Parquet"), ("anndata", "AnnData")])
def test_a_missing_extra_is_named(
    predictions: Predictions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fmt: str, match: str
) -> None:
    monkeypatch.setattr(tables_module, "find_spec", lambda _: None)
    with pytest.raises(ArgumentError, match=rf"{match} needs a package .* pip install 'napari-ben\[{fmt}\]'"):
        predictions.save(tmp_path / "out", [fmt])
    assert not (tmp_path / "out").exists()


def test_a_format_is_offered_where_its_library_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed_formats() == FORMATS
    monkeypatch.setattr(save_module, "find_spec", lambda library: None if library == "anndata" else object())
    assert set(FORMATS) - set(installed_formats()) == {"anndata"}


def test_unknown_format_is_refused(predictions: Predictions, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="cannot be saved as 'xlsx'; the formats are csv"):
        predictions.save(tmp_path, ["xlsx"])


def test_a_full_disk_leaves_the_earlier_export_untouched(
    predictions: Predictions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions.save(tmp_path, ["csv"])
    (tmp_path / "notes.txt").write_text("mine")
    before = _hashes(tmp_path)

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(save_module, "run_text", fail)
    changed = predictions.with_reducer("probability")
    with pytest.raises(SaveError, match=r"could not be written into .*: No space left on device\. Nothing was left"):
        changed.save(tmp_path, ["csv"])
    assert _hashes(tmp_path) == before
    with pytest.raises(SaveError, match="Free some space"):
        changed.save(tmp_path / "new", ["csv"])
    assert not (tmp_path / "new").exists()


def test_a_file_where_the_folder_should_be_is_refused(predictions: Predictions, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(SaveError, match="could not be written into"):
        predictions.save(tmp_path / "out", ["csv"])
    assert (tmp_path / "out").is_file()


def test_other_files_of_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    written = write_folder(tmp_path, lambda folder: (folder / "a.txt").write_text("a") and None)
    assert written == (tmp_path / "a.txt",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "mine.txt"]


def test_statistics_are_saved_with_the_run(predictions: Predictions, tmp_path: Path) -> None:
    class Measured:
        def save(self, path: Path) -> None:
            path.write_bytes(b"statistics")

    replace(predictions, statistics=Measured()).save(tmp_path, [])
    assert (tmp_path / "statistics.safetensors").read_bytes() == b"statistics"
