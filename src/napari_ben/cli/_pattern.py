"""What a pattern makes of a folder's names, for ``info --pattern``."""

from dataclasses import asdict
from pathlib import Path
from typing import Any


def describe_pattern(path: Path, pattern: str) -> dict[str, Any]:
    """Try a pattern on all image files of a folder; the fields of `PatternPreview`."""
    from napari_ben.readers import Place, pattern_images, preview_pattern

    images = pattern_images(Place(path.absolute()), pattern)
    return asdict(preview_pattern(images, pattern, len(images)))


def pattern_in_words(preview: dict[str, Any]) -> str:
    """Lines for a terminal.

    Examples
    --------
    >>> from napari_ben.readers import preview_pattern
    >>> preview = preview_pattern(["A01_1.tif", "A02_1.tif", "x.tif"], "(?P<well>A..)_(?P<field>.).tif")
    >>> print(pattern_in_words(asdict(preview)))
      pattern   matches 2 of 3 names, not 'x.tif'
      example   A01_1.tif: well A01, field 1, channel 1
      example   A02_1.tif: well A02, field 1, channel 1
      values    2 well: A01, A02
      values    1 field: 1
      values    1 channel: 1
    """
    unmatched = ", ".join(map(repr, preview["unmatched"]))
    counts = f"  pattern   matches {preview['n_matched']} of {preview['n_tried']} names"
    lines = [f"{counts}, not {unmatched}" if unmatched else counts]
    for name, said in preview["examples"]:
        lines.append(f"  example   {name}: " + ", ".join(f"{word} {value}" for word, value in said.items()))
    for word, (count, values) in preview["values"].items():
        lines.append(f"  values    {count} {word}: {', '.join(values)}" + (" …" if count > len(values) else ""))
    if preview["problem"]:
        lines.append(f"  problem   {preview['problem']}")
    return "\n".join(lines)
