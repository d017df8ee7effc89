"""Weight decay on what should not shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from glassnet.checks.code import place
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Optimizer, Seen

NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)  # noqa: SLF001


def weight_decay_on_norm(seen: Seen) -> Iterator[Finding]:
    """Find optimizers that shrink the scales of normalisation layers and the biases.

    Args:
        seen: Everything that was seen.

    Yields:
        A note at the line where the optimizer was made.
    """
    norms = {
        id(p)
        for net in seen.networks
        for m in net.module.modules()
        if isinstance(m, NORMS)
        for p in m.parameters(recurse=False)
    }
    if not norms:
        return
    biases = {
        id(p) for net in seen.networks for name, p in net.module.named_parameters() if name.endswith("bias")
    }
    for optimizer in seen.optimizers:
        if not steps_of(seen, optimizer.number):
            continue
        for group in optimizer.optimizer.param_groups:
            decay = group.get("weight_decay", 0)
            held = {id(p) for p in group["params"]}
            if not _asked_for(optimizer):
                continue
            if isinstance(decay, (int, float)) and decay > 0 and held & norms:
                evidence: dict[str, object] = {
                    "decay": decay,
                    "norms": len(held & norms),
                    "biases": len(held & (biases - norms)),
                    "optimizer": optimizer.type,
                }
                yield Finding("weight-decay-on-norm", "note", optimizer.source, evidence=evidence)
                break


def _asked_for(optimizer: Optimizer) -> bool:
    """Tell whether a person chose the weight decay: AdamW has one of its own."""
    at = place(optimizer.source)
    if at is not None and "weight_decay" in at[0].text(at[1]):
        return True
    default = optimizer.optimizer.defaults.get("weight_decay", 0)
    return any(group.get("weight_decay", 0) != default for group in optimizer.groups) or type(
        optimizer.optimizer
    ).__name__ not in {"AdamW"}
