"""`glassnet predict`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from glassnet.cli.app import write_json


def predict(
    run: Path,
    /,
    *pictures: str,
    net: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Tell the class of pictures, with probabilities.

    Args:
        run: The run folder.
        pictures: Files, folders and patterns such as "*.jpg".
        net: The network as file.py:Class, where the run holds code of your own that has moved.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.terminal import open_terminal  # noqa: PLC0415 — --help loads no torch
    from glassnet.verbs.predict import predict as predict_verb  # noqa: PLC0415

    told = predict_verb(run, pictures, net=net, terminal=open_terminal(json=json))
    if json:
        write_json(
            {
                "pictures": [
                    {
                        "path": picture.path,
                        "class": picture.label,
                        "probability": picture.probability,
                        "top": [{"class": name, "probability": share} for name, share in picture.top],
                    }
                    for picture in told.pictures
                ],
                "rejected": [asdict(reject) for reject in told.rejected],
            }
        )
