"""What the README promises and takes long to keep: killed trainings, and accuracies on whole data sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import glassnet

ROOT = Path(__file__).parent.parent
FASHION = Path("/usr/share/datasets/fashion-mnist")

pytestmark = pytest.mark.slow


@pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")
def test_killed_trainings_end_in_the_same_weights():
    """Faults 23: the README's script, with fewer trials."""
    script = [sys.executable, str(ROOT / "scripts" / "kill_and_resume.py"), "10", "1"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("10 of 10 bit-equal\n")


@pytest.mark.skipif(
    not FASHION.is_dir(), reason="needs the original files: apt-get install -y dataset-fashion-mnist"
)
@pytest.mark.parametrize(("recipe", "least"), [(None, 0.925), ("tutorial-mlp", 0.86)])
def test_fashion_mnist_reaches_its_accuracy(recipe, least, tmp_path):
    run = glassnet.train(None, "fashion-mnist", recipe=recipe, out=tmp_path / "run")
    assert run.info["result"]["test_accuracy"] >= least
