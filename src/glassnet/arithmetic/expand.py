"""From a recorded call to the arithmetic of one number of its result."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch

from glassnet.arithmetic.call import FURTHER, Call, Replay, function_of, leaves, named
from glassnet.arithmetic.rules import RULES, WITHOUT
from glassnet.arithmetic.unexpanded import UnexpandedError
from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.arithmetic.expansion import At, Expansion
    from glassnet.arithmetic.rules import Rule

IN_PLACE = {
    "iadd", "isub", "imul", "itruediv", "idiv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor",
    "ilshift", "irshift",
}  # fmt: skip
# rules that work out more than the first tensor that a function gives back
SEVERAL = {
    "max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d_with_indices",
    "max", "min", "median", "aminmax", "var_mean", "std_mean", "topk", "sort", "cummax", "cummin",
    "multi_head_attention_forward", "lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell",
}  # fmt: skip
# arguments that say where and in which form a number is put, and change none
SAME_NUMBER = {"out", "dtype", "inplace", "keepdims", "_stacklevel"}
OTHER_WORDS = {"axis": "dim"}  # as in NumPy


def expand_call(name: str, function: str, at: At, args: tuple, kwargs: Mapping[str, Any]) -> Expansion:
    """Work out one number of what a function gave.

    Args:
        name: The operation's short name, as in `Op.name`.
        function: Its whole name, as in `Op.function`.
        at: Which number of which output.
        args: Of the call, with the tensors as they were before it.
        kwargs: Of the call, likewise.

    Returns:
        The number's arithmetic.

    Raises:
        UnexpandedError: There is no rule for the operation, or it does not cover this call.

    Example:
        >>> from glassnet.arithmetic.expansion import At
        >>> x, weight, bias = torch.tensor([[2.0, 5.0]]), torch.tensor([[1.0, 3.0]]), torch.tensor([1.0])
        >>> y = torch.nn.functional.linear(x, weight, bias)
        >>> function = "torch.nn.functional.linear"
        >>> expand_call("linear", function, At((0, 0), (y,)), (x, weight, bias), {}).worked
        '2·1 + 5·3 + 1'
    """
    try:
        return _expanded(name, function, at, args, kwargs)
    except UnexpandedError as error:
        found = operands(name, args, kwargs)
        inputs = {operand: x for operand, x in found.items() if isinstance(x, torch.Tensor)}
        raise UnexpandedError(name, error.why, inputs) from None


def _expanded(name: str, function: str, at: At, args: tuple, kwargs: Mapping[str, Any]) -> Expansion:
    rule = rule_of(name)
    if rule is None:
        raise UnexpandedError(name, WITHOUT.get(plain_name(name)))
    if isinstance(rule, Replay):
        return rule.way(at, Call(plain_name(name), function_of(function), args, kwargs, rule))
    if at.output and plain_name(name) not in SEVERAL:
        raise UnexpandedError(name, FURTHER)
    dtype = kwargs.get("dtype")
    whole = isinstance(dtype, torch.dtype) and not dtype.is_floating_point
    if whole and any(x.is_floating_point() for x in args if isinstance(x, torch.Tensor)):
        raise UnexpandedError(name, "its numbers are made whole ones first")
    known = {OTHER_WORDS.get(key, key): content for key, content in kwargs.items() if key not in SAME_NUMBER}
    try:
        bound = _signature(rule).bind(at, *args, **known)
    except TypeError as error:
        raise UnexpandedError(name, f"its rule does not know these arguments: {error}") from None
    return rule(*bound.args, **bound.kwargs)


def operands(name: str, args: tuple, kwargs: Mapping[str, Any]) -> dict[str, torch.Tensor | Ref]:
    """Name the tensors of a call as the numbers of its expansion do.

    Args:
        name: The operation's short name.
        args: Of the call, with tensors or with `Ref`s.
        kwargs: Likewise.

    Returns:
        By operand: `input`, `weight`, `tensors[0]`, …; those of a call that has no rule by place: `#0`, ….

    Example:
        >>> operands("cat", ((Ref(3), Ref(5)),), {"dim": 1})
        {'tensors[0]': Ref(value=3), 'tensors[1]': Ref(value=5)}
    """
    rule = rule_of(name)
    if isinstance(rule, Replay):
        given = named(args, kwargs, rule.parameters)
    elif rule is None:
        given = named(args, kwargs, ())
    else:
        given = named(args, kwargs, _parameters(rule))
    return {
        operand: leaf
        for argument, content in given
        for operand, leaf in leaves(argument, content)
        if isinstance(leaf, torch.Tensor | Ref)
    }


def plain_name(name: str) -> str:
    """Give the name of the operation that a form in place does.

    Args:
        name: `add_`, `iadd`, `relu`.

    Returns:
        `add`, `add`, `relu`.

    Example:
        >>> plain_name("relu_"), plain_name("iadd"), plain_name("index_add")
        ('relu', 'add', 'index_add')
    """
    name = name.rstrip("_")
    return name[1:] if name in IN_PLACE else name


def rule_of(name: str) -> Rule | None:
    """Find the rule of an operation.

    Args:
        name: Its short name.

    Returns:
        The rule, or None where there is none.

    Example:
        >>> rule_of("fractional_max_pool2d") is None
        True
    """
    return RULES.get(name) or RULES.get(plain_name(name))


@lru_cache(maxsize=512)
def _signature(rule: Rule) -> inspect.Signature:
    return inspect.signature(rule)  # pyright: ignore[reportArgumentType]


@lru_cache(maxsize=512)
def _parameters(rule: Rule) -> tuple[str, ...]:
    """Name the places of a rule's arguments, without the one that tells which number."""
    _, *rest = _signature(rule).parameters.values()
    placed = [p for p in rest if p.kind is not p.KEYWORD_ONLY]
    return tuple(f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name for p in placed)
