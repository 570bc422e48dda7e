from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_ben.embedding import EmbeddingTable, read_embeddings, write_embeddings
from napari_ben.errors import ArgumentError, FileError

KEYS = pd.DataFrame({"Metadata_Plate": ["P1", "P1", "P2"], "Metadata_Well": ["A1", "a-02", "B03"]})
VALUES = np.array([[0.5, 1.0, -2.0], [1.5, 2.0, 3.0], [0.0, 0.25, 4.0]], dtype=np.float32)


def make_table(**extra: object) -> pd.DataFrame:
    named = pd.DataFrame(VALUES, columns=[f"embedding_{number}" for number in range(3)])
    return pd.concat([KEYS.assign(**extra), named], axis=1)


def test_csv_is_read_by_the_names_of_the_community(tmp_path: Path) -> None:
    make_table(Metadata_Site=[1, 2, 1], Metadata_Dose=[1.0, 2.0, 3.0], score=7.0).to_csv(tmp_path / "e.csv")
    table = read_embeddings(tmp_path / "e.csv")
    assert table.keys.to_numpy().tolist() == [["P1", "A01", 1], ["P1", "A02", 2], ["P2", "B03", 1]]
    np.testing.assert_array_equal(table.vectors, VALUES)
    assert table.of_plate("P2").vectors.tolist() == VALUES[2:].tolist()


def test_columns_without_a_prefix_are_all_that_are_numbers(tmp_path: Path) -> None:
    table = KEYS.assign(
        Metadata_Dose=[1.0, 2.0, 3.0], name="x", Cells_Area=[1.0, 2.0, 3.0], Nuclei_Size=[4.0, 5.0, 6.0]
    )
    table.to_csv(tmp_path / "e.tsv", sep="\t", index=False)
    assert read_embeddings(tmp_path / "e.tsv").vectors.tolist() == [[1, 4], [2, 5], [3, 6]]


def test_parquet_and_anndata(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    anndata = pytest.importorskip("anndata")
    make_table().to_parquet(tmp_path / "e.parquet")
    np.testing.assert_array_equal(read_embeddings(tmp_path / "e.parquet").vectors, VALUES)
    index = pd.Index(list("abc"), dtype=object)
    anndata.AnnData(X=VALUES, obs=KEYS.astype(object).set_index(index)).write_h5ad(tmp_path / "e.h5ad")
    table = read_embeddings(tmp_path / "e.h5ad")
    np.testing.assert_array_equal(table.vectors, VALUES)
    assert table.keys["field"].isna().all()


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    keys = pd.DataFrame({"plate": ["P1", "P2"], "well": ["A01", "B02"], "field": [1.0, np.nan]})
    write_embeddings(EmbeddingTable(keys, VALUES[:2]), tmp_path / "e.safetensors")
    back = read_embeddings(tmp_path / "e.safetensors")
    pd.testing.assert_frame_equal(back.keys, keys)
    np.testing.assert_array_equal(back.vectors, VALUES[:2])


REFUSED = {
    "no wells": ("plate,embedding_0\nP1,1\n", "no column of wells; it has plate, embedding_0"),
    "no such well": ("well,embedding_0\nlatrunculin,1\n", "names a well 'latrunculin'"),
    "no numbers": ("well,name\nA01,x\n", "holds no columns of numbers"),
    "nothing": ("", "cannot be read"),
    "a gap": (
        "well,embedding_0\nA01,1\nB02,\nC03,inf\n",
        r"2 of 3 rows of 'e\.csv' hold numbers that are missing or infinite, such as the one of well B02",
    ),
}


@pytest.mark.parametrize(("text", "match"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_of_embeddings_is_refused(text: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(text)
    with pytest.raises(FileError, match=match):
        read_embeddings(tmp_path / "e.csv")


def test_unknown_ending_and_foreign_safetensors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"the endings are \.csv, \.tsv, \.parquet"):
        read_embeddings(tmp_path / "e.pkl")
    (tmp_path / "e.safetensors").write_bytes(b"\x80\x04")
    with pytest.raises(FileError, match="cannot be read"):
        read_embeddings(tmp_path / "e.safetensors")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"There is no file '.*nowhere\.csv' of embeddings"):
        read_embeddings(tmp_path / "nowhere.csv")


def test_tables_of_plates_put_together_keep_their_order(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pd.concat([make_table(), make_table()]).to_parquet(tmp_path / "e.parquet")
    table = read_embeddings(tmp_path / "e.parquet")
    assert table.keys["plate"].tolist() == ["P1", "P1", "P2"] * 2
    np.testing.assert_array_equal(table.of_plate("P2").vectors, VALUES[[2, 2]])
