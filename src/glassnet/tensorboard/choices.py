"""The recipe as TensorBoard's hyper-parameters, with the accuracies they gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.utils.tensorboard.summary import hparams

from glassnet.tensorboard.event_file import scalars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

METRICS = {"test": "result/test accuracy", "val": "result/validation accuracy"}


def hyper_parameters(info: Mapping[str, Any], accuracies: Mapping[str, float | None]) -> list[Summary.Value]:
    """Write down what was chosen and what came of it, in the run itself.

    PyTorch's `add_hparams` makes a run of its own for it, named after the second.

    Args:
        info: `run.json`: source, net, parameters, recipe.
        accuracies: Of `val` and `test`, 0..1, None where there is no such split.

    Returns:
        Three values for the hyper-parameters page, and the accuracies as scalars.
    """
    chosen = {"source": str(info["source"]["name"]), "parameters": int(info["parameters"])}
    for name, value in info["recipe"].items():
        if isinstance(value, bool):
            chosen[name] = "yes" if value else "no"  # PyTorch writes booleans as numbers
        elif value is not None:
            chosen[name] = value
    values = [part for summary in hparams(chosen, dict.fromkeys(METRICS.values())) for part in summary.value]
    measured = {METRICS[split]: value for split, value in accuracies.items() if value is not None}
    return [*values, *scalars(measured).value]
