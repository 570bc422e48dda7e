"""torch, loaded without stopping the window.

``import torch`` loads a library of hundreds of megabytes while it holds the interpreter: half a second in which no
other thread runs, the window's included. The system's own loader does the same with the interpreter free, and the
import then finds the library in place.
"""

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_LIBRARIES = {"linux": "libtorch_cpu.so", "darwin": "libtorch_cpu.dylib"}


def load_torch_library() -> bool:
    """Load torch's library ahead of its import; call it in a thread.

    Returns
    -------
    bool
        Whether it was loaded. It is not where torch is imported already, or where the library is not found as expected;
        then the import loads it.
    """
    spec = find_spec("torch") if "torch" not in sys.modules else None
    if spec is None or not spec.submodule_search_locations or sys.platform not in _LIBRARIES:
        return False
    path = Path(spec.submodule_search_locations[0]) / "lib" / _LIBRARIES[sys.platform]
    open_library = ctypes.CDLL(None).dlopen  # unlike ctypes.CDLL(path), a call of it lets go of the interpreter
    open_library.restype = ctypes.c_void_p
    return bool(open_library(os.fsencode(path), os.RTLD_NOW))
