"""The command line: ``napari-ben``. The same plans and runs as in Python and in the window.

Results go to stdout and everything else to stderr. What a command needs is imported inside it, so that help and
``info`` answer at once, without torch.
"""

from napari_ben.cli._app import app, main

__all__ = ["app", "main"]
