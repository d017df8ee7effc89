"""Fixtures of the networks' tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests away from the person's own list of named files, from caches and from the internet."""
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("GLASSNET_OFFLINE", "1")
