"""A loss that pushes the right answers down, however it is written: seen in what the network learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from glassnet.checks.rules.descent import ancestors

if TYPE_CHECKING:
    from glassnet.checks.seen import Look

LEAST_SAMPLES = 8
SURE = 0.8  # share of the samples
MOST_RIGHT = 0.02  # of the samples: chance does better
PAIRS = 10_000


def pushed_down(looks: list[Look]) -> bool:
    """Tell whether training made the right answers improbable, and every answer wrong.

    Args:
        looks: In which an optimizer stepped, in order.

    Returns:
        True where at the end nearly all labels score below average, and at the beginning did not.
    """
    known = [wrong for look in looks if (wrong := _share_wrong(look)) is not None]
    return len(known) > 2 and known[0] < SURE <= min(known[-2:])  # noqa: PLR2004


def _share_wrong(look: Look) -> float | None:
    """Give the share of samples whose label scores below average; for yes and no, of pairs in wrong order."""
    trace = look.trace
    behind = ancestors(trace, [trace.loss] if trace.loss is not None else [])
    given = [
        numbers
        for number in behind
        if not trace.values[number].requires_grad and (numbers := trace.kept.get(number)) is not None
    ]
    for number in reversed(_answers(look, behind)):
        scores = trace.kept.get(number)
        if (
            scores is None
            or not scores.dim()
            or len(scores) < LEAST_SAMPLES
            or not bool(torch.isfinite(scores).all())
        ):
            continue
        shares = [share for one in given if (share := _compared(scores.detach().float(), one)) is not None]
        if shares:
            return min(shares)
    return None


def _answers(look: Look, behind: set[int]) -> list[int]:
    """List what networks gave to a loss; without a network, all that may be scores of classes."""
    trace = look.trace
    calls = [call for call in trace.calls if call.parent is None and not call.path.startswith("<")]
    if calls:
        return [number for call in calls for number in call.outputs if number in behind]
    return sorted(n for n in behind if trace.values[n].made_by is not None and trace.values[n].requires_grad)


def _compared(scores: torch.Tensor, given: torch.Tensor) -> float | None:
    """Compare scores with what may be their labels, where it can be nothing else."""
    num_classes = scores.shape[1] if scores.dim() == 2 else 1  # noqa: PLR2004
    if num_classes > 2 and given.shape == scores.shape[:1]:  # noqa: PLR2004
        whole = given.dtype == torch.int64 and int(given.min()) >= 0 and int(given.max()) < num_classes
        if not whole or bool((given.diff() > 0).all()):  # numbers of rows
            return None
        if float((scores.argmax(1) == given).float().mean()) > MOST_RIGHT:
            return 0.0
        own = scores.gather(1, given[:, None])
        return float((own < scores.mean(1, keepdim=True)).float().mean())
    if given.numel() != scores.numel() or given.dtype == torch.bool:
        return None
    yes, no = given.flatten() == 1, given.flatten() == 0
    if not bool((yes | no).all()) or bool(yes.all()) or bool(no.all()):
        return None
    flat = scores.flatten()
    levels = flat[no][:PAIRS].sort().values  # enough to place any score among them
    return 1 - float(torch.searchsorted(levels, flat[yes]).float().mean()) / len(levels)
