"""The authors' own code, where a person has it: a checkout of theirs, named by an environment variable.

None of it is part of this project. Without a checkout these tests are skipped; the closed-form tests of the same
methods always run.
"""

import importlib
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

CHECKOUTS = {
    "cs_arm_bn": "NAPARI_BEN_REF_CSARMBN",  # github.com/ml-jku/cs-arm-bn
    "ben": "NAPARI_BEN_REF_BEN",  # github.com/microsoft/batch-effects-normalization
    "arm": "NAPARI_BEN_REF_ARM",  # github.com/henrikmarklund/arm
    "deepnoise": "NAPARI_BEN_REF_DEEPNOISE",  # github.com/Scu-sen/Recursion-Cellular-Image-Classification-Challenge
    "efaar": "NAPARI_BEN_REF_EFAAR",  # github.com/recursionpharma/EFAAR_benchmarking
}


class Checkout:
    """A reference repository whose modules can be imported for one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str) -> ModuleType:
        with warnings.catch_warnings(action="ignore"):
            return importlib.import_module(name)


@pytest.fixture
def checkout(request, monkeypatch):
    """Checkout of the reference named by the test module's ``REFERENCE``."""
    variable = CHECKOUTS[request.module.REFERENCE]
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} names no checkout of the authors' code")
    before = set(sys.modules)
    monkeypatch.syspath_prepend(folder)
    yield Checkout(Path(folder))
    for name in set(sys.modules) - before:
        module_file = getattr(sys.modules[name], "__file__", None) or ""
        if module_file.startswith(folder):
            del sys.modules[name]


def shifted_batches():
    """(300, 12) embeddings of five batches that differ in place and spread, their batches, and which are controls."""
    random = np.random.default_rng(4)
    batches = np.repeat([f"plate {number}" for number in range(5)], 60).astype(object)
    mixing = random.normal(size=(12, 12))
    shift = random.normal(size=(5, 12)).repeat(60, axis=0)
    spread = random.uniform(0.5, 2, size=(5, 12)).repeat(60, axis=0)
    return (random.normal(size=(300, 12)) * spread) @ mixing + shift, batches, np.tile([True] * 24 + [False] * 36, 5)


def same_up_to_signs(ours, theirs):
    """Largest difference once each column has the sign of its counterpart: principal axes have none of their own."""
    signs = np.sign(np.sum(ours * theirs, axis=0))
    return float(np.abs(ours * signs - theirs).max())
