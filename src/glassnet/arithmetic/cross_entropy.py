"""Cross-entropy from logits, and the negative log-likelihood: losses with a class for each place."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import MOST_TERMS, doubles
from glassnet.arithmetic.expansion import Expansion, Number
from glassnet.arithmetic.losses import reduction_of
from glassnet.arithmetic.numbers import factor, joined, short
from glassnet.arithmetic.softmax import exponential
from glassnet.arithmetic.terms import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from glassnet.arithmetic.expansion import At, Index


@dataclass(frozen=True, slots=True)
class Rows:
    """Logits as one row of C numbers a place, for all places of the loss, or for one.

    `places` are indices in the loss (before its reduction); `axis` is where the class stands in the input.
    """

    logits: Tensor  # P×C, float64
    places: list[Index]
    axis: int

    def numbers(self, row: int, classes: Sequence[int]) -> list[Number]:
        """Give numbers of the input that stand in a row.

        Args:
            row: Which one.
            classes: The places in it.

        Returns:
            One for each class.
        """
        place, logits = self.places[row], self.logits[row].tolist()
        before, after = place[: self.axis], place[self.axis :]
        return [Number("input", (*before, c, *after), logits[c]) for c in classes]


def _rows(at: At, input: Tensor, reduction: str) -> Rows:
    axis = 0 if input.ndim == 1 else 1
    last = input.detach().movedim(axis, -1)
    if reduction == "none":
        return Rows(doubles(last[at.index]).view(1, -1), [at.index], axis)
    places = islice(product(*(range(n) for n in last.shape[:-1])), MOST_TERMS)
    return Rows(doubles(last).reshape(-1, last.shape[-1]), list(places), axis)


def _targets(at: At, target: Tensor, reduction: str) -> Tensor:
    chosen = target.detach()[at.index] if reduction == "none" else target.detach()
    return chosen.cpu().long().reshape(-1)


def _cross_entropy(
    at: At,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Expansion:
    """Expand `cross_entropy`: ln(Σ exp(input)) − input[target], a weighted mean over all places.

    A term for every place; its numbers are the logit of the target's class (if it is one), the others, and
    the class weight.
    """
    chosen = reduction_of(size_average, reduce, reduction)
    rows = _rows(at, input, chosen)
    num_classes = rows.logits.shape[1]
    weights = torch.ones(num_classes, dtype=torch.float64) if weight is None else doubles(weight)
    surprise = torch.logsumexp(rows.logits, 1, keepdim=True) - rows.logits  # −ln(softmax)
    even = label_smoothing / num_classes
    smooth = even * (surprise * weights).sum(1)
    if target.is_floating_point():
        last = target.detach().movedim(rows.axis, -1)
        wanted = doubles(last[at.index] if chosen == "none" else last).reshape(-1, num_classes)
        parts = (1 - label_smoothing) * (surprise * wanted * weights).sum(1) + smooth
        classes, divisor = None, float(max(len(parts), 1))
    else:
        classes = _targets(at, target, chosen)
        counted = classes != ignore_index
        known = classes.where(counted, 0)
        gain = weights[known] * counted
        parts = (1 - label_smoothing) * gain * surprise.gather(1, known[:, None])[:, 0]
        parts = parts + (smooth * counted if label_smoothing else 0)
        divisor = float(gain.sum())
    return _summed(rows, parts, chosen, divisor, classes, weight, label_smoothing)


def _summed(
    rows: Rows,
    parts: Tensor,
    reduction: str,
    divisor: float,
    classes: Tensor | None,
    weight: Tensor | None,
    smoothing: float,
) -> Expansion:
    by = divisor if reduction == "mean" else 1.0
    one = "ln(Σ exp(input)) − input[target]"
    if classes is None or smoothing:
        one = "Σ target·(ln(Σ exp(input)) − input)"
    if smoothing:
        one = one.replace("target", "((1 − label_smoothing)·target + label_smoothing/C)", 1)
    if weight is not None:
        one = f"weight[target]·({one})" if "input[" in one else one.replace("Σ ", "Σ weight·", 1)
    over = "/count" if weight is None or classes is None else "/Σ weight[target]"
    formula = one if reduction == "none" else f"Σ ({one})" + over * (reduction == "mean")
    facts: dict[str, float | int | str] = {"count": len(parts), "classes": rows.logits.shape[1]}
    if classes is not None and len(parts) == 1:
        facts["target"] = int(classes[0])
    if reduction == "mean":
        facts["divisor"] = by
    if smoothing:
        facts["label_smoothing"] = smoothing
    return Expansion(
        kind="loss",
        formula=formula,
        worked=_worked(rows, parts, reduction, by, classes, weight, smoothing),
        terms=listed(_numbers(rows, classes, weight), _divided(parts, by).tolist()),
        value=float(_divided(parts.sum(), by)),
        facts=facts,
    )


def _worked(
    rows: Rows,
    parts: Tensor,
    reduction: str,
    by: float,
    classes: Tensor | None,
    weight: Tensor | None,
    smoothing: float,
) -> str:
    """Write one place out in full, of several only their losses."""
    if len(parts) == 1 and classes is not None and weight is None and not smoothing and by == 1:
        logits = rows.logits[0].tolist()
        return f"ln({joined(logits, exponential)}) − {factor(logits[int(classes[0])])}"
    together = joined(parts.tolist())
    return f"({together})/{short(by)}" if reduction == "mean" else together


def _numbers(rows: Rows, classes: Tensor | None, weight: Tensor | None) -> list[tuple[Number, ...]]:
    """Give the numbers of each place that is listed: its target's, then those of the other classes if few."""
    count, num_classes = rows.logits.shape
    few = count * num_classes <= MOST_TERMS
    found = []
    for row in range(min(count, MOST_TERMS)):
        target = -1 if classes is None else int(classes[row])
        own = [target] if 0 <= target < num_classes else []
        others = [c for c in range(num_classes) if c != target] if few else []
        weights = [] if weight is None else [Number("weight", (c,), float(weight.detach()[c])) for c in own]
        found.append((*rows.numbers(row, own + others), *weights))
    return found


