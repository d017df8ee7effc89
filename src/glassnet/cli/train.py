"""`glassnet train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from glassnet.cli.output import output
from glassnet.cli.refusals import only_whole_numbers
from glassnet.training.recipe import Recipe

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
Fields = Annotated[
    Recipe,
    Parameter(
        name="*",
        group=Group("Recipe (what is not given is chosen, with its reason)", validator=only_whole_numbers),
    ),
]


def train(
    source: str | None = None,
    /,
    *,
    recipe: Annotated[str | None, Parameter(name="--recipe")] = None,
    fields: Fields | None = None,
    weights: Path | None = None,
    out_folder: Annotated[Path | None, Parameter(name="--out")] = None,
    resume: Path | None = None,
    accept_changes: Flag = False,
    report: Annotated[bool, Parameter(show_default=False)] = True,
    data_dir: Path | None = None,
    json: Flag = False,
) -> None:
    """Train a classifier on pictures, test it, and write everything into a run folder.

    Args:
        source: fashion-mini (shipped, the default), fashion-mnist, mnist, cifar10, a folder, zip, tar or npz.
        recipe: A shipped recipe (tutorial-mlp, tutorial-fashion-cnn, tutorial-lenet) or a TOML file.
        fields: Choices of the recipe.
        weights: A weights file to start from.
        out_folder: The run folder; otherwise one in runs/, named after the time.
        resume: A run to go on with.
        accept_changes: Resume although pictures, network or recipe have changed.
        report: Write report.html into the run at the end.
        data_dir: Where data sets are looked for first.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.train import train as train_verb  # noqa: PLC0415 — --help loads no torch

    with output(json=json) as out:
        run = train_verb(
            None, source, recipe=recipe, options=fields, weights=weights, out=out_folder, resume=resume,
            accept_changes=accept_changes, report=report, data_dir=data_dir, terminal=out.terminal,
        )  # fmt: skip
        info = run.info
        out.json(
            {
                "run": str(run.path),
                "net": info["net"]["net"],
                "source": info["source"]["name"],
                "recipe": info["recipe"],
                **info["result"],
            }
        )
