"""The contents page of the arithmetic: which rule explains which operation."""

from __future__ import annotations

from collections.abc import Callable

from glassnet.arithmetic import (
    activations,
    attention,
    contraction,
    convolution,
    copies,
    cross_entropy,
    dropout,
    elementwise,
    embedding,
    functions,
    lengths,
    linear_maps,
    losses,
    margins,
    norms,
    ordering,
    pooling,
    products,
    recurrent,
    reductions,
    softmax,
)
from glassnet.arithmetic.call import Replay
from glassnet.arithmetic.expansion import Expansion

Rule = Callable[..., Expansion] | Replay

FILES = (
    convolution,
    pooling,
    products,
    contraction,
    linear_maps,
    copies,
    activations,
    functions,
    elementwise,
    reductions,
    lengths,
    ordering,
    softmax,
    norms,
    dropout,
    attention,
    embedding,
    recurrent,
    losses,
    margins,
    cross_entropy,
)

# name of an operation (without the underscore of its form in place) -> its rule
RULES: dict[str, Rule] = {name: rule for file in FILES for name, rule in file.RULES.items()}

UNSET = "it is memory that nobody has written to"
# operations that have no rule, and why
WITHOUT: dict[str, str] = {
    "empty": UNSET,
    "empty_like": UNSET,
    "new_empty": UNSET,
    "empty_strided": UNSET,
    "resize": UNSET,
    "ctc_loss": "it is a sum over all ways to place the labels in time",
}
