"""`glassnet predict`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def predict(
    run: Path,
    /,
    *pictures: str,
    net: str | None = None,
    json: Flag = False,
) -> int:
    """Tell the class of pictures, with probabilities.

    Args:
        run: The run folder.
        pictures: Files, folders and patterns such as "*.jpg".
        net: The network as file.py:Class, where the run holds code of your own that has moved.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.predict import predict as predict_verb  # noqa: PLC0415 — --help loads no torch

    with output(json=json) as out:
        found = predict_verb(run, pictures, net=net, terminal=out.terminal)
        told = [
            {
                "path": picture.path,
                "class": picture.label,
                "probability": picture.probability,
                "top": [{"class": name, "probability": share} for name, share in picture.top],
            }
            for picture in found.pictures
        ]
        out.json({"pictures": told, "rejected": [asdict(reject) for reject in found.rejected]})
        if not told:
            out.terminal.progress.print("error: none of the pictures could be read")
    return 0 if told else 1
