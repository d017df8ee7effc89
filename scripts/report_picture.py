"""The README's picture of a report: its head, curves and confusion matrix with the pictures of one cell.

usage: python scripts/report_picture.py RUN docs/images      (needs chromium)

RUN is a finished run on CIFAR-10; the cell is the most frequent mistake.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from PIL import Image

import glassnet
from readme_picture import screenshot

WIDTH, HEIGHT = 1240, 2232  # pixels
CLICK = """<script>
const cells = [...document.querySelectorAll('.matrix button.wrong')];
cells.sort((a, b) => b.dataset.count - a.dataset.count)[0].click();
</script>"""


def main(run: Path, target: Path) -> None:
    """Write the pictures, in English and Chinese."""
    for lang, ending in {"en": ".png", "zh": ".zh-CN.png"}.items():
        with tempfile.TemporaryDirectory() as folder:
            page = glassnet.report(run, lang=lang, out=Path(folder) / "report.html").path
            # the page's own policy lets no other script run, so this copy has none
            text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text("utf-8"))
            page.write_text(text.replace("</body>", f"{CLICK}</body>"), "utf-8")
            file = target / f"report{ending}"
            screenshot(page, file, WIDTH, HEIGHT)
            with Image.open(file) as opened:
                opened.convert("RGB").save(file, optimize=True)


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:]))
