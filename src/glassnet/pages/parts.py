"""What both pages are made of: a template, styles and scripts inside it, a policy of no requests."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

HOME = Path(__file__).parent


def build_page(
    template: str,
    *,
    lang: str,
    title: str,
    data: object,
    scripts: Sequence[str],
    markup: str = "",
    home: Path = HOME,
) -> str:
    """Put one HTML file together that asks nothing of any host.

    The page's policy allows only the script that is in it, by its hash, and pictures that are in it: a name
    that held a script could not run it, and could not load anything.

    Args:
        template: Name of the page's `.html` and `.css` file.
        lang: Of its words.
        title: Of the window.
        data: What the script reads; anything that JSON holds.
        scripts: Names of the `.js` files, in order.
        markup: HTML that stands in the page as it is.
        home: Folder of the page's own files; `page.css` is the same for all pages.

    Returns:
        The file.
    """
    script = "\n".join((home / f"{name}.js").read_text("utf-8") for name in scripts)
    script = f"'use strict';\n{script}"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "lang": {"zh": "zh-Hans"}.get(lang, lang),
        "title": escape(title),
        "policy": (
            f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
            "base-uri 'none'; form-action 'none'"
        ),
        "style": (HOME / "page.css").read_text("utf-8") + (home / f"{template}.css").read_text("utf-8"),
        "script": script,
        "data": json_inside_html(data),
        "markup": markup,
    }
    text = (home / f"{template}.html").read_text("utf-8")
    # in one go: what is put in is not read again
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], text)


def json_inside_html(data: object) -> str:
    r"""Write JSON that cannot end the element it stands in.

    Args:
        data: Anything that JSON holds; numbers must be finite.

    Returns:
        JSON without `<`, `>` and `&`.

    Example:
        >>> json_inside_html({"name": "</script>"})
        '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def base64_float32(tensor: torch.Tensor) -> str:
    """Write a tensor's numbers as little-endian float32 in base64.

    Args:
        tensor: Any shape.

    Returns:
        Text; float32 tensors come out bit for bit.

    Example:
        >>> import torch
        >>> base64_float32(torch.tensor([1.0]))
        'AACAPw=='
    """
    values = tensor.detach().cpu().float().contiguous().numpy()
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def png_address(image: np.ndarray) -> str:
    """Write a picture as an address that holds it.

    Args:
        image: uint8, H×W×C with C 1 or 3.

    Returns:
        `data:image/png;base64,…`.

    Example:
        >>> png_address(np.zeros((1, 1, 1), np.uint8))[:22]
        'data:image/png;base64,'
    """
    shown = image[:, :, 0] if image.shape[2] == 1 else image
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(shown)).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
