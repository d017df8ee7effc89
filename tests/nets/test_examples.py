"""The examples in the docstrings of the networks' modules are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from glassnet import nets

MODULES = [module.name for module in pkgutil.iter_modules(nets.__path__, "glassnet.nets.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
