"""The pictures of the guide, made by its own commands.

usage: python scripts/guide_pictures.py      writes docs/images/see; needs chromium for a picture of the page
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from readme import examples, run_here, write_files

DOCS = Path(__file__).parent.parent / "docs"
PLACES = {"see.md": DOCS / "images" / "see", "see.zh-CN.md": DOCS / "images" / "see" / "zh"}
PICTURES = ("conv.gif", "pool.gif", "curves.png", "graph.svg", "backward.svg", "resnet.svg")
BROWSER = ("chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1180,980")


def main() -> None:
    """Run the commands that write a file, and keep what the guide shows."""
    for guide, place in PLACES.items():
        place.mkdir(parents=True, exist_ok=True)
        text = (DOCS / guide).read_text("utf-8")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            write_files(text, folder)
            for example in examples(text):
                if any(option in example.command for option in ("--gif", "--html", "--curves", "graph")):
                    print(run_here(folder, example.command))
            for picture in PICTURES:
                shutil.copy(folder / picture, place / picture)
            subprocess.run(
                [*BROWSER, f"--screenshot={place / 'page.png'}", f"file://{folder / 'conv.html'}"],
                check=True, capture_output=True, timeout=120,
            )  # fmt: skip


if __name__ == "__main__":
    main()
