"""An operation of a trace done again, in float64: what it gives, and how that changes with one number."""

from __future__ import annotations

import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from glassnet.arithmetic.call import function_of
from glassnet.arithmetic.unexpanded import UnexpandedError
from glassnet.trace.nested import tensors_in, with_tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glassnet.arithmetic.expansion import Index
    from glassnet.trace.trace import Op, Trace

AGREE = 1e-3  # share of the largest number by which a replay in float64 may differ from what was recorded
DROPOUTS = {
    "dropout", "dropout_", "dropout1d", "dropout2d", "dropout3d", "feature_dropout", "feature_dropout_",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Derivatives:
    """How the outputs of one operation change with one number that it reads: a tensor for each output.

    `random` says that the operation draws random numbers, so that it gives others when it is done again.
    """

    by_output: tuple[tuple[int, torch.Tensor], ...]
    random: bool = False


class CannotReplayError(Exception):
    """The operation cannot be done again; the message says why, in a few words."""


def local_derivatives(trace: Trace, op: Op, number: int, index: Index) -> Derivatives:
    """Take the derivatives of an operation's outputs by one number that it reads.

    The operation is done again in float64. Its derivatives are a Jacobian-vector product with a vector that
    is one at `index` and else zero, by differentiating the backward pass; for the few operations that do not
    allow that, by forward differentiation (not first: PyTorch loads a compiler for it, 3 s). A value that is
    read twice counts twice.

    Args:
        trace: With all values kept.
        op: That reads the value.
        number: Of the value.
        index: Of the number in it.

    Returns:
        The derivatives, float64, in the shapes of the outputs.

    Raises:
        CannotReplayError: There is no way.
    """
    if op.name in DROPOUTS:
        return Derivatives(_of_dropout(trace, op, number, index))
    try:
        function = function_of(op.function)
    except UnexpandedError as error:
        raise CannotReplayError(str(error)) from error
    primal = _exact(trace.kept[number])
    tangent = torch.zeros_like(primal)
    tangent[index] = 1.0

    def run(replaced: torch.Tensor) -> list[torch.Tensor]:
        """Do the operation with `replaced` in the place of the value."""
        fresh: dict[int, torch.Tensor] = {number: replaced}

        def tensor_of(value: int) -> torch.Tensor:
            if value not in fresh:
                fresh[value] = _exact(trace.kept[value]).clone()  # in place: the same tensor everywhere
            return fresh[value]

        result = function(*with_tensors(op.args, tensor_of), **with_tensors(op.kwargs, tensor_of))
        results = tensors_in(result)
        written = [fresh[value] for value in op.inputs if value in fresh] if op.in_place else []
        distinct = {id(tensor): tensor for tensor in (*results, *written)}
        return list(distinct.values())[: len(op.outputs)] if results else written[:1]

    with _quiet():
        try:
            results, changes = _twice_backward(run, primal, tangent)
        except (RuntimeError, NotImplementedError, TypeError):
            try:
                results, changes = _forward(run, primal, tangent)
            except (RuntimeError, NotImplementedError, TypeError) as error:
                raise CannotReplayError(str(error).split("\n")[0][:120]) from error
    pairs = [
        (output, change)
        for output, change in zip(op.outputs, changes, strict=False)
        if change is not None and tuple(change.shape) == trace.values[output].shape
    ]
    random = any(
        not _agree(result, trace.kept[output]) for output, result in zip(op.outputs, results, strict=False)
    )
    return Derivatives(tuple(pairs), random=random)


def _forward(
    run: Callable[[torch.Tensor], list[torch.Tensor]], primal: torch.Tensor, tangent: torch.Tensor
) -> tuple[list[torch.Tensor], list[torch.Tensor | None]]:
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(primal.clone(), tangent)
        pairs = [forward_ad.unpack_dual(result) for result in run(dual.clone())]
        return [pair.primal for pair in pairs], [pair.tangent for pair in pairs]


def _twice_backward(
    run: Callable[[torch.Tensor], list[torch.Tensor]], primal: torch.Tensor, tangent: torch.Tensor
) -> tuple[list[torch.Tensor], list[torch.Tensor | None]]:
    """Take J·t as the derivative of Jᵀ·u by u: https://j-towns.github.io/2017/06/12/A-new-trick.html."""
    with torch.enable_grad():
        leaf = primal.clone().requires_grad_()
        results = run(leaf.clone())
        changes: list[torch.Tensor | None] = []
        for result in results:
            if not result.requires_grad:
                changes.append(None)
                continue
            any_vector = torch.zeros_like(result, requires_grad=True)
            # as sums, for PyTorch loads sympy (1 s) where a vector is given to `grad` instead
            weighted = (result * any_vector).sum()
            (back,) = torch.autograd.grad(weighted, leaf, create_graph=True, allow_unused=True)
            if back is None:
                changes.append(None)
            else:
                along = (back * tangent).sum()
                changes.append(torch.autograd.grad(along, any_vector, retain_graph=True)[0])
    return [result.detach() for result in results], changes


def _of_dropout(trace: Trace, op: Op, number: int, index: Index) -> tuple[tuple[int, torch.Tensor], ...]:
    """Read the mask from what the pass gave: it scales each number by itself."""
    before, after = _exact(trace.kept[number]), _exact(trace.kept[op.outputs[0]])
    change = torch.zeros_like(after)
    if before[index] == 0:
        if after.requires_grad or trace.kept_gradients.get(op.outputs[0]) is None:
            return ((op.outputs[0], change),)
        above, below = trace.kept_gradients[op.outputs[0]], trace.kept_gradients.get(number)
        if below is None or above[index] == 0:
            return ((op.outputs[0], change),)
        change[index] = float(below[index]) / float(above[index])  # 0/0 tells no mask; the gradients do
    else:
        change[index] = after[index] / before[index]
    return ((op.outputs[0], change),)


def _exact(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach()
    return tensor.to(torch.float64) if tensor.is_floating_point() else tensor


def _agree(ours: torch.Tensor, recorded: torch.Tensor) -> bool:
    if tuple(ours.shape) != tuple(recorded.shape) or recorded.is_complex():
        return True  # not comparable: told elsewhere
    agree = max(AGREE, 2 * torch.finfo(recorded.dtype).eps) if recorded.is_floating_point() else AGREE
    ours, recorded = ours.detach().to(torch.float64), recorded.to(torch.float64)
    finite = torch.isfinite(recorded) & torch.isfinite(ours)
    scale = float(recorded[finite].abs().max()) if bool(finite.any()) else 0.0
    return bool(((ours - recorded)[finite].abs() <= agree * scale + 1e-12).all())


@contextmanager
def _quiet() -> Iterator[None]:
    """Attention by its formula (the fast kernels lack what it takes), no warnings, random state kept."""
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng())
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield
