"""A run that is killed outright, in a process of its own, goes on to the same losses."""

import subprocess
import sys
from pathlib import Path

import pytest

from napari_ben.training import TrainingConfig, fit

from .conftest import make_data
from .test_loop import drain

CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from conftest import make_data
from napari_ben.training import TrainingConfig, fit
config = TrainingConfig.model_validate_json({config!r})
for epoch in fit(make_data(), config, checkpoint=Path({checkpoint!r})):
    print(epoch.number, epoch.is_complete, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["cs-arm-bn", "arm-cml"])
def test_a_process_that_is_killed_loses_at_most_an_epoch(tmp_path: Path, method: str):
    config = TrainingConfig(
        method=method,
        architecture="resnet10",
        options={"width": 8, "context_width": 4},
        epochs=4,
        batch_size=4,
        control_batch_size=4,
        accumulation=1,
        validation_by="well",
        validation_share=0.3,
    )
    checkpoint = tmp_path / "run.checkpoint"
    folder = str(Path(__file__).parent)
    code = CHILD.format(folder=folder, config=config.model_dump_json(), checkpoint=str(checkpoint))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:  # noqa: S603
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("3 False"):  # two epochs are kept, the third is on its way
                child.kill()
                break
        child.stdout.read()
    assert child.returncode != 0
    epochs, resumed = drain(fit(make_data(), config, checkpoint=checkpoint))
    assert epochs[0].number == 3
    _, whole = drain(fit(make_data(), config))
    assert resumed.losses == pytest.approx(whole.losses, rel=1e-6)
    assert resumed.accuracies == whole.accuracies
