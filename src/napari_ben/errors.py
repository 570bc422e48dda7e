"""What can go wrong, in the words of the bench.

Every error has four parts: what went wrong and with which value, what was found or is allowed
(together the *problem*), and what to do about it (the *remedy*). Both are asked for, so none is forgotten.
Two families: the caller's argument (`ArgumentError`) and a file's content (`FileError`).
"""

__all__ = [
    "ArgumentError",
    "ChannelError",
    "ContextError",
    "DeviceError",
    "FileError",
    "MethodError",
    "ModelFileError",
    "NapariBenError",
    "PlateError",
    "PlateMapError",
    "RunFileError",
    "SaveError",
    "SelectionError",
    "SessionFileError",
]


class NapariBenError(Exception):
    """Any error that napari-ben raises on purpose.

    Parameters
    ----------
    problem
        What went wrong, the value, and what was found or is allowed; whole sentences.
    remedy
        What the person can do now; whole sentences.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["NapariBenError"], tuple[str, str]]:
        """Pickle as it was raised: errors cross process borders on a cluster."""
        return type(self), (self.problem, self.remedy)


class ArgumentError(NapariBenError, ValueError):
    """What the caller asked for cannot be done."""


class SelectionError(ArgumentError):
    """A selection such as ``A1-C12, role:treatment`` cannot be read, or selects nothing."""


class ContextError(ArgumentError):
    """The wells asked for cannot form a normalization context."""


class ChannelError(ArgumentError):
    """The model's channels cannot be found on the plate."""


class MethodError(ArgumentError):
    """The method does not fit the network or the plate."""


class DeviceError(NapariBenError, RuntimeError):
    """The device asked for is absent or has no memory left."""


class FileError(NapariBenError, ValueError):
    """A file or folder does not hold what it should."""


class PlateError(FileError):
    """A folder cannot be read as a plate."""


class PlateMapError(FileError):
    """A platemap does not fit its plate, or cannot be read."""


class ModelFileError(FileError):
    """A model file is damaged, unsafe, or not a model."""


class RunFileError(FileError):
    """A run file cannot be read or replayed."""


class SessionFileError(FileError):
    """A session file cannot be read."""


class SaveError(NapariBenError, OSError):
    """Results could not be written."""
