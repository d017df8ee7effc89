"""All tests: one thread each (so that workers of pytest-xdist do not crowd each other), no connection.

They share one small finished run.
"""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is loaded; processes started by tests follow
os.environ["GLASSNET_OFFLINE"] = "1"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process of a test compiles all of glassnet

from typing import TYPE_CHECKING

import pytest
import torch

from glassnet.run import Run

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the person's own list of named files, and from their cache."""
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path_factory.getbasetemp() / "state"))
    monkeypatch.setenv("GLASSNET_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory) -> Run:
    """Train once for all tests; nobody writes into this one."""
    from glassnet.verbs.train import train

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSNET_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        return train("lenet", "fashion-mini", epochs=0.1, out=tmp_path_factory.mktemp("runs") / "finished")


@pytest.fixture
def finished_run(shared_run: Run, tmp_path: Path) -> Run:
    """A copy of the shared run that a test may change."""
    return Run(shutil.copytree(shared_run.path, tmp_path / "finished"))


@pytest.fixture
def alone(tmp_path_factory, tmp_path, monkeypatch) -> None:
    """Keep a test away from the person's own files, from caches and from the internet."""
    for name in ("CACHE", "STATE"):
        monkeypatch.setenv(f"GLASSNET_{name}", str(tmp_path_factory.mktemp(name)))
    monkeypatch.setenv("GLASSNET_OFFLINE", "1")
    for name in ("GLASSNET_DATA", "GLASSNET_DATA_MIRROR", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def animals(tmp_path) -> Path:
    """A folder of three classes with Chinese names that differ in colour: 12 training, 4 test pictures."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(0)
    for split, count in (("train", 12), ("test", 4)):
        for channel, name in enumerate(("猫", "狗", "小 鸟's")):
            folder = tmp_path / "动物" / split / name
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = random.integers(0, 80, (20, 16, 3), dtype=np.uint8)
                pixels[..., channel] += 120
                Image.fromarray(pixels).save(folder / f"图{index}.png")
    return tmp_path / "动物"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Generator[None, object, object]:
    """Fail instead of skip for a missing system package where `.ci/run` has installed them all."""
    report = yield
    missing = call.excinfo is not None and "apt-get install" in str(call.excinfo.value)
    if missing and report.skipped and os.environ.get("GLASSNET_TESTS_NEED_SYSTEM_PACKAGES"):
        report.outcome = "failed"
        report.longrepr = f"a system package is missing: {call.excinfo.value}"
    return report
