"""Where results that can be computed again are kept: the operating system's own cache folder.

``NAPARI_BEN_CACHE`` names another folder, for a cluster's scratch disk or a test.
"""

import os
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """Give the folder for one kind of cached file, such as ``umap``; it may not exist yet."""
    chosen = os.environ.get("NAPARI_BEN_CACHE")
    if chosen:
        return Path(chosen) / kind
    import pooch

    return Path(pooch.os_cache("napari-ben")) / kind


def keep_newest(folder: Path, pattern: str, count: int) -> None:
    """Delete all but the `count` newest files of `folder` whose names match."""
    files = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[count:]:
        path.unlink(missing_ok=True)


def keep_below(folder: Path, pattern: str, most: int) -> None:
    """Delete the matching files of `folder` that were not used for longest, until the rest has `most` bytes."""
    files = [(path, path.stat()) for path in folder.glob(pattern)]
    total = 0
    for path, state in sorted(files, key=lambda file: file[1].st_mtime, reverse=True):
        total += state.st_size
        if total > most:
            path.unlink(missing_ok=True)
