"""What a person would type who follows a document: its commands and its Python, as they stand there."""

import re
import shlex
from pathlib import Path

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes"
_BLOCK = re.compile(r"^```(?P<kind>console|python)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


def commands_of(document: str) -> list[list[str]]:
    """Arguments of every ``napari-ben`` command of a document, in order; other programs are passed over."""
    lines = "\n".join(_blocks(document, "console")).replace("\\\n", " ").splitlines()
    return [shlex.split(line.removeprefix("$ "))[1:] for line in lines if line.startswith("$ napari-ben ")]


def python_of(document: str) -> str:
    """All Python of a document."""
    return "\n".join(_blocks(document, "python"))


def _blocks(document: str, kind: str) -> list[str]:
    text = (RECIPES / document).read_text(encoding="utf-8")
    return [match["text"] for match in _BLOCK.finditer(text) if match["kind"] == kind]
