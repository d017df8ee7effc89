"""One pass through one network, as a graph: who reads a value, what depends on the input, what is used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from torch import nn

from glassnet.checks.making import class_of, is_made_there
from glassnet.inspection.arguments import refs_in
from glassnet.trace.source_line import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glassnet.checks.seen import Look, Network, Seen
    from glassnet.trace.trace import ModuleCall, Op, Source, Trace

PLAIN = {"Sequential", "ModuleList", "ModuleDict"}  # their forward says nothing about the person's code


class Graph:
    """Who reads the values of a trace, and which operations anything depends on.

    Args:
        look: With the trace, the losses and what left the tensors.
    """

    def __init__(self, look: Look) -> None:
        self.trace = trace = look.trace
        self.readers: dict[int, list[Op]] = {}
        for op in trace.ops:
            for number in op.inputs:
                self.readers.setdefault(number, []).append(op)
        self.outermost = [call for call in trace.calls if call.parent is None]
        self.live = self._live([*look.losses, *(escape.value for escape in look.escapes)])

    def _live(self, roots: list[int]) -> frozenset[int]:
        trace = self.trace
        inside = {
            number
            for call in self.outermost
            if not call.path.startswith("<")
            for number in range(call.first_op, call.end_op)
        }
        waiting = [*roots, *refs_in(trace.output), *(() if trace.loss is None else (trace.loss,))]
        waiting += [number for call in self.outermost for number in call.outputs]
        for op in trace.ops:
            if op.number not in inside or op.function == "unseen" or self._is_side_effect(op):
                waiting += (*op.inputs, *op.outputs)
        live: set[int] = set()
        while waiting:
            made_by = trace.values[waiting.pop()].made_by
            if made_by is not None and made_by not in live:
                live.add(made_by)
                waiting += trace.ops[made_by].inputs
        return frozenset(live)

    def _is_side_effect(self, op: Op) -> bool:
        """Tell whether an operation writes into something that outlives the pass."""
        if not op.in_place or not op.inputs:
            return False
        value = self.trace.values[op.inputs[0]]
        while value.made_by is not None:
            maker = self.trace.ops[value.made_by]
            if not (maker.view or maker.in_place) or not maker.inputs:
                return False
            value = self.trace.values[maker.inputs[0]]
        return value.kind != "result"


@dataclass(frozen=True, eq=False)
class Pass:
    """One call of a network from outside."""

    look: Look
    network: Network
    call: ModuleCall
    graph: Graph
    made: Mapping[str, Source]  # where modules were made, by path

    @property
    def trace(self) -> Trace:
        """The trace it stands in."""
        return self.look.trace

    @property
    def ops(self) -> tuple[Op, ...]:
        """Its operations."""
        return self.trace.ops[self.call.first_op : self.call.end_op]

    @cached_property
    def driven(self) -> frozenset[int]:
        """Values that depend on what the network was given."""
        found = set(self.call.inputs)
        for op in self.ops:
            if any(number in found for number in op.inputs):
                found.update(op.outputs)
        return frozenset(found)

    def data(self, op: Op) -> list[int]:
        """List what an operation reads that depends on what the network was given."""
        return [number for number in op.inputs if number in self.driven]

    def maker(self, number: int) -> Op | None:
        """Give the operation of this pass that made a value."""
        made_by = self.trace.values[number].made_by
        if made_by is None or not self.call.first_op <= made_by < self.call.end_op:
            return None
        return self.trace.ops[made_by]

    def around(self, op: Op) -> Iterator[ModuleCall]:
        """List the module calls around an operation, the innermost first."""
        number = op.call
        while number is not None:
            call = self.trace.calls[number]
            yield call
            number = call.parent

    def module_of(self, op: Op) -> str:
        """Give the path of the innermost module around an operation."""
        return next((call.path for call in self.around(op)), "")

    def inner_path(self, path: str) -> str:
        """Take the network's prefix off a path."""
        return path.removeprefix(self.network.prefix) if self.network.prefix else path

    def place(self, op: Op) -> Source | None:
        """Give the line where a person would look for an operation.

        That is the line in their forward which runs it, or calls its layer; for a layer in a plain container,
        or one that was put into a library's network, the line that makes it. None where all of this lies in a
        library.
        """
        if op.source is None:
            return None
        layers = []  # of PyTorch, called from the operation's line
        for call in self.around(op):
            if call.source != op.source:
                break
            layers.append(call)
        own = op.source if is_own(op.source.file) else None
        if any(not self.is_plain(call) for call in layers[1:]):
            return None
        if not layers or (own is not None and len(layers) == 1):
            return own
        return self.made_at(layers[0].path) or own

    def is_plain(self, call: ModuleCall) -> bool:
        """Tell whether a module does nothing but call what it holds."""
        return call.type in PLAIN or isinstance(self.module(call.path), nn.Sequential)

    def module(self, path: str) -> nn.Module | None:
        """Give a registered module by its path in the trace."""
        try:
            return self.network.module.get_submodule(self.inner_path(path))
        except AttributeError:
            return None

    def made_at(self, path: str) -> Source | None:
        """Give the person's line that makes a layer; None where a library makes it."""
        source, module = self.made.get(path), self.module(path)
        if source is None or module is None:
            return None
        return source if self._only_own_around(path) or is_made_there(source, module) else None

    def _only_own_around(self, path: str) -> bool:
        """Tell whether a layer is held by plain containers and a person's own classes alone."""
        while path:
            path = path.rpartition(".")[0]
            holder = self.module(path) if path.startswith(self.network.prefix) else self.network.module
            plain = isinstance(holder, nn.Sequential | nn.ModuleList | nn.ModuleDict)
            if holder is None or not (plain or class_of(holder)):
                return False
        return True


_PASSES: WeakKeyDictionary[Seen, list[Pass]] = WeakKeyDictionary()


def passes(seen: Seen) -> list[Pass]:
    """List the passes through networks that were recorded.

    Args:
        seen: What was seen.

    Returns:
        In order; of those with the same operations at the same lines in the same mode, the first.
    """
    if seen not in _PASSES:
        _PASSES[seen] = list(_passes(seen))
    return _PASSES[seen]


def _passes(seen: Seen) -> Iterator[Pass]:
    known = set()
    for look in seen.looks:
        graph = None
        for call in look.trace.calls:
            network = _network_of(seen, call.path)
            if call.parent is not None or network is None or call.end_op > len(look.trace.ops):
                continue
            ops = look.trace.ops[call.first_op : call.end_op]
            signature = (call.path, call.training, tuple((op.label, op.source) for op in ops))
            if signature in known:
                continue
            known.add(signature)
            graph = graph or Graph(look)
            yield Pass(look, network, call, graph, seen.made)


def _network_of(seen: Seen, path: str) -> Network | None:
    """Find the network that an outermost call is of, or of a part of it."""
    if path.startswith("<"):
        return None
    fitting = [n for n in seen.networks if path == n.prefix.removesuffix(".") or path.startswith(n.prefix)]
    return max(fitting, key=lambda network: len(network.prefix), default=None)
