"""Which modules are networks, and where each module was made."""

from __future__ import annotations

import sys
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import nn

from glassnet.checks.seen import Network
from glassnet.trace.paths import attributes
from glassnet.trace.source_line import is_own, own_line
from glassnet.trace.statistics import statistics_of
from glassnet.trace.trace import Source
from glassnet.watching.variables import variables_of

if TYPE_CHECKING:
    from types import FrameType


MOST_AGAIN = 3  # networks of a class that were trained and forgotten by the script
MOST_ALIKE = 16  # networks of a class


@dataclass
class Networks:
    """The networks that were met so far.

    A network is the outermost module that is called, or whose method calls its parts, and has parameters; one
    without is a network, too, where its class is the person's own and it takes one tensor (a loss takes two).
    """

    met: list[Network] = field(default_factory=list)
    full: bool = False  # as many were met as may be kept alive
    _homes: dict[int, tuple[nn.Module, Network]] = field(default_factory=dict)
    _strangers: dict[int, weakref.ref] = field(default_factory=dict)  # losses, activations, transforms
    _begun: list[int] = field(default_factory=list)  # steps before each network
    _made: dict[int, tuple[weakref.ref, Source]] = field(default_factory=dict)
    _others: dict[str, Source] = field(default_factory=dict)  # of modules in no network, by `<Type>`

    def find(
        self, module: nn.Module, num_tensors: int, *, num_steps: int, looked_at: bool
    ) -> tuple[Network | None, bool]:
        """Find the network that a module belongs to.

        Args:
            module: It is called from outside every network.
            num_tensors: As many as it is given.
            num_steps: Optimizer steps so far.
            looked_at: Whether a look is open, which holds all networks.

        Returns:
            The network, and whether it is a new one; None for a loss, an activation, a transform.
        """
        known = self._homes.get(id(module))
        if known is not None:
            return known[1], False
        stranger = self._strangers.get(id(module))
        if stranger is not None and stranger() is module:
            return None, False
        if type(module).__module__.startswith("torch.nn.utils."):  # a parametrization makes a weight
            return None, False
        own_class = is_own(getattr(sys.modules.get(type(module).__module__), "__file__", None) or "<")
        if _has_parameters(module) or (own_class and num_tensors == 1):
            owner = _owner_of(module)
            self.full = self._is_full(owner, num_steps, looked_at=looked_at)
            return (None, False) if self.full else (self._adopt(owner, num_steps), True)
        self._strangers[id(module)] = weakref.ref(module)
        if id(module) in self._made:
            self._others.setdefault(f"<{type(module).__name__}>", self._made[id(module)][1])
        return None, False

    def _is_full(self, module: nn.Module, num_steps: int, *, looked_at: bool) -> bool:
        """Tell whether a network is one too many: what is watched is kept alive."""
        alike = [network for network in self.met if type(network.module) is type(module)]
        trained = [network for network in alike if self._begun[network.number] < num_steps]
        return (
            len(alike) >= MOST_ALIKE
            or sum(_is_forgotten(network, looked_at=looked_at) for network in trained) >= MOST_AGAIN
        )

    def _adopt(self, module: nn.Module, num_steps: int) -> Network:
        name = type(module).__name__
        taken = [network.prefix for network in self.met]
        prefix = f"{name}." if taken else ""
        count = 2
        while prefix in taken:
            prefix, count = f"{name}_{count}.", count + 1
        initial = {
            prefix + path: statistics_of(parameter) if _has_numbers(parameter) else None
            for path, parameter in module.named_parameters()
        }
        network = Network(len(taken), name, prefix, module, own_line(), initial)
        self.met.append(network)
        self._begun.append(num_steps)
        for part in module.modules():
            self._homes[id(part)] = (part, network)
        return network

    def note_made(self, module: nn.Module) -> None:
        """Note the line that makes a module.

        Args:
            module: It is being made.
        """
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
        while frame is not None:
            own = "self" in frame.f_code.co_varnames and variables_of(frame).get("self") is module
            if not own and is_own(frame.f_code.co_filename):
                source = Source(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
                self._made[id(module)] = weakref.ref(module), source
                return
            frame = frame.f_back

    def made(self) -> dict[str, Source]:
        """Tell where the modules were made.

        Returns:
            The lines, by path in traces; of losses and the like by `<CrossEntropyLoss>`.
        """
        found = dict(self._others)
        for network in self.met:
            for path, module in network.module.named_modules():
                reference, source = self._made.get(id(module), (None, None))
                if reference is not None and source is not None and reference() is module:
                    found[(network.prefix + path).removesuffix(".")] = source
        return found

    def around(self, module: nn.Module) -> tuple[Network, str] | None:
        """Find the network that a module is in, or that is in it.

        Args:
            module: Any.

        Returns:
            The network, and the module's path there: "" for the whole of it.
        """
        home = self._homes.get(id(module))
        network = home[1] if home is not None else None
        if network is None:
            inner = {id(part) for part in module.modules()}
            network = next((n for n in self.met if id(n.module) in inner), None)
        if network is None:
            return None
        path = next((path for path, part in network.module.named_modules() if part is module), "")
        return network, path

    def sums(self) -> tuple[float, ...]:
        """Tell by a few small parameters what the networks are at this moment.

        Returns:
            Sums of their numbers.
        """
        found = []
        for network in self.met:
            parameters = [p for p in network.module.parameters() if _has_numbers(p)]
            small = sorted(parameters, key=lambda parameter: parameter.numel())[:3]
            found.extend(float(parameter.detach().double().sum()) for parameter in small)
        return tuple(found)


def _owner_of(module: nn.Module) -> nn.Module:
    """Find the outermost module whose method is running and that holds a module that is called by itself."""
    owner, frame = module, sys._getframe(2)  # noqa: SLF001
    while frame is not None:
        around = variables_of(frame).get("self") if "self" in frame.f_code.co_varnames else None
        if isinstance(around, nn.Module) and around is not owner:
            owner = around if any(part is owner for part in around.modules()) else owner
        frame = frame.f_back
    return owner


def _is_forgotten(network: Network, *, looked_at: bool) -> bool:
    """Tell whether nobody but us holds a network: its record, our table, and an open look."""
    ours = 3 if looked_at else 2
    return sys.getrefcount(network.module) <= ours + 1  # the argument


def _has_parameters(module: nn.Module) -> bool:
    """Tell whether a module has parameters, be they registered or held in a plain list."""
    if next(module.parameters(), None) is not None:
        return True
    for part in module.modules():
        for _, content in attributes(part):
            if isinstance(content, nn.Module) and next(content.parameters(), None) is not None:
                return True
            if isinstance(content, torch.Tensor) and content.requires_grad and content.is_leaf:
                return True
    return False


def _has_numbers(parameter: torch.Tensor) -> bool:
    return not isinstance(parameter, nn.parameter.UninitializedParameter) and not parameter.is_meta
