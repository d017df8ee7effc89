"""One-hot vectors: 1 at the place that a number names, else 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.gather import number_at
from glassnet.arithmetic.numbers import short

if TYPE_CHECKING:
    import torch

    from glassnet.arithmetic.expansion import At


def one_hot(at: At, input: torch.Tensor, num_classes: int = -1) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out one number of `one_hot`: 1 at the place that the input names, else 0.

    Args:
        at: Which number.
        input: Numbers of classes.
        num_classes: Not used.

    Returns:
        1 or 0.
    """
    number = number_at("input", input, at.index[:-1])
    value = float(number.value == at.index[-1])
    worked = f"{short(number.value)} {'=' if value else '≠'} {at.index[-1]} → {short(value)}"
    return Expansion(
        "choice", "input = class → 1", worked, (Term((number,), value),), value, {"class": at.index[-1]}
    )
