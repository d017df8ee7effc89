"""A run, read back so that its network can judge pictures."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.errors import RunError
from glassnet.evaluation.forward import Compute
from glassnet.nets.rebuild import rebuild
from glassnet.nets.weights import load_weights, read_weights
from glassnet.pictures.pictures import Policy
from glassnet.pictures.scale import Scale
from glassnet.run import Run, open_run, read_json
from glassnet.terminal import show_field
from glassnet.training.choices import choose_device, choose_precision

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
    load_weights(module, tensors, where=weights, num_classes=len(classes))
    device, _ = choose_device()
    if precision != "float32" and choose_precision(device, macs * batch)[0] != precision:
        show_field(
            "note", f"trained in {precision}, which this machine does not have: float32 is used", terminal
        )
        precision = "float32"
    module = module.to(device).eval()
    return Trained(run, info, module, scale, policy, classes, Compute(device, precision, memory_format))


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
