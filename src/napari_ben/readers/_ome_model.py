"""What an OME-XML document says of a plate and its images; filled while the document is heard."""

from dataclasses import dataclass, field

from napari_ben.plates import FORMATS, PlateFormat


@dataclass
class Sample:
    """One field of a well, as the plate lists it.

    Parameters
    ----------
    well
        Name.
    image
        Identifier of its image; empty when it has none.
    y_um, x_um
        Place within the well; NaN when unknown.
    """

    well: str
    image: str = ""
    y_um: float = float("nan")
    x_um: float = float("nan")


@dataclass
class Block:
    """Planes that lie one after another in a file.

    Parameters
    ----------
    file
        Name; empty for the file that holds the document.
    page
        Of the first plane; None where all planes of the file are meant.
    first
        (z, c, t) of the first plane.
    count
        Of planes; None where nothing is written.
    """

    file: str = ""
    page: int | None = None
    first: tuple[int, int, int] = (0, 0, 0)
    count: int | None = None


@dataclass
class Image:
    """One image: its size, channels and planes.

    Parameters
    ----------
    order
        Of dimensions, such as ``XYCZT``.
    sizes
        Of z, c and t.
    channels
        Names; numbered where there is none.
    blocks
        Where its planes are.
    pixel_um
        Side of a pixel, µm.
    y_um, x_um
        Stage position of its first plane; NaN when unknown.
    """

    order: str = "XYCZT"
    sizes: tuple[int, int, int] = (1, 1, 1)
    channels: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    pixel_um: float | None = None
    y_um: float = float("nan")
    x_um: float = float("nan")


@dataclass
class Document:
    """A plate and its images.

    Parameters
    ----------
    name, rows, columns
        Of the plate.
    naming
        Conventions by which rows and columns are named.
    samples
        By their identifiers.
    acquisitions
        Name of each acquisition, and identifiers of its samples.
    images
        By their identifiers.
    n_plates
        In the document.
    metadata_file
        Name of the document that this one stands for.
    problems
        What does not add up.
    """

    name: str = ""
    rows: int = 0
    columns: int = 0
    naming: tuple[str, str] = ("letter", "number")
    samples: dict[str, Sample] = field(default_factory=dict)
    acquisitions: dict[str, list[str]] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    n_plates: int = 0
    metadata_file: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def format(self) -> PlateFormat | None:
        """Rows and columns where they are those of a usual plate."""
        usual = FORMATS.get(self.rows * self.columns)
        return usual if usual == PlateFormat(self.rows, self.columns) else None
