"""A run, read back so that its network can judge pictures."""

from __future__ import annotations

import copy
import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.errors import RunError, UsageError
from glassnet.evaluation.forward import Compute
from glassnet.nets.rebuild import rebuild
from glassnet.nets.weights import load_weights, read_weights
from glassnet.pictures.pictures import Policy
from glassnet.pictures.scale import Scale
from glassnet.run import Run, open_run, read_json
from glassnet.terminal import show_field
from glassnet.training.choices import check_device, choose_device, choose_precision

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from torch import nn

    from glassnet.terminal import Terminal


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network with all that belongs to it."""

    run: Run
    info: dict[str, Any]
    net: nn.Module  # in eval mode, with the best weights
    scale: Scale
    policy: Policy
    classes: tuple[str, ...]
    compute: Compute


def load_run(run: Run | str | Path, *, net: nn.Module | str | None, terminal: Terminal) -> Trained:
    """Read a run back: its network with the best weights, and how it sees pictures.

    Args:
        run: The run or its folder.
        net: What the person gives instead of the run's own network, where that one is their code: a NET, or a
            module, which is left as it is.
        terminal: Where notes go.

    Returns:
        The trained network, on the device that is there.

    Raises:
        UsageError: It is no run, or its network has to be named.
        RunError: It is damaged, or has no weights yet.
    """
    run = run if isinstance(run, Run) else open_run(run)
    info = run.info
    try:
        source, recipe = info["source"], info["recipe"]
        policy = Policy(**source["policy"])
        scale = Scale(tuple(map(float, source["mean"])), tuple(map(float, source["deviation"])))
        classes = tuple(map(str, source["classes"]))
        macs, batch, precision = int(info["macs_per_picture"]), int(recipe["batch"]), str(recipe["precision"])
        memory_format, record = str(recipe["memory_format"]), info["net"]
        _check_sight(policy, scale, record)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            "the run is damaged, or of another version", where=run.path / "run.json", got=repr(error)
        ) from None
    weights = _whole_weights(run, terminal)
    if net is None or isinstance(net, str):
        module = rebuild(record, run=run.path, net=net, weights_bytes=weights.stat().st_size).module
    else:
        module = copy.deepcopy(net)
    tensors, _ = read_weights(weights)
    load_weights(module, tensors, where=weights)
    device = _device(str(recipe.get("device")), terminal)
    if precision != "float32" and choose_precision(device, macs * batch)[0] != precision:
        show_field(
            "note", f"trained in {precision}, which this machine does not have: float32 is used", terminal
        )
        precision = "float32"
    module = module.to(device).eval()
    return Trained(run, info, module, scale, policy, classes, Compute(device, precision, memory_format))


def _device(trained_on: str, terminal: Terminal) -> str:
    """Give the device of the training, or the best one of this machine where that is not there."""
    try:
        check_device(trained_on)
    except UsageError:
        device, _ = choose_device()
        show_field("note", f"trained on {trained_on}, which is not there: {device} is used", terminal)
        return device
    return trained_on


def _check_sight(policy: Policy, scale: Scale, record: dict[str, Any]) -> None:
    """Refuse a way to see pictures that is not the network's; a run may come from a stranger."""
    size = {"channels": policy.channels, "height": policy.height, "width": policy.width}
    if size != record["input"]:
        raise ValueError(f"policy {size}, but the network's input is {record['input']}")
    if not len(scale.mean) == len(scale.deviation) == policy.channels:
        raise ValueError(f"{len(scale.mean)} means, {len(scale.deviation)} deviations")
    if not all(map(math.isfinite, scale.mean + scale.deviation)) or min(scale.deviation) <= 0:
        raise ValueError(f"mean {scale.mean}, deviation {scale.deviation}")


def _whole_weights(run: Run, terminal: Terminal) -> Path:
    """Give the best weights, or the last ones where the best are damaged, and say so."""
    manifest_path = run.path / "weights" / "manifest.json"
    if not manifest_path.exists():
        raise RunError(
            "the run has no weights yet", where=run.path, got=f"status {run.info.get('status')}",
            hint=f"glassnet train --resume {run.path}",
        )  # fmt: skip
    manifest = read_json(manifest_path)
    for which in ("best", "last"):
        path = run.weights(which)
        entry = manifest.get(which)
        if isinstance(entry, dict) and path.is_file():
            if hashlib.sha256(path.read_bytes()).hexdigest() == entry.get("sha256"):
                return path
            show_field("damaged", f"{path}: its SHA-256 is not the one in manifest.json", terminal)
    raise RunError("the run has no whole weights", where=run.path / "weights")
