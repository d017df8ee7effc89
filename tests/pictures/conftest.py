"""Every test has its own cache and no connection; `make_folder` lays out real picture files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from typing import TYPE_CHECKING

from pictures_for_tests import noise

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GLASSNET_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("GLASSNET_OFFLINE", "1")
    monkeypatch.delenv("GLASSNET_DATA", raising=False)
    monkeypatch.delenv("GLASSNET_DATA_MIRROR", raising=False)


@pytest.fixture
def make_folder(tmp_path) -> Callable[..., Path]:
    """Write two pictures (PNG) into each of the named folders."""

    def make(
        *names: str, name: str = "pictures", size: tuple[int, int] = (20, 16), mode: str = "RGB"
    ) -> Path:
        root = tmp_path / name
        for number, folder in enumerate(names or ("cat", "dog")):
            (root / folder).mkdir(parents=True, exist_ok=True)
            for copy in range(2):
                noise(2 * number + copy, size, mode).save(root / folder / f"{copy}.png")
        return root

    return make
