"""What TensorBoard shows of a finished run, written from the run alone where it is not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.errors import GlassnetError, RunError
from glassnet.evaluation.predictions import read_predictions
from glassnet.run import locked
from glassnet.tensorboard.finished import Seen, is_written, write_finished
from glassnet.verbs.load import load_run
from glassnet.verbs.prepare import data_dir_of
from glassnet.verbs.source import arrange, read_for_run

if TYPE_CHECKING:
    from glassnet.evaluation.predictions import Predictions
    from glassnet.pictures.pictures import Pictures
    from glassnet.run import Run
    from glassnet.terminal import Terminal
    from glassnet.verbs.load import Trained


def complete_board(run: Run, terminal: Terminal) -> tuple[str, ...]:
    """Write layers, graph, projector, predictions, curves, confusion and hyper-parameters where they miss.

    Args:
        run: Any run.
        terminal: Where progress goes.

    Returns:
        What is still missing and why, a sentence each.

    Raises:
        RunError: `run.json` is damaged.
    """
    if is_written(run):
        return ()
    info = run.info
    name = run.path.resolve().name
    if (status := info.get("status")) != "finished":
        return (f"{name}: layers, graph, projector and curves follow when it has finished; it is {status}",)
    try:
        with locked(run):
            predictions = {
                split: read_predictions(run.predictions(split))
                for split in ("val", "test")
                if run.predictions(split).is_file()
            }
            seen, missing = _seen(run, predictions, terminal)
            step = int(info["result"]["steps"])
            return write_finished(run, seen, predictions, info=info, step=step, missing=missing)
    except (RunError, KeyError, TypeError, ValueError) as error:
        what = str(error).split("\n", maxsplit=1)[0] if isinstance(error, RunError) else repr(error)
        return (f"{name}: layers, graph, projector and curves cannot be written: {what}",)


def _seen(
    run: Run, predictions: dict[str, Predictions], terminal: Terminal
) -> tuple[Seen | None, tuple[str, ...]]:
    """Give the network and its pictures, or why they are not there."""
    without = "no layers, graph, projector and pictures of predictions: "
    try:
        trained = load_run(run, net=None, terminal=terminal)
        splits = _splits(trained, terminal)
    except GlassnetError as error:
        return None, (without + str(error).split("\n", maxsplit=1)[0],)
    recorded = trained.info["source"]["splits"]
    for split, pictures in splits.items():
        if pictures.fingerprint != recorded.get(split, {}).get("fingerprint"):
            return None, (f"{without}the {split} split has other pictures than at the training",)
    judged = {split: pictures for split, pictures in splits.items() if split in predictions}
    shown = judged or {"train": splits["train"]}
    return Seen(trained.net, trained.scale, trained.compute, shown), ()


def _splits(trained: Trained, terminal: Terminal) -> dict[str, Pictures]:
    """Read the pictures of the training again."""
    source, recipe = trained.info["source"], trained.info["recipe"]
    if not source["by_name"]:
        raise RunError("the run was trained on picture objects, which are not in it")
    read = read_for_run(
        source["name"], terminal, data_dir=data_dir_of(trained.run), policy=trained.policy,
        classes=trained.classes,
    )  # fmt: skip
    return arrange(read, val=recipe["val"], seed=recipe["seed"]).named
