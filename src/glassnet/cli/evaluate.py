"""`glassnet evaluate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def evaluate(
    run: Path,
    source: str | None = None,
    /,
    *,
    net: str | None = None,
    data_dir: Path | None = None,
    json: Flag = False,
) -> None:
    """Judge a run's network: accuracy with its 95 % interval, and figures per class.

    Args:
        run: The run folder.
        source: Other pictures than the run's own test split.
        net: The network as file.py:Class, where the run holds code of your own that has moved.
        data_dir: Where data sets are looked for first.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.evaluate import evaluate as evaluate_verb  # noqa: PLC0415 — --help loads no torch

    with output(json=json) as out:
        found = evaluate_verb(run, source, net=net, data_dir=data_dir, terminal=out.terminal)
        scores = asdict(found.scores)
        per_class = [{"class": entry.pop("name"), **entry} for entry in scores.pop("per_class")]
        left_out = [{"class": name, "images": count} for name, count in found.left_out.items()]
        out.json(
            {
                "run": str(run),
                "source": found.source,
                "split": found.split,
                **scores,
                "per_class": per_class,
                "left_out": left_out,
            }
        )
