"""Work that is killed outright, at any touch of a file: nothing half-written, and the next one goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

CASES = ["an export", "an export over another", "a screen", "a comparison", "a training", "a model"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
@pytest.mark.parametrize("case", CASES)
def test_what_is_killed_leaves_the_old_or_the_new(case: str, tmp_path: Path) -> None:
    script = Path(__file__).with_name("killing.py")
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(script), case, str(tmp_path)], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout.split()[0]) > 3
