"""Well accuracy of the sample models on screens that nobody has seen: ``python benchmarks/sample_table.py --write``.

For every seed a screen is drawn and thrown away again: plates of the training experiments, of a new batch, of another
laboratory, and of that laboratory with a strong label shift. The table shows the mean over all its treated wells and
the smallest and largest seed. ``--write`` puts it into docs/sample-models.md.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import napari_ben as nb
from napari_ben.samples import ScreenDesign, write_screen

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "sample-models.md"
START, END = "<!-- table: benchmarks/sample_table.py -->", "<!-- end of table -->"
DESIGN = ScreenDesign(in_domain=2, new_batch=2, other_lab=2, label_shift=2)
COLUMNS = [
    ("sample-erm", "none"),
    ("sample-erm", "ben"),
    ("sample-erm", "controls"),
    ("sample-cs-arm-bn", "none"),
    ("sample-cs-arm-bn", "ben"),
    ("sample-cs-arm-bn", "cs-arm-bn"),
    ("sample-cs-arm-bn", "controls"),
]
ROWS = {
    "in_domain": "training experiments, new plates",
    "new_batch": "new batch, same laboratory",
    "other_lab": "another laboratory",
    "label_shift": "another laboratory, Dirichlet 0.1",
}


def judge_screen(folder: Path, seed: int) -> Iterator[dict[str, object]]:
    """Accuracy of each model and method on each plate."""
    screen = nb.open_screen(folder)
    for plate in screen:
        truth = plate.wells.loc[plate.wells["role"] == "treatment", "mechanism"]
        for model, method in COLUMNS:
            found = nb.predict(plate, nb.load_model(model), method=method).wells["pred_class"]
            accuracy = float((found[truth.index].astype(str) == truth).mean())
            split = screen.table.at[plate.name, "split"]
            yield {"seed": seed, "split": split, "model": model, "method": method, "accuracy": accuracy}
        print(f"{plate.name} judged", file=sys.stderr, flush=True)


def to_markdown(results: pd.DataFrame) -> str:
    by_seed = results.groupby(["split", "model", "method", "seed"])["accuracy"].mean()
    lines = [
        "| plates | " + " | ".join(f"{model}<br>`{method}`" for model, method in COLUMNS) + " |",
        "|---|" + "---|" * len(COLUMNS),
    ]
    for split, words in ROWS.items():
        cells = []
        for column in COLUMNS:
            seeds = by_seed.loc[(split, *column)]
            cells.append(f"{seeds.mean():.3f} ({seeds.min():.2f}–{seeds.max():.2f})")
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    seeds = sorted(results["seed"].unique())
    n_wells = 72 * len(results) // len(COLUMNS) // len(ROWS)
    lines += ["", f"Seeds {', '.join(map(str, seeds))}; {n_wells} treated wells a cell; chance is 0.125."]
    return "\n".join(lines)


def write_into(document: Path, table: str) -> None:
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(START, 1)
    document.write_text(f"{before}{START}\n{table}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--write", action="store_true", help="put the table into docs/sample-models.md")
    options = parser.parse_args()
    results: list[dict[str, object]] = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            results += judge_screen(write_screen(Path(folder) / "screen", seed, DESIGN), seed)
    table = to_markdown(pd.DataFrame(results).astype({"accuracy": np.float64}))
    print(table)
    if options.write:
        write_into(DOCUMENT, table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
