"""What `torch.compile` made is run as plain code: looking at it does not wait for a compiler."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncompiled() -> Iterator[None]:
    """Run what `torch.compile` made as plain code; nothing is loaded where nothing was compiled.

    Yields:
        Nothing.
    """
    if "torch._dynamo" not in sys.modules:
        yield
        return
    with torch.compiler.set_stance("force_eager"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using `torch.compile", UserWarning)  # of hooks, which are ours
        yield
