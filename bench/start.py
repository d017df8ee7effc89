"""How long a start takes: until PyTorch is imported, or until the first step of a training.

usage: python bench/start.py torch|step

The process ends there, so that its whole time is the answer.
"""

from __future__ import annotations

import os
import sys
import tempfile

if sys.argv[1] == "torch":
    import torch  # noqa: F401
else:
    import glassnet
    from glassnet.training import loop

    real = loop._take_step

    def first(*arguments: object) -> None:
        real(*arguments)  # pyright: ignore[reportArgumentType]
        os._exit(0)

    loop._take_step = first
    glassnet.train(None, "fashion-mini", out=tempfile.mkdtemp())
os._exit(0)
