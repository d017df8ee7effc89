"""`glassnet report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def report(
    run: Path,
    /,
    *,
    out: Path | None = None,
    net: str | None = None,
    data_dir: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Flag = False,
) -> None:
    """Write a run as one offline HTML page that can be sent to a colleague.

    Args:
        run: The run folder.
        out: The file; otherwise report.html in the run folder.
        net: The network as file.py:Class, where the run holds code of your own that has moved.
        data_dir: Where data sets are looked for first.
        lang: Language of the texts; otherwise GLASSNET_LANG, then the locale.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.report import report as report_verb  # noqa: PLC0415 — --help loads no torch

    with output(json=json) as opened:
        written = report_verb(run, lang=lang, out=out, net=net, data_dir=data_dir, terminal=opened.terminal)
        opened.json(
            {
                "run": str(run),
                "report": str(written.path),
                "bytes": written.bytes,
                "split": written.split,
                "left_out": written.left_out,
                "seconds": {name: round(seconds, 3) for name, seconds in written.seconds.items()},
            }
        )