def _nll_loss(
    at: At,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Expansion:
    """Expand `nll_loss`: −input[target], the input being logarithms of probabilities, a weighted mean."""
    chosen = reduction_of(size_average, reduce, reduction)
    rows = _rows(at, input, chosen)
    classes = _targets(at, target, chosen)
    weights = torch.ones(rows.logits.shape[1], dtype=torch.float64) if weight is None else doubles(weight)
    counted = classes != ignore_index
    known = classes.where(counted, 0)
    gain = weights[known] * counted
    picked = rows.logits.gather(1, known[:, None])[:, 0]
    parts = torch.where(counted, -gain * picked, 0.0)
    by = float(gain.sum()) if chosen == "mean" else 1.0
    numbers = []
    for row, of_class in enumerate(known[:MOST_TERMS].tolist()):
        own = [*rows.numbers(row, [of_class])]
        own += [] if weight is None else [Number("weight", (of_class,), float(weights[of_class]))]
        numbers.append(tuple(own) if counted[row] else ())

    def line_of(row: int) -> str:
        if not gain[row]:
            return "0"  # an ignored place
        logarithm = factor(float(picked[row]))
        return f"−{logarithm}" if weight is None else f"{factor(-float(gain[row]))}·{logarithm}"

    together = joined(range(len(parts)), line_of)
    one = "−input[target]" if weight is None else "−weight[target]·input[target]"
    over = "/count" if weight is None else "/Σ weight[target]"
    return Expansion(
        kind="loss",
        formula=one if chosen == "none" else f"Σ {one}" + over * (chosen == "mean"),
        worked=f"({together})/{short(by)}" if chosen == "mean" else together,
        terms=listed(numbers, _divided(parts, by).tolist()),
        value=float(_divided(parts.sum(), by)),
        facts={"count": len(parts), "divisor": by},
    )


def _divided(parts: Tensor, by: float) -> Tensor:
    return parts / torch.tensor(by, dtype=torch.float64)  # all ignored: 0/0 is NaN, as in torch


RULES = {"cross_entropy": _cross_entropy, "nll_loss": _nll_loss}
