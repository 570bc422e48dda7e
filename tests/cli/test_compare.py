from pathlib import Path

import pandas as pd
import pytest

from .conftest import Command


@pytest.fixture
def quick(screen: Path, model: Path) -> tuple[object, ...]:
    return ("compare", screen, "--models", model, "--labels", "mechanism", "--threads", 1)


def test_everything_lies_on_one_page_and_goes_on(command: Command, quick: tuple[object, ...], tmp_path: Path) -> None:
    asked = (
        *quick,
        "--methods",
        "none,controls,tvn",
        "--sweep",
        "label-shift",
        "--draws",
        1,
        "--out",
        tmp_path / "out",
    )
    code, out, err = command(*asked, "--set", "shifts=[0.1]")
    assert code == 0
    assert "8 runs, " in err
    assert "| tiny | tvn-csarmbn |" in out
    assert "controls than the" in err
    page = (tmp_path / "out" / "report.html").read_text()
    for heading in ("Accuracy", "Per class", "A plate of uneven classes", "How it was measured"):
        assert f"<h2>{heading}</h2>" in page
    assert set(pd.read_csv(tmp_path / "out" / "groups.csv")["group"]) == {"in_domain", "other_lab"}
    runs = sorted((tmp_path / "out" / "runs").iterdir())
    times = [path.stat().st_mtime_ns for path in runs]
    code, _, _ = command(*asked, "--set", "shifts=[0.1]")
    assert code == 0
    assert [path.stat().st_mtime_ns for path in sorted((tmp_path / "out" / "runs").iterdir())] == times


def test_without_a_folder_there_are_no_sweeps(command: Command, quick: tuple[object, ...]) -> None:
    code, _, err = command(*quick, "--methods", "none", "--group", "lab")
    assert code == 0
    assert "2 runs, " in err


def test_embeddings_made_elsewhere_are_compared(command: Command, screen: Path, tmp_path: Path) -> None:
    import napari_ben as nb

    keys = [
        {"Metadata_Plate": plate.name, "Metadata_Well": well, "embedding_0": number % 7, "embedding_1": number % 5}
        for plate in nb.open_screen(screen)
        for number, well in enumerate(plate.wells.index)
    ]
    pd.DataFrame(keys).to_csv(tmp_path / "e.csv", index=False)
    options = ("--embeddings", f"mine={tmp_path / 'e.csv'}", "--labels", "mechanism")
    code, out, _ = command("compare", screen, *options, "--methods", "unaligned,coral")
    assert code == 0
    assert out.count("| mine | coral |") == 2


WRONG = {
    "nothing": (("--labels", "mechanism"), "nothing to compare"),
    "no method for embeddings": (("--embeddings", "mine=e.csv", "--methods", "none"), "none of the methods fits them"),
    "no classes for embeddings": (("--embeddings", "mine=e.csv", "--methods", "tvn"), "Embeddings name no classes"),
    "no such sweep": (("--models", "sample-erm", "--sweep", "wells"), "'sweeps"),
    "no such group": (("--models", "sample-erm", "--group", "country"), "'country' is a column neither of the screen"),
}


@pytest.mark.parametrize(("options", "words"), WRONG.values(), ids=WRONG)
def test_wrong_options_are_refused_in_words(
    command: Command, screen: Path, options: tuple[str, ...], words: str
) -> None:
    code, _, err = command("compare", screen, *options)
    assert code == 2
    assert words in err


def test_treatments_are_matched_where_it_is_asked_for(
    command: Command, quick: tuple[object, ...], tmp_path: Path
) -> None:
    wish = (*quick, "--methods", "none", "--match", "mechanism", "--sweep", "none", "--out", tmp_path / "out")
    code, out, err = command(*wish)
    assert code == 0, err
    table = pd.read_csv(tmp_path / "out" / "matches.csv")
    assert table[["model", "method"]].to_numpy().tolist() == [["tiny", "none"]]
    assert table["nsc"].between(0, 1).all()
    assert "| model | method | n_treatments | nsc |" in out
    assert "<h2>Treatments that find their like</h2>" in (tmp_path / "out" / "report.html").read_text()
    code, _, err = command(*quick, "--methods", "none", "--match", "act")
    assert code == 2
    assert "has no column 'act' to match treatments by" in err
    (tmp_path / "c.json").write_text((tmp_path / "out" / "comparison.json").read_text())
    code, out, _ = command(*quick, "--config", tmp_path / "c.json")
    assert code == 0
    assert "| nsc |" in out
