"""ImageXpress plates as MetaXpress stores them (dates, GUIDs, thumbnails) and exports them (with ``.HTD`` files).

File names say what each image is. The plate file adds what was to be imaged and the names of the channels; headers of
a handful of images add the pixel's size and where the sites of a well lie, which is the same in every well.
"""

from dataclasses import replace
from pathlib import Path

from napari_ben.errors import PlateError
from napari_ben.plates import sort_wells
from napari_ben.readers._concurrently import read_all
from napari_ben.readers._htd import Htd, read_htd
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._metaseries import MetaSeries, read_metaseries
from napari_ben.readers._naming import read_names, spread, unread_problem, vote
from napari_ben.readers._namings import NAMINGS
from napari_ben.readers._place import Place
from napari_ben.readers._plate_name import file_kind, plate_name

MOST_SITES = 25  # whose headers are read; more sites are laid out by their numbers
_NAMING = NAMINGS["imagexpress"]
_PREFIX = _NAMING.channel_prefix


def refuse_imagexpress(place: Place) -> str | None:
    """Why a place is no ImageXpress plate, in words; None when it is one."""
    if not place.is_folder and place.path.suffix.lower() != ".htd":
        return "it is neither a folder nor an HTD file"
    try:
        images = place.whole.images
    except PlateError as error:
        return error.problem
    if not images:
        return "it holds no TIFF files"
    if vote(images, NAMINGS) is not _NAMING:
        return "it holds no images that are named as MetaXpress names them"
    return None


def index_imagexpress(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of an ImageXpress plate.

    Raises
    ------
    PlateError
        When no name can be read.
    """
    images = place.whole.images
    index, unread = read_names(images, _NAMING)
    if not len(index):
        raise PlateError(
            f"No file in {place.folder} is named as MetaXpress names images.", "Choose the plate's folder."
        )
    htd, problems = _plate_file(place)
    sites, waves = _headers(place.folder, index)
    names = _channel_names(htd, waves)
    channels = [names.get(channel, channel) for channel in index.channels]
    name, experiment = plate_name(place.folder)
    facts = PlateFacts(
        name=name,
        layout=f"{file_kind(spread(index.files))} folder, ImageXpress{' with HTD' if htd else ' names'}",
        channels=tuple(names[wave] for wave in sorted(names, key=_wave)),
        format=htd.format if htd and all(map(htd.format.holds, set(index.wells))) else None,
        experiment=experiment,
        pixel_um=next((head.pixel_um for head in (*sites.values(), *waves.values()) if head.pixel_um), None),
        projection=_NAMING.projection,
        problems=(*problems, *unread_problem(unread), *(_incomplete(htd, index, names) if htd else ())),
    )
    y_um, x_um = _positions(index, sites)
    return replace(index, channels=channels, y_um=y_um, x_um=x_um), facts


def _plate_file(place: Place) -> tuple[Htd | None, tuple[str, ...]]:
    files = [name for name in place.whole.others if name.lower().endswith(".htd")]
    if not files:
        return None, ()
    shallowest = min(files, key=lambda name: (name.count("/"), name))
    try:
        return read_htd(place.folder / shallowest), ()
    except PlateError as error:  # the names alone make the plate
        return None, (error.problem,)


def _headers(folder: Path, index: PlaneIndex) -> tuple[dict[int, MetaSeries], dict[str, MetaSeries]]:
    """Headers of one image of each site of one well, and of one image of each channel."""
    well = index.wells[0]
    sites: dict[int, str] = {}
    waves: dict[str, str] = {}
    for name, site, channel, file in zip(index.wells, index.fields, index.channels, index.files, strict=True):
        waves.setdefault(channel, file)
        if name == well:
            sites.setdefault(int(site), file)
    if len(sites) > MOST_SITES:
        sites = {}
    files = list(dict.fromkeys([*sites.values(), *waves.values()]))
    heads = dict(zip(files, read_all(lambda file: read_metaseries(folder / file), files), strict=True))
    return (
        {site: head for site, file in sites.items() if (head := heads[file])},
        {wave: head for wave, file in waves.items() if (head := heads[file])},
    )


def _channel_names(htd: Htd | None, waves: dict[str, MetaSeries]) -> dict[str, str]:
    """Names of w1, w2, …, where all are known and differ."""
    names = {wave: head.channel for wave, head in waves.items()}
    if htd and any(htd.channels):
        names = {f"{_PREFIX}{number}": name for number, name in enumerate(htd.channels, 1)}
    differ = len(set(names.values())) == len(names) and all(names.values())
    return names if differ else {}


def _wave(wave: str) -> int:
    return int(wave.removeprefix(_PREFIX))


def _positions(index: PlaneIndex, sites: dict[int, MetaSeries]) -> tuple[list[float], list[float]]:
    places = {
        site: (head.y_um, head.x_um) for site, head in sites.items() if head.y_um is not None and head.x_um is not None
    }
    numbers = set(map(int, index.fields))
    if not numbers <= set(places) or len(set(places.values())) < len(numbers):
        return [], []
    return [places[int(site)][0] for site in index.fields], [places[int(site)][1] for site in index.fields]


def _incomplete(htd: Htd, index: PlaneIndex, names: dict[str, str]) -> tuple[str, ...]:
    problems = []
    if absent := sort_wells(set(htd.wells) - set(index.wells)):
        shown = ", ".join(absent[:6]) + (" …" if len(absent) > 6 else "")
        problems.append(f"Wells selected for imaging that have no image: {len(absent)} of {len(htd.wells)} ({shown}).")
    if lacking := [name for wave, name in names.items() if wave not in set(index.channels)]:
        problems.append(f"Channels that were to be imaged but have no image: {', '.join(lacking)}.")
    n_times = max(1, len(set(index.times)))
    if n_times < htd.n_times:
        problems.append(f"Of {htd.n_times} time points that were to be imaged, {n_times} can be found.")
    return tuple(problems)
