"""All tests: one thread each (so that workers of pytest-xdist do not crowd each other), no connection."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is loaded; processes started by tests follow
os.environ["GLASSNET_OFFLINE"] = "1"

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the person's own list of named files."""
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path_factory.getbasetemp() / "state"))
