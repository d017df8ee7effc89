"""Cross-entropy from logits, and the negative log-likelihood: losses with a class for each place."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import MOST_TERMS, doubles
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.losses import reduction_of
from glassnet.arithmetic.numbers import factor, joined, short, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.arithmetic.expansion import At, Index


@dataclass(frozen=True, slots=True)
class Rows:
    """Logits as one row of C numbers a place, for all places of the loss, or for one.

    `places` are indices in the loss (before its reduction); `axis` is where the class stands in the input.
    """

    logits: torch.Tensor  # P×C, float64
    places: list[Index]
    axis: int

    def input_place(self, row: int, of_class: int) -> Index:
        """Give the index in the input of a class of a row."""
        place = self.places[row]
        return (*place[: self.axis], of_class, *place[self.axis :])


def _rows(at: At, input: torch.Tensor, reduction: str) -> Rows:
    axis = 0 if input.ndim == 1 else 1
    last = input.detach().movedim(axis, -1)
    if reduction == "none":
        return Rows(doubles(last[at.index]).view(1, -1), [at.index], axis)
    listed: Iterator[Index] = islice(product(*(range(n) for n in last.shape[:-1])), MOST_TERMS)
    return Rows(doubles(last).reshape(-1, last.shape[-1]), list(listed), axis)


def _targets(at: At, target: torch.Tensor, reduction: str) -> torch.Tensor:
    chosen = target.detach()[at.index] if reduction == "none" else target.detach()
    return chosen.cpu().long().reshape(-1)


def cross_entropy(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Expansion:
    """Expand `cross_entropy`: ln(Σ exp(input)) − input[target], a weighted mean over all places.

    Args:
        at: Which number.
        input: Logits, N×C×… or C.
        target: Classes, N×…, or probabilities of the shape of the input.
        weight: C.
        size_average: Old name of a reduction.
        ignore_index: A class whose places do not count.
        reduce: Old name of a reduction.
        reduction: `none`, `mean` (over the sum of the weights), `sum`.
        label_smoothing: The share of the target that is spread evenly over all classes.

    Returns:
        A term for every place; its numbers are the logit of the target's class (if it is one), the others,
        and the class weight.
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
    parts: torch.Tensor,
    reduction: str,
    divisor: float,
    classes: torch.Tensor | None,
    weight: torch.Tensor | None,
    smoothing: float,
) -> Expansion:
    by = divisor if reduction == "mean" else 1.0
    total = parts.sum() / torch.tensor(by, dtype=torch.float64)  # all ignored: 0/0 is NaN, as in torch
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
        kind="cross_entropy",
        formula=formula,
        worked=_worked(rows, parts, reduction, by, classes, weight, smoothing),
        terms=_terms(rows, parts, by, classes, weight),
        value=float(total),
        facts=facts,
    )


def _worked(
    rows: Rows,
    parts: torch.Tensor,
    reduction: str,
    by: float,
    classes: torch.Tensor | None,
    weight: torch.Tensor | None,
    smoothing: float,
) -> str:
    """Write one place out in full, of several only their losses."""
    if len(parts) == 1 and classes is not None and weight is None and not smoothing and by == 1:
        logits = rows.logits[0].tolist()
        total = joined([f"exp({short(x)})" for x in shown(logits)])
        return f"ln({total}) − {factor(logits[int(classes[0])])}"
    together = joined([short(part) for part in shown(parts.tolist())])
    return f"({together})/{short(by)}" if reduction == "mean" else together


def _terms(
    rows: Rows, parts: torch.Tensor, by: float, classes: torch.Tensor | None, weight: torch.Tensor | None
) -> tuple[Term, ...]:
    count, num_classes = rows.logits.shape
    listed = count if count <= MOST_TERMS else MOST_TERMS - 1
    divided = (parts / torch.tensor(by, dtype=torch.float64)).tolist()
    terms = []
    for row in range(listed):
        own = [] if classes is None or not 0 <= int(classes[row]) < num_classes else [int(classes[row])]
        others = [c for c in range(num_classes) if c not in own] if count * num_classes <= MOST_TERMS else []
        numbers = [
            Number("input", rows.input_place(row, c), float(rows.logits[row, c])) for c in own + others
        ]
        if weight is not None:
            numbers += [Number("weight", (c,), float(weight.detach()[c])) for c in own]
        terms.append(Term(tuple(numbers), divided[row]))
    if listed < count:
        terms.append(Term((), sum(divided[listed:])))
    return tuple(terms)


def nll_loss(
    at: At,
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
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
    listed = min(len(parts), len(rows.places) if len(parts) <= MOST_TERMS else MOST_TERMS - 1)
    divided = (parts / torch.tensor(by, dtype=torch.float64)).tolist()
    terms = []
    for row in range(listed):
        of_class = int(known[row])
        numbers = [Number("input", rows.input_place(row, of_class), float(picked[row]))]
        numbers += [] if weight is None else [Number("weight", (of_class,), float(weights[of_class]))]
        terms.append(Term(tuple(numbers) if counted[row] else (), divided[row]))
    if listed < len(parts):
        terms.append(Term((), sum(divided[listed:])))
    pairs = shown(list(zip(gain.tolist(), picked.tolist(), strict=True)))
    texts = [f"{factor(-g)}·{factor(p)}" if weight is not None else f"−{factor(p)}" for g, p in pairs]
    texts = ["0" if g == 0 else text for text, (g, _) in zip(texts, pairs, strict=True)]  # ignored places
    together = joined(texts)
    one = "−input[target]" if weight is None else "−weight[target]·input[target]"
    over = "/count" if weight is None else "/Σ weight[target]"
    return Expansion(
        kind="loss",
        formula=one if chosen == "none" else f"Σ {one}" + over * (chosen == "mean"),
        worked=f"({together})/{short(by)}" if chosen == "mean" else together,
        terms=tuple(terms),
        value=float(parts.sum() / torch.tensor(by, dtype=torch.float64)),
        facts={"count": len(parts), "divisor": by},
    )
