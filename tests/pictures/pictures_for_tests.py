"""Pictures made for the tests."""

from __future__ import annotations

import numpy as np
from PIL import Image


def noise(number: int, size: tuple[int, int] = (20, 16), mode: str = "RGB") -> Image.Image:
    """Make a picture that differs from all others."""
    random = np.random.default_rng(number)
    image = Image.fromarray(random.integers(0, 256, (size[1], size[0], 3), np.uint8))
    return image.convert(mode)
