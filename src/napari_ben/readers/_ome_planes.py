"""From the blocks of planes that OME-XML lists to one entry a plane."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from napari_ben.errors import PlateError
from napari_ben.readers._channel_names import MAX_CHANNELS, channel_names
from napari_ben.readers._index import PlaneIndex
from napari_ben.readers._ome_model import Block, Document, Image, Sample

MAX_PLANES = 1 << 22
_PLACE = {"Z": 0, "C": 1, "T": 2}


@dataclass
class Rows:
    """Columns of a plane index while they are filled.

    Parameters
    ----------
    wells, fields, channels, files, z, times, pages, acquisitions, y_um, x_um
        As in `PlaneIndex`.
    blank
        Wells of fields that have no image.
    seen
        Number of fields that each well and acquisition has so far.
    """

    wells: list[str] = field(default_factory=list)
    fields: list[int] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    z: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    acquisitions: list[str] = field(default_factory=list)
    y_um: list[float] = field(default_factory=list)
    x_um: list[float] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)
    seen: "Counter[tuple[str, str]]" = field(default_factory=Counter)

    def index(self) -> PlaneIndex:
        """Give the columns that say something."""
        has_places = not any(map(isnan, self.y_um)) and not any(map(isnan, self.x_um))
        return PlaneIndex(
            wells=self.wells,
            fields=self.fields,
            channels=self.channels,
            files=self.files,
            z=self.z if any(self.z) else (),
            times=self.times if any(self.times) else (),
            pages=self.pages if any(self.pages) else (),
            acquisitions=self.acquisitions if any(self.acquisitions) else (),
            y_um=self.y_um if has_places else (),
            x_um=self.x_um if has_places else (),
        )


def add_planes(rows: Rows, document: Document, file: str, folder: str) -> None:
    """Add the planes of a document.

    Parameters
    ----------
    rows
        To add to.
    document
        Plate and images.
    file
        The TIFF that the document is in; empty where it is a file of its own.
    folder
        That the document's file names are relative to, within the plate's; empty where it is the plate's.

    Raises
    ------
    PlateError
        When it claims more planes than a plate can have.
    """
    acquisition_of = {sample: name for name, samples in document.acquisitions.items() for sample in samples}
    for key, sample in document.samples.items():
        image = document.images.get(sample.image)
        if image is None:
            rows.blank.append(sample.well)
            continue
        acquisition = acquisition_of.get(key, "")
        rows.seen[sample.well, acquisition] += 1
        number = rows.seen[sample.well, acquisition]
        before = len(rows.files)
        _add_image(rows, image, file, f"{folder}/" if folder else "")
        added = len(rows.files) - before
        y_um, x_um = _corner(sample, image)
        _repeat(added, (rows.wells, sample.well), (rows.fields, number), (rows.acquisitions, acquisition))
        _repeat(added, (rows.y_um, y_um), (rows.x_um, x_um))


def _repeat(count: int, *columns: tuple[list[Any], Any]) -> None:
    for column, value in columns:
        column += [value] * count


def _corner(sample: Sample, image: Image) -> tuple[float, float]:
    return (image.y_um, image.x_um) if isnan(sample.y_um) or isnan(sample.x_um) else (sample.y_um, sample.x_um)


def _add_image(rows: Rows, image: Image, file: str, prefix: str) -> None:
    names = channel_names(image.channels, image.sizes[1])
    for block in image.blocks:
        path = f"{prefix}{block.file}" if block.file else file
        for (z, c, t), page in _planes(image, block, MAX_PLANES - len(rows.files)) if path else ():
            rows.files.append(path)
            rows.pages.append(page)
            rows.channels.append(names[c])
            rows.z.append(z)
            rows.times.append(t)


def _planes(image: Image, block: Block, room: int) -> Iterator[tuple[tuple[int, int, int], int]]:
    """Places (z, c, t) and pages of a block: planes follow each other in the order of the image's dimensions."""
    order = [_PLACE[axis] for axis in image.order[2:] if axis in _PLACE]
    order = order if sorted(order) == [0, 1, 2] else [1, 0, 2]
    sizes = [max(1, size) for size in image.sizes]
    steps, total = [0, 0, 0], 1
    for place in order:
        steps[place] = total
        total *= sizes[place]
    start = sum(first * step for first, step in zip(block.first, steps, strict=True))
    count = block.count if block.count is not None else (total if block.page is None else 1)
    stop = min(start + count, total)
    if stop - start > room or sizes[1] > MAX_CHANNELS:
        raise PlateError(
            f"The OME-XML claims {image.sizes} planes (z, channel, time) an image.", "Export the plate again."
        )
    for linear in range(start, stop):
        z, c, t = (linear // step % size for step, size in zip(steps, sizes, strict=True))
        yield (z, c, t), (block.page or 0) + linear - start
