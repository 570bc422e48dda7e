"""Fixtures that every test may use."""

from pathlib import Path

import pytest

REALDATA = Path(__file__).resolve().parents[2] / "shared" / "realdata"


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real plates, kept beside the project and never inside it."""
    if not REALDATA.is_dir():
        pytest.skip("the real plates are not beside this checkout (../shared/realdata)")
    return REALDATA
