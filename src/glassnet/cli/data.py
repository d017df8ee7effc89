"""`glassnet data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def data(
    source: str,
    /,
    *,
    figures: Path | None = None,
    fresh: Flag = False,
    data_dir: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Flag = False,
) -> int:
    """Audit pictures and labels: counts, copies, doubtful labels, differences between splits.

    Args:
        source: A SOURCE of pictures.
        figures: Draw the classes, the copies and the doubtful labels into this folder.
        fresh: Look again, though an audit of these pictures is in the cache.
        data_dir: Where data sets are looked for first.
        lang: Language of the texts; otherwise GLASSNET_LANG, then the locale.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.texts import choose_language  # noqa: PLC0415 — --help loads no torch
    from glassnet.verbs.data import audited_as_data  # noqa: PLC0415
    from glassnet.verbs.data import data as data_verb  # noqa: PLC0415

    language = choose_language(lang)
    with output(json=json) as out:
        audited = data_verb(
            source, figures=figures, fresh=fresh, data_dir=data_dir, lang=language, terminal=out.terminal
        )
        out.json(audited_as_data(audited, language))
        return int(audited.found.bad)
