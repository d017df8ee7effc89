"""The picture at the head of the README: what the first command prints, and predictions, as one PNG.

usage: python scripts/readme_picture.py README.md RUN docs/images/train.png      (needs chromium)

The text is the README's own first example; RUN is the run that it made.
"""

from __future__ import annotations

import base64
import html
import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import glassnet
from glassnet.draw import draw_predictions
from glassnet.evaluation.predictions import read_predictions

PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #fff; width: 1240px; font-family: "DejaVu Sans", sans-serif }}
pre {{ margin: 0; padding: 22px 26px; background: #14181d; color: #d7dde4; border-radius: 12px;
  font: 13.5px/1.45 "DejaVu Sans Mono", monospace }}
b {{ color: #fff }} i {{ font-style: normal; color: #8b98a5 }} u {{ text-decoration: none; color: #56c271 }}
img {{ display: block; width: 1160px; margin: 18px auto 0 }}
</style><pre>{text}</pre><img src="data:image/png;base64,{image}">"""
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


def coloured(text: str) -> str:
    """Mark up an output as the terminal shows it: names bold, reasons grey, bars green."""
    lines, in_recipe = [], False
    for line in html.escape(text, quote=False).splitlines():
        in_recipe = line == "recipe" or (in_recipe and line.startswith(" "))
        line = re.sub(r"^(\$ .*|[a-z]+(?= )|recipe$)", r"<b>\1</b>", line)  # noqa: PLW2901
        line = re.sub(r"([▁-█]+)$", r"<u>\1</u>", line)  # noqa: PLW2901
        if in_recipe:
            line = re.sub(r"^( +\S+ +\S+ +)(.*)$", r"\1<i>\2</i>", line)  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


def predictions_png(run: Path) -> bytes:
    """Draw predictions of a run on fashion-mini's test pictures."""
    predictions = read_predictions(run / "predictions-test.npz")
    test = glassnet.load("fashion-mini")["test"]
    indices = np.linspace(0, len(test) - 1, 24).round().astype(int)
    predicted = predictions.predicted[indices]
    figure = draw_predictions(
        test.batch(indices), predictions.labels[indices].tolist(), predicted.tolist(),
        predictions.probabilities[indices, predicted].tolist(), predictions.classes,
    )  # fmt: skip
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=120)
    return buffer.getvalue()


def screenshot(page: Path, target: Path, width: int, height: int) -> None:
    """Write what a browser shows of a page as a PNG; width and height in pixels."""
    chromium = shutil.which("chromium") or sys.exit("chromium is missing: apt-get install chromium")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [chromium, *CHROMIUM, f"--user-data-dir={profile}", f"--window-size={width},{height}",
             f"--screenshot={target.resolve()}", page.resolve().as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip


def main(readme: Path, run: Path, target: Path) -> None:
    """Write the picture."""
    block = re.search(r"^```console\n(\$ glassnet train .*?)^```$", readme.read_text("utf-8"), re.M | re.S)
    if block is None:
        raise SystemExit(f"{readme} has no example of glassnet train")
    text = coloured(block[1])
    page = PAGE.format(text=text, image=base64.b64encode(predictions_png(run)).decode())
    height = 75 + 19.6 * text.count("\n") + 1160 * 5.7 / 11.6 + 30
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_text(page, "utf-8")
        screenshot(Path(folder) / "page.html", target, 1240, round(height))


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:]))
