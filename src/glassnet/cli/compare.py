"""`glassnet compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def compare(
    *runs: Path,
    html: Path | None = None,
    data_dir: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Flag = False,
) -> None:
    """Compare runs: recipes, accuracy with McNemar's test, speed and size.

    Args:
        runs: Two or more run folders.
        html: Write the comparison as an offline page into this file.
        data_dir: Where data sets are looked for first.
        lang: Language of the texts; otherwise GLASSNET_LANG, then the locale.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.compare import compare as compare_verb  # noqa: PLC0415 — --help loads no torch
    from glassnet.verbs.comparison_data import comparison_as_data  # noqa: PLC0415

    with output(json=json) as opened:
        found = compare_verb(*runs, html=html, lang=lang, data_dir=data_dir, terminal=opened.terminal)
        opened.json({**comparison_as_data(found), "page": None if html is None else str(html)})
