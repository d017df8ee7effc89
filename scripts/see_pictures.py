"""The README's pictures of one number and of a layer's feature maps, in English and Chinese.

usage: python scripts/see_pictures.py RUN PICTURE docs/images      (needs chromium)

RUN and PICTURE are those of the README's examples: `runs/mine` and `picture-0.png`, see `scripts/readme.py`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import glassnet
from readme_picture import screenshot

LAYER, NUMBER = "features.0", "[0,8,19,17]"
WIDTH, HEIGHT, MARGIN = 1240, 1400, 24  # pixels; the height is more than the page needs


def trim(file: Path) -> None:
    """Cut off what is empty at the foot of a picture, but for a margin."""
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    pixels = np.asarray(picture)
    rows = np.flatnonzero((pixels != pixels[-1, 0]).any(axis=(1, 2)))
    picture.crop((0, 0, picture.width, min(rows[-1] + MARGIN, picture.height))).save(file, optimize=True)


def main(run: Path, picture: Path, target: Path) -> None:
    """Write the pictures."""
    for lang, ending in {"en": ".png", "zh": ".zh-CN.png"}.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            glassnet.explain(run, picture, at=LAYER + NUMBER, html=folder / "number.html", lang=lang)
            screenshot(folder / "number.html", target / f"see-number{ending}", WIDTH, HEIGHT)
            trim(target / f"see-number{ending}")
            glassnet.look(run, picture, maps=LAYER, out=folder, lang=lang)
            shutil.copy(folder / f"maps-{LAYER}.png", target / f"see-maps{ending}")


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:]))
