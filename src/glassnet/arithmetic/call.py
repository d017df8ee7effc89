"""A call that can be done again with other numbers, to see where the numbers of its result come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import torch

from glassnet.arithmetic.unexpanded import UnexpandedError
from glassnet.trace.nested import tensors_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from glassnet.arithmetic.expansion import At, Expansion

FURTHER = (
    "of what it changes only its result is worked out, not a running average, nor a tensor of which it was "
    "given a view"
)


@dataclass(frozen=True, slots=True)
class Replay:
    """A rule for many operations that works by doing them again.

    Attributes:
        way: What is done with a call.
        parameters: Names for the arguments of the call, in order; `*tensors` takes all further ones.
        reads: Those whose numbers may come out. The others say where to look.
    """

    way: Callable[[At, Call], Expansion]
    parameters: tuple[str, ...] = ("input",)
    reads: tuple[str, ...] = ("input",)


@dataclass(frozen=True, slots=True)
class Call:
    """What was called, with what, and what its arguments mean."""

    name: str
    function: Callable[..., Any]
    args: tuple
    kwargs: Mapping[str, Any]
    rule: Replay

    def argument(self, name: str) -> Any:
        """Give an argument, however it was passed.

        Args:
            name: One of the rule's parameters.

        Returns:
            The argument, or None where it was not passed.
        """
        return dict(named(self.args, self.kwargs, self.rule.parameters)).get(name)

    def results(self, at: At, change: Callable[[str, Any], Any]) -> torch.Tensor:
        """Do it again with other numbers.

        Args:
            at: Tells which of the results is asked for, and of which shape it was.
            change: Gives what to put in the place of a tensor or number whose numbers may come out.

        Returns:
            The result in question, in the shape that it had.

        Raises:
            UnexpandedError: The call cannot be done again, or gives another shape.
        """
        given = named(self.args, self.kwargs, self.rule.parameters)
        changed = [
            _changed(name, content, change) if name.partition("[")[0] in self.rule.reads else content
            for name, content in given
        ]
        args = changed[: len(self.args)]
        keywords = dict(zip(self.kwargs, changed[len(self.args) :], strict=True))
        keywords.pop("out", None)  # it would be written into
        try:
            result = self.function(*args, **keywords)
        except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
            raise UnexpandedError(
                self.name, f"it cannot be done again: {str(error).splitlines()[0]}"
            ) from error
        tensors = tensors_in(result) or tensors_in(args[:1])  # setitem gives nothing back
        if at.output >= len(tensors):  # it was written into through a view
            raise UnexpandedError(self.name, FURTHER)
        if tensors[at.output].shape != at.result.shape:
            raise UnexpandedError(self.name, "done again it gives another shape")
        return tensors[at.output]


def named(args: Sequence[Any], kwargs: Mapping[str, Any], parameters: Sequence[str]) -> list[tuple[str, Any]]:
    """Name the arguments of a call.

    Args:
        args: By place.
        kwargs: By name.
        parameters: Names of the places; `*tensors` stands for all further ones: `tensors[0]`, ….

    Returns:
        A name and content for each, in the same order; a place without a name is called by its number.

    Example:
        >>> named((5, 6, 7), {"dim": 1}, ("input", "*tensors"))
        [('input', 5), ('tensors[0]', 6), ('tensors[1]', 7), ('dim', 1)]
    """
    found = []
    first_free = next((n for n, name in enumerate(parameters) if name.startswith("*")), len(parameters))
    for number, content in enumerate(args):
        if number < first_free:
            found.append((parameters[number], content))
        elif first_free == len(parameters):
            found.append((f"#{number}", content))
        elif isinstance(content, list | tuple) and len(args) == first_free + 1:
            found.append((parameters[first_free][1:], content))  # one list of all of them
        else:
            found.append((f"{parameters[first_free][1:]}[{number - first_free}]", content))
    return [*found, *kwargs.items()]


def leaves(name: str, content: Any) -> Iterator[tuple[str, Any]]:
    """Name what lies in lists and tuples: `tensors[0]`, `tensors[1]`.

    Args:
        name: Of the whole.
        content: A list or tuple, or anything else, which is a leaf itself.

    Yields:
        The name and content of each leaf.

    Example:
        >>> list(leaves("tensors", [3, (4, 5)]))
        [('tensors[0]', 3), ('tensors[1][0]', 4), ('tensors[1][1]', 5)]
    """
    if isinstance(content, list | tuple):
        for number, part in enumerate(content):
            yield from leaves(f"{name}[{number}]", part)
    else:
        yield name, content


def _changed(name: str, content: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(content, list | tuple):
        return [_changed(f"{name}[{number}]", part, change) for number, part in enumerate(content)]
    return change(name, content) if isinstance(content, torch.Tensor | int | float) else content


def function_of(name: str) -> Callable[..., Any]:
    """Find a function of PyTorch by its whole name; for a property, its getter.

    Args:
        name: As in `Op.function`: `torch.Tensor.add_`, `torch.nn.functional.relu`, `torch.Tensor.T`.

    Returns:
        The function.

    Raises:
        UnexpandedError: There is none of this name.

    Example:
        >>> function_of("torch.Tensor.T")(torch.zeros(2, 3)).shape
        torch.Size([3, 2])
    """
    first, *rest = name.split(".")
    try:
        found: Any = reduce(getattr, rest, torch if first == "torch" else None)
    except AttributeError:
        raise UnexpandedError(name, "there is no such function in PyTorch") from None
    if found is None:
        raise UnexpandedError(name, "it is no function of PyTorch")
    return found if callable(found) else found.__get__
