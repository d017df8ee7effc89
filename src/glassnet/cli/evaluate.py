"""`glassnet evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def evaluate(
    run: Path,
    source: str | None = None,
    /,
    *,
    net: str | None = None,
    split: Literal["test", "val", "train"] | None = None,
    flip: Flag = False,
    figures: Path | None = None,
    csv: Path | None = None,
    parquet: Path | None = None,
    data_dir: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Flag = False,
) -> None:
    """Judge a run's network: accuracy, figures per class, confusion, calibration, mistakes.

    Args:
        run: The run folder.
        source: Other pictures than the run's own test split.
        net: The network as file.py:Class, where the run holds code of your own that has moved.
        split: The split to judge; otherwise test, or val where there is no test split.
        flip: Judge each picture together with its mirror image: the mean of both logits.
        figures: Write figures into this folder: confusion matrix, curves, reliability, mistakes.
        csv: Write the predictions into this file, a line for each picture.
        parquet: The same as Parquet.
        data_dir: Where data sets are looked for first.
        lang: Language of the words in figures; otherwise GLASSNET_LANG, then the locale.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.evaluation.judgement import as_data  # noqa: PLC0415 — --help loads no torch
    from glassnet.verbs.evaluate import evaluate as evaluate_verb  # noqa: PLC0415

    with output(json=json) as out:
        found = evaluate_verb(
            run, source, net=net, split=split, flip=flip, figures=figures, csv=csv, parquet=parquet,
            data_dir=data_dir, lang=lang, terminal=out.terminal,
        )  # fmt: skip
        left_out = [{"class": name, "images": count} for name, count in found.left_out.items()]
        out.json(
            {
                "run": str(run),
                **as_data(found.judgement),
                "left_out": left_out,
                "flip": flip,
                "files": {name: str(path) for name, path in found.files.items()},
                "seconds": {name: round(seconds, 3) for name, seconds in found.seconds.items()},
            }
        )
