"""Every plate of a folder of collections: its layout, what it holds, how long its index takes, what is wrong with it.

    python benchmarks/real_plates.py FOLDER [--write]

Each folder within is opened as a screen, and each of its plates again, three times, for the time (the median, without
the cache of indices). ``--write`` puts the table into docs/layouts.md.
"""

import argparse
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from statistics import median

from napari_ben.errors import NapariBenError
from napari_ben.plates import Plate
from napari_ben.readers import open_plate, open_screen

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "layouts.md"
START, END = "<!-- real plates: start -->", "<!-- real plates: end -->"
HEAD = "| collection | plate | layout | wells | fields | channels | field | index, ms | problems |\n" + "|---" * 9 + "|"


def milliseconds(plate: Plate) -> float:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        open_plate(plate.path)
        taken.append(1e3 * (time.perf_counter() - start))
    return median(taken)


def row_of(collection: str, plate: Plate, more_like_it: str) -> str:
    height, width = plate.shape
    first = plate.problems[0] if plate.problems else ""
    more = f" (and {len(plate.problems) - 1} more)" if len(plate.problems) > 1 else ""
    cells = (
        collection, plate.name + more_like_it, plate.layout,
        f"{len(plate.imaged)} of {plate.format.n_wells}", len(plate.fields),
        len(plate.channels), f"{height}×{width} {plate.dtype}", f"{milliseconds(plate):.1f}", first + more,
    )  # fmt: skip
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def rows(folder: Path) -> Iterator[str]:
    for collection in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            screen = open_screen(collection)
        except NapariBenError as error:
            yield f"| {collection.name} | | | | | | | | {error.problem} |"
            continue
        for alike in groupby(screen.plates, key=lambda plate: (plate.layout, len(plate.fields), plate.problems)):
            plates = list(alike[1])
            more = f" and {len(plates) - 1} more like it" if len(plates) > 1 else ""
            yield row_of(collection.name, plates[0], more)
        yield from (f"| {collection.name} | | | | | | | | {problem} |" for problem in screen.problems)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="put the table into docs/layouts.md")
    options = parser.parse_args()
    table = "\n".join([HEAD, *(row.replace(str(options.folder.absolute()), "…") for row in rows(options.folder))])
    print(table)
    if options.write:
        before, rest = DOCUMENT.read_text(encoding="utf-8").split(START)
        DOCUMENT.write_text(f"{before}{START}\n{table}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
