"""Operations that move numbers and change none: where did this number come from?

The operation is done again on tensors in which every number is its own place in the input. What then stands
at the place in question tells where the number comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from glassnet.arithmetic.call import Replay
from glassnet.arithmetic.elements import number, read
from glassnet.arithmetic.expansion import Expansion, Number
from glassnet.arithmetic.numbers import short
from glassnet.arithmetic.terms import copy_of, in_type
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from glassnet.arithmetic.call import Call
    from glassnet.arithmetic.expansion import At, Index, Kind


def _copied(at: At, call: Call) -> Expansion:
    """Find the one number of what is read that stands at a place of the result."""
    _refuse(call)
    tensors: list[tuple[int, str, torch.Tensor]] = []  # the first code of each
    numbers: list[Number] = []  # given as plain numbers: their codes are −1, −2, …
    free = 1  # 0 is what the operation puts in by itself

    def coded(operand: str, content: Any) -> Any:
        nonlocal free
        if not isinstance(content, torch.Tensor):
            numbers.append(Number(operand, None, float(content)))
            return -float(len(numbers))
        tensors.append((free, operand, content))
        codes = torch.arange(free, free + content.numel(), dtype=torch.float64)
        free += content.numel()
        return codes.reshape(content.shape)

    code = int(call.results(at, coded)[at.index])
    if code > 0:
        first, operand, tensor = next(entry for entry in reversed(tensors) if entry[0] <= code)
        return copy_of(at, number(operand, tensor, unravelled(code - first, tensor.shape)))
    value = numbers[-code - 1].value if code else 0.0
    return _put_in("padding" if call.name == "pad" else "constant", in_type(value, at.result.dtype))


def _kept(at: At, call: Call) -> Expansion:
    """Tell that a number is the one at the same place of the input, perhaps in another type."""
    tensor = call.argument("input")
    if not isinstance(tensor, torch.Tensor) or tensor.shape != at.result.shape:
        raise UnexpandedError(call.name, "it does not give the shape of its input")
    return copy_of(at, number("input", tensor, at.index))


def _made(at: At, call: Call) -> Expansion:
    """Tell a number that depends on no other: of `zeros`, `arange`, `full_like`, …."""
    return _put_in("constant", read(call.results(at, lambda _, content: content), at.index))


def _drawn(at: At, call: Call) -> Expansion:
    """Tell a number that was drawn at random; it is read from what came out."""
    value = read(at.result, at.index)
    return Expansion("drawn", f"{call.name}()", short(value), (), value)


def _put_in(kind: Kind, value: float) -> Expansion:
    return Expansion(kind, short(value), short(value), (), value)


def unravelled(place: int, shape: torch.Size) -> Index:
    """Give the index of the n-th number of a tensor.

    Args:
        place: Counted row by row, from 0.
        shape: Of the tensor.

    Returns:
        The index.

    Example:
        >>> unravelled(5, torch.Size([2, 3]))
        (1, 2)
    """
    index = []
    for side in reversed(shape):
        place, rest = divmod(place, side)
        index.append(rest)
    return tuple(reversed(index))


def _refuse(call: Call) -> None:
    """Refuse the calls of operations of these names that do more than move numbers."""
    if call.kwargs.get("reduce") is not None or call.argument("accumulate"):
        raise UnexpandedError(call.name, "several numbers go to one place")
    if call.name in ("view", "view_dtype") and any(
        isinstance(content, torch.dtype) for content in (*call.args, *call.kwargs.values())
    ):
        raise UnexpandedError(call.name, "the bits of numbers are read as another type")


MOVED = Replay(_copied)  # numbers of `input` at other places
KEPT = Replay(_kept)  # the same at the same place
JOINED = Replay(_copied, ("tensors",), ("tensors",))
EACH = Replay(_copied, ("*tensors",), ("tensors",))
INDEXED = Replay(_copied, ("input", "dim", "index"))
FILLED = Replay(_copied, ("input", "dim", "index", "value"), ("input", "value"))
SCATTERED = Replay(_copied, ("input", "dim", "index", "src"), ("input", "src", "value"))
COPIED_IN = Replay(_copied, ("input", "src"), ("input", "src"))
MADE = Replay(_made, (), ())
MADE_LIKE = Replay(_made, ("input",), ())
DRAWN = Replay(_drawn, ("input",), ())

RULES = {
    # copies: numbers at other places
    "reshape": MOVED,
    "reshape_as": MOVED,
    "view": MOVED,
    "view_as": MOVED,
    "flatten": MOVED,
    "ravel": MOVED,
    "unflatten": MOVED,
    "permute": MOVED,
    "transpose": MOVED,
    "t": MOVED,
    "T": MOVED,
    "mT": MOVED,
    "H": MOVED,
    "mH": MOVED,
    "adjoint": MOVED,
    "movedim": MOVED,
    "moveaxis": MOVED,
    "swapaxes": MOVED,
    "swapdims": MOVED,
    "squeeze": MOVED,
    "unsqueeze": MOVED,
    "expand": MOVED,
    "expand_as": MOVED,
    "broadcast_to": MOVED,
    "repeat": MOVED,
    "tile": MOVED,
    "repeat_interleave": MOVED,
    "getitem": Replay(_copied, ("input", "index")),
    "chunk": MOVED,
    "split": MOVED,
    "split_with_sizes": MOVED,
    "tensor_split": MOVED,
    "hsplit": MOVED,
    "vsplit": MOVED,
    "dsplit": MOVED,
    "unbind": MOVED,
    "unsafe_chunk": MOVED,
    "unsafe_split": MOVED,
    "select": MOVED,
    "narrow": MOVED,
    "take": Replay(_copied, ("input", "index")),
    "gather": INDEXED,
    "index_select": INDEXED,
    "take_along_dim": Replay(_copied, ("input", "indices")),
    "masked_select": Replay(_copied, ("input", "mask")),
    "roll": MOVED,
    "flip": MOVED,
    "fliplr": MOVED,
    "flipud": MOVED,
    "rot90": MOVED,
    "diagonal": MOVED,
    "diag": MOVED,
    "diag_embed": MOVED,
    "tril": MOVED,
    "triu": MOVED,
    "atleast_1d": EACH,
    "atleast_2d": EACH,
    "atleast_3d": EACH,
    "unfold": MOVED,
    "pad": Replay(_copied, ("input", "pad", "mode", "value"), ("input", "value")),
    "pixel_shuffle": MOVED,
    "pixel_unshuffle": MOVED,
    "channel_shuffle": MOVED,
    "native_channel_shuffle": MOVED,
    "max_unpool1d": Replay(_copied, ("input", "indices")),
    "max_unpool2d": Replay(_copied, ("input", "indices")),
    "max_unpool3d": Replay(_copied, ("input", "indices")),
    # copies: tensors put together
    "cat": JOINED,
    "concat": JOINED,
    "concatenate": JOINED,
    "stack": JOINED,
    "hstack": JOINED,
    "vstack": JOINED,
    "row_stack": JOINED,
    "dstack": JOINED,
    "column_stack": JOINED,
    "meshgrid": EACH,
    "broadcast_tensors": EACH,
    "block_diag": EACH,
    # copies: numbers written into a tensor
    "setitem": Replay(_copied, ("input", "index", "value"), ("input", "value")),
    "copy": COPIED_IN,
    "fill": Replay(_copied, ("input", "value"), ("input", "value")),
    "zero": MOVED,
    "masked_scatter": Replay(_copied, ("input", "mask", "source"), ("input", "source")),
    "index_fill": FILLED,
    "index_copy": Replay(_copied, ("input", "dim", "index", "source"), ("input", "source")),
    "index_put": Replay(_copied, ("input", "indices", "values", "accumulate"), ("input", "values")),
    "scatter": SCATTERED,
    "select_scatter": COPIED_IN,
    "slice_scatter": COPIED_IN,
    "fill_diagonal": Replay(_copied, ("input", "fill_value"), ("input", "fill_value")),
    # copies: the same number at the same place
    "contiguous": KEPT,
    "clone": KEPT,
    "detach": KEPT,
    "data": KEPT,
    "real": KEPT,
    "to": KEPT,
    "type": KEPT,
    "type_as": KEPT,
    "float": KEPT,
    "double": KEPT,
    "half": KEPT,
    "bfloat16": KEPT,
    "int": KEPT,
    "long": KEPT,
    "short": KEPT,
    "char": KEPT,
    "byte": KEPT,
    "bool": KEPT,
    "cpu": KEPT,
    "cuda": KEPT,
    # constants
    "zeros": MADE,
    "ones": MADE,
    "full": MADE,
    "arange": MADE,
    "linspace": MADE,
    "logspace": MADE,
    "eye": MADE,
    "tensor": MADE,
    "as_tensor": MADE,
    "scalar_tensor": MADE,
    "tril_indices": MADE,
    "triu_indices": MADE,
    "zeros_like": MADE_LIKE,
    "ones_like": MADE_LIKE,
    "full_like": MADE_LIKE,
    "new_zeros": MADE_LIKE,
    "new_ones": MADE_LIKE,
    "new_full": MADE_LIKE,
    "new_tensor": MADE_LIKE,
    # drawn at random
    "bernoulli": DRAWN,
    "normal": DRAWN,
    "uniform": DRAWN,
    "exponential": DRAWN,
    "geometric": DRAWN,
    "cauchy": DRAWN,
    "log_normal": DRAWN,
    "random": DRAWN,
    "rand": DRAWN,
    "randn": DRAWN,
    "randint": DRAWN,
    "randperm": DRAWN,
    "rand_like": DRAWN,
    "randn_like": DRAWN,
    "randint_like": DRAWN,
    "multinomial": DRAWN,
    "poisson": DRAWN,
}
