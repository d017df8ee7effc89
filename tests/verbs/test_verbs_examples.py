"""The examples in the docstrings of verbs, terminal and command line are true."""

from __future__ import annotations

import doctest
import importlib
import io
import pkgutil

import pytest
import torch
from PIL import Image
from rich.console import Console

from glassnet import cli, terminal, verbs

PACKAGES = (verbs, terminal, cli)
MODULES = [
    m.name for package in PACKAGES for m in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, alone, finished_run, tmp_path):
    Image.new("L", (28, 28), 90).save(tmp_path / "picture.png")
    namespace = {
        "finished_run": finished_run, "picture_path": tmp_path / "picture.png", "tmp_path": tmp_path,
        "io": io, "Console": Console, "torch": torch,
    }  # fmt: skip
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs=namespace).failed == 0
