"""Names of channels that images give themselves."""

from collections.abc import Sequence

MAX_CHANNELS = 4096  # beyond it a number is no count of channels


def channel_names(labels: Sequence[str], count: int) -> tuple[str, ...]:
    """Names of an image's channels, each once; numbers where there is no name.

    Examples
    --------
    >>> channel_names(["DNA", "", "DNA"], 4)
    ('DNA', 'channel 2', 'DNA (3)', 'channel 4')
    """
    names: list[str] = []
    for index in range(min(count, MAX_CHANNELS)):
        name = labels[index] if index < len(labels) and labels[index] else f"channel {index + 1}"
        names.append(name if name not in names else f"{name} ({index + 1})")
    return tuple(names)
