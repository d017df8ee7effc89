"""`glassnet evaluate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from glassnet.cli.app import write_json


def evaluate(
    run: Path,
    source: str | None = None,
    /,
    *,
    net: str | None = None,
    data_dir: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Judge a run's network: accuracy with its 95 % interval, and figures per class.

    Args:
        run: The run folder.
        source: Other pictures than the run's own test split.
        net: The network as file.py:Class, where the run holds code of your own that has moved.
        data_dir: Where data sets are looked for first.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.terminal import open_terminal  # noqa: PLC0415 — --help loads no torch
    from glassnet.verbs.evaluate import evaluate as evaluate_verb  # noqa: PLC0415

    evaluation = evaluate_verb(run, source, net=net, data_dir=data_dir, terminal=open_terminal(json=json))
    if json:
        scores = asdict(evaluation.scores)
        per_class = [{"class": entry.pop("name"), **entry} for entry in scores.pop("per_class")]
        write_json(
            {
                "run": str(run),
                "source": evaluation.source,
                "split": evaluation.split,
                **scores,
                "per_class": per_class,
            }
        )
